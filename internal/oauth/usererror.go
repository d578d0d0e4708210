package oauth

import (
	"fmt"
	"strings"

	"gatehouse/internal/refusal"
)

// A UserError is a refusal that only the person at the browser may see: nothing is
// sent to a redirect URI until it is known to be the client's (RFC 6749 §4.1.2.1).
// Its message is for the person; the reason is for our log.
type UserError struct {
	Message UserMessage
	// Sent is the parameter at fault as the app sent it, for the app's developer; empty
	// if there is none to show. It is safe to show: see Showing.
	Sent   string
	reason error
	fact   *refusal.Fact
}

// A UserMessage is a sentence for people.
type UserMessage string

// The messages that several endpoints show.
const (
	MessageUnreadable    UserMessage = "The address that led here cannot be read. Go back to the app and start again."
	MessageUnknownClient UserMessage = "We do not know the app that sent you here, or it is switched off. Nothing was passed on to it."
	MessageDocument      UserMessage = "The app that sent you here describes itself at an address of its own, and that cannot be used. Nothing was passed on to it."
	MessageNoRedirect    UserMessage = "The app did not say where to send you back to. Nothing was passed on to it."
	MessageRedirect      UserMessage = "The app asked to send you back to an address that is not registered for it. Nothing was passed on to it."
	MessageTooLong       UserMessage = "The app's request is too long."
	MessageStale         UserMessage = "The address of this page was changed or cut off. Go back to the app and start again."
	MessagePushed        UserMessage = "The app's request has expired or was already used. Go back to the app and start again."
	MessageDevice        UserMessage = "This code is unknown, was already used or has expired. Look at your device for a new one."
)

// Saying returns the message with a sentence of ours for the app's developer.
func (m UserMessage) Saying(sentence string) UserMessage { return m + " " + UserMessage(sentence) }

// Because returns a refusal with this message.
func (m UserMessage) Because(reason string, args ...any) *UserError {
	return &UserError{Message: m, reason: fmt.Errorf(reason, args...)}
}

// maxSent is how much of a parameter is shown.
const maxSent = 400

// Showing returns the refusal with a parameter that is its cause. All but visible ASCII
// characters are percent-encoded: whoever wrote the link cannot make our page say a
// sentence, or hide a part of the value.
func (e *UserError) Showing(name, value string) *UserError {
	var shown strings.Builder
	for i := range min(len(value), maxSent) {
		if c := value[i]; c > ' ' && c < 0x7F {
			shown.WriteByte(c)
		} else {
			fmt.Fprintf(&shown, "%%%02X", c)
		}
	}
	if len(value) > maxSent {
		shown.WriteString("…")
	}
	e.Sent = name + "=" + shown.String()
	return e
}

// Found returns e with the kind of mistake that the check found, and Comparing also with what
// it compared (package refusal).
func (e *UserError) Found(kind refusal.Kind) *UserError { return e.Comparing(kind, "", "") }

// Comparing is Found with what the app sent and what would have passed.
func (e *UserError) Comparing(kind refusal.Kind, given, expected string) *UserError {
	e.fact = &refusal.Fact{Kind: kind, Given: given, Expected: expected}
	return e
}

func (e *UserError) Error() string { return "refused to a person: " + e.reason.Error() }

// Unwrap lets errors.Is find the fact and the cause.
func (e *UserError) Unwrap() []error {
	if e.fact != nil {
		return []error{e.fact, e.reason}
	}
	return []error{e.reason}
}
