package events

import (
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/store"
)

// Why says why a session ended, as the end of a sentence.
func Why(r *http.Request, reason store.EndReason) string {
	if why := reasons[reason]; why != nil {
		return why(r)
	}
	return string(reason)
}

var reasons = map[store.EndReason]func(*http.Request) string{
	store.EndedLogout:        func(r *http.Request) string { return pages.Say(r, "signed out") },
	store.EndedByAnother:     func(r *http.Request) string { return pages.Say(r, "somebody else signed in there") },
	store.EndedByOwner:       func(r *http.Request) string { return pages.Say(r, "its owner ended it from elsewhere") },
	store.EndedByAdmin:       func(r *http.Request) string { return pages.Say(r, "an administrator ended it") },
	store.EndedPassword:      func(r *http.Request) string { return pages.Say(r, "the password changed") },
	store.EndedDeactivated:   func(r *http.Request) string { return pages.Say(r, "the account was deactivated") },
	store.EndedDeleted:       func(r *http.Request) string { return pages.Say(r, "the account was deleted") },
	store.EndedFactor:        func(r *http.Request) string { return pages.Say(r, "a second factor was removed") },
	store.EndedConsent:       func(r *http.Request) string { return pages.Say(r, "what the app was allowed was taken away") },
	store.EndedClientAuth:    func(r *http.Request) string { return pages.Say(r, "the app proves in another way who it is") },
	store.EndedClientDeleted: func(r *http.Request) string { return pages.Say(r, "the app was deleted") },
	store.EndedLimit:         func(r *http.Request) string { return pages.Say(r, "a newer session needed its place") },
	store.EndedRevoked:       func(r *http.Request) string { return pages.Say(r, "the app gave its token back") },
	store.EndedReuse:         func(r *http.Request) string { return pages.Say(r, "a used token came back, perhaps a stolen one") },
	store.EndedReplay:        func(r *http.Request) string { return pages.Say(r, "a used code came back, perhaps a stolen one") },
	store.EndedEpoch:         func(r *http.Request) string { return pages.Say(r, "all that was issued before became void") },
	store.EndedWithAll:       func(r *http.Request) string { return pages.Say(r, "it ended together with others") },
}

// purpose says what a link or a mail is for.
func purpose(r *http.Request, name string) string {
	if words := purposes[name]; words != nil {
		return words(r)
	}
	return name
}

var purposes = map[string]func(*http.Request) string{
	"reset":            func(r *http.Request) string { return pages.Say(r, "a new password") },
	"verify":           func(r *http.Request) string { return pages.Say(r, "to prove the e-mail address") },
	"address":          func(r *http.Request) string { return pages.Say(r, "another e-mail address") },
	"invite":           func(r *http.Request) string { return pages.Say(r, "an invitation") },
	"signup":           func(r *http.Request) string { return pages.Say(r, "to sign up") },
	"signup_taken":     func(r *http.Request) string { return pages.Say(r, "somebody wanted to sign up with their address") },
	"new_signin":       func(r *http.Request) string { return pages.Say(r, "a sign-in from a new browser") },
	"password_changed": func(r *http.Request) string { return pages.Say(r, "the password changed") },
	"address_changed":  func(r *http.Request) string { return pages.Say(r, "the e-mail address changed") },
	"factor_changed":   func(r *http.Request) string { return pages.Say(r, "the second factors changed") },
	"guessing":         func(r *http.Request) string { return pages.Say(r, "somebody is guessing") },
}
