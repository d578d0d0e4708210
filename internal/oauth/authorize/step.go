package authorize

import (
	"net/url"
	"strings"
)

// A Step is what comes next of an authorization.
type Step struct {
	Kind StepKind
	// Request is the sealed request, which the pages carry on; empty for an Answer.
	Request string
	// Answer goes to the client.
	Answer Answer
}

// A StepKind says who has to do something next.
type StepKind int

// The kinds of steps.
const (
	// SignIn: the person signs in, at the page for it.
	SignIn StepKind = iota + 1
	// AskConsent: the person who is signed in says whether the client may.
	AskConsent
	// AnswerClient: all is said; the client gets a code or an error.
	AnswerClient
)

// An Answer is an authorization response (RFC 6749 §4.1.2). Its RedirectURI is
// the client's: an Answer is made of a request that passed the checks, and of
// no other.
type Answer struct {
	Mode        string
	RedirectURI string
	// Parameters are code, or error and error_description; state, if there was
	// one; and iss (RFC 9207).
	Parameters url.Values
	// Err is why there is no code, for the log.
	Err error
}

// Location is where a query answer leads. A query that belongs to the redirect
// URI stays as it is (RFC 6749 §3.1.2).
func (a Answer) Location() string {
	separator := "?"
	if strings.Contains(a.RedirectURI, "?") {
		separator = "&"
		if strings.HasSuffix(a.RedirectURI, "?") || strings.HasSuffix(a.RedirectURI, "&") {
			separator = ""
		}
	}
	return a.RedirectURI + separator + a.Parameters.Encode()
}
