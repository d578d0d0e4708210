package oauth

import "fmt"

// A Shown is a refusal that nobody but the person in front of the browser may be
// told: as long as it is not known that the redirect URI is the client's, nothing
// is sent there (RFC 6749 §4.1.2.1). Its words are for people; the reason is for
// our log.
type Shown struct {
	Words  Words
	reason error
}

// Words are a sentence for people.
type Words string

// What a person is told.
const (
	WordsUnreadable    Words = "The address that led here cannot be read. Go back to the app and start again."
	WordsUnknownClient Words = "The app that sent you here is not known here, or is switched off. Nothing was passed on to it."
	WordsNoRedirect    Words = "The app did not say where to send you back to. Nothing was passed on to it."
	WordsRedirect      Words = "The app asked to send you back to an address that is not registered for it. Nothing was passed on to it."
	WordsTooLong       Words = "The request of the app is too long."
	WordsStale         Words = "This sign-in took too long, or its address was changed. Go back to the app and start again."
	WordsPushed        Words = "The request of the app has expired or was used already. Go back to the app and start again."
	WordsDevice        Words = "This code is not known, was used already or has expired. Look at your device for a new one."
)

// Because returns a refusal with these words.
func (w Words) Because(reason string, args ...any) *Shown {
	return &Shown{Words: w, reason: fmt.Errorf(reason, args...)}
}

func (s *Shown) Error() string { return "refused to a person: " + s.reason.Error() }

// Unwrap lets errors.Is find the cause.
func (s *Shown) Unwrap() error { return s.reason }
