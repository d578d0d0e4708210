package pages

import (
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
)

// Refused sorts the refusal of a form that is shown again with all that was typed: the faults
// of its fields, or a sentence about all of it, with the status of the page. Any other error
// is returned.
func Refused(w http.ResponseWriter, r *http.Request, err error) (faults *fields.Errors, problem string, status int, _ error) {
	if errors.As(err, &faults) {
		return faults, "", http.StatusUnprocessableEntity, nil
	}
	if errors.Is(err, version.ErrChanged) {
		return nil, Say(r, "This was changed meanwhile. Below is how it is now, with what you typed: look at it, and send it again."), http.StatusPreconditionFailed, nil
	}
	if status, seconds := handlers.Trouble(w.Header(), err); status == http.StatusTooManyRequests {
		return nil, Say(r, "Too many tries. Please wait %s before you try again.", InWords(r, seconds)), status, nil
	}
	return nil, "", 0, err
}

// FaultOr returns one fault of a form without room for each field's, in the language of the
// page, or problem if there are none.
func FaultOr(r *http.Request, faults *fields.Errors, problem string) string {
	if faults != nil {
		for _, messages := range faults.Map() {
			return Told(r, messages[0])
		}
	}
	return problem
}
