package console

import (
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/events"
	"gatehouse/internal/inspect"
)

// passed says of a step what is right.
func (j judged) passed(name inspect.Name) (title, text string) {
	switch name {
	case inspect.Form:
		return j.Say("It has the shape of a signed token"), j.Say("Three parts; header and claims are JSON.")
	case inspect.Header:
		return j.Say("Type and algorithm are allowed"), j.Type + ", " + j.Algorithm
	case inspect.Key:
		return j.Say("The key is known"), j.Say("%s is in the key set.", j.KeyID)
	case inspect.Signature:
		return j.Say("The signature is right"), j.Say("That key has signed it.")
	case inspect.Issuer:
		return j.Say("It comes from this server"), j.Say("iss is %s, byte for byte.", j.Claims.Issuer)
	case inspect.Audience:
		return j.Say("It is for this API"), j.Say("aud is %s.", j.Claims.Audience)
	case inspect.Time:
		return j.Say("It has not ended"), j.Say("It still works for %s.", j.span(j.left()))
	case inspect.Claims:
		return j.Say("Its claims agree"), j.Say("It has all that an access token needs.")
	case inspect.Session:
		return j.standing()
	default:
		return j.Say("It has the scope"), string(j.Needed)
	}
}

// standing says on what a token stands.
func (j judged) standing() (title, text string) {
	if j.Claims.SessionID == "" {
		return j.Say("It has not been revoked"), j.Say("The app got it for itself, without a person.")
	}
	return j.Say("Its session lives"), j.Say("The record was asked now. An API that looks at the signature alone cannot see this.")
}

// named is what a step is called that was not taken.
func (j judged) named(name inspect.Name) string {
	switch name {
	case inspect.Header:
		return j.Say("Type and algorithm")
	case inspect.Key:
		return j.Say("Key")
	case inspect.Signature:
		return j.Say("Signature")
	case inspect.Issuer:
		return j.Say("Issuer")
	case inspect.Audience:
		return j.Say("Audience")
	case inspect.Time:
		return j.Say("Time")
	case inspect.Session:
		return j.Say("Session")
	case inspect.Scope:
		return j.Say("Scope")
	}
	return j.Say("Claims")
}

// unseen says why a step was not taken.
func (j judged) unseen(name inspect.Name) string {
	_, refused := j.Fault()
	switch {
	case name == inspect.Scope && j.Needed == "" && j.Kind == inspect.Access:
		return j.Say("Not looked at: you named none.")
	case name == inspect.Session && !j.Proved && refused:
		return j.Say("Not looked at: nothing proves what the token says.")
	}
	return j.Say("Not looked at.")
}

// reason says why the record holds the session for ended.
func (j judged) reason() string {
	if j.Record == nil || j.Record.EndedAt.IsZero() {
		return j.Say("The record has no living session of that number.")
	}
	return j.Say("It ended %s: %s.", pages.When(j.r, j.Now, j.Record.EndedAt).Text, events.Why(j.r, j.Record.EndReason))
}

// claimTime returns the time of a claim.
func claimTime(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
