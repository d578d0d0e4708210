package oauth

import "fmt"

// A UserError is a refusal that nobody but the person in front of the browser may be
// told: as long as it is not known that the redirect URI is the client's, nothing
// is sent there (RFC 6749 §4.1.2.1). Its message is for people; the reason is for
// our log.
type UserError struct {
	Message UserMessage
	reason  error
}

// A UserMessage is a sentence for people.
type UserMessage string

// What a person is told.
const (
	MessageUnreadable    UserMessage = "The address that led here cannot be read. Go back to the app and start again."
	MessageUnknownClient UserMessage = "The app that sent you here is not known here, or is switched off. Nothing was passed on to it."
	MessageNoRedirect    UserMessage = "The app did not say where to send you back to. Nothing was passed on to it."
	MessageRedirect      UserMessage = "The app asked to send you back to an address that is not registered for it. Nothing was passed on to it."
	MessageTooLong       UserMessage = "The request of the app is too long."
	MessageStale         UserMessage = "This sign-in took too long, or its address was changed. Go back to the app and start again."
	MessagePushed        UserMessage = "The request of the app has expired or was used already. Go back to the app and start again."
	MessageDevice        UserMessage = "This code is not known, was used already or has expired. Look at your device for a new one."
)

// Because returns a refusal with this message.
func (m UserMessage) Because(reason string, args ...any) *UserError {
	return &UserError{Message: m, reason: fmt.Errorf(reason, args...)}
}

func (e *UserError) Error() string { return "refused to a person: " + e.reason.Error() }

// Unwrap lets errors.Is find the cause.
func (e *UserError) Unwrap() error { return e.reason }
