package authorize

import (
	"net/url"
	"strings"

	"gatehouse/internal/oauth"
)

// A Step is the next step of an authorization.
type Step struct {
	Kind StepKind
	// Request is the sealed request for the pages; empty for AnswerClient.
	Request string
	// Answer goes to the client.
	Answer Answer
}

// A StepKind is one of the kinds below.
type StepKind int

// The kinds of steps.
const (
	// SignIn sends the person to the sign-in page.
	SignIn StepKind = iota + 1
	// AskConsent sends the person who is signed in to the consent page.
	AskConsent
	// AnswerClient gives the client a code or an error.
	AnswerClient
)

// An Answer is an authorization response (RFC 6749 §4.1.2). It is made only for a
// request whose RedirectURI is known to be the client's.
type Answer struct {
	Mode        string
	RedirectURI string
	// Parameters are code, or error and error_description; state, if the request had
	// one; and iss (RFC 9207).
	Parameters url.Values
	// Err is the reason for a refusal, for the log.
	Err error
}

// Location returns the URL of an answer in query or fragment mode. A query that belongs
// to the redirect URI stays as it is, and it has no fragment (RFC 6749 §3.1.2).
func (a Answer) Location() string {
	if a.Mode == oauth.FragmentMode {
		return a.RedirectURI + "#" + a.Parameters.Encode()
	}
	separator := "?"
	if strings.Contains(a.RedirectURI, "?") {
		separator = "&"
		if strings.HasSuffix(a.RedirectURI, "?") || strings.HasSuffix(a.RedirectURI, "&") {
			separator = ""
		}
	}
	return a.RedirectURI + separator + a.Parameters.Encode()
}
