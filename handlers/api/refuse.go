package api

import (
	"errors"
	"fmt"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// A MethodNotAllowed refuses a method that a path does not have. The router
// sets the Allow header.
type MethodNotAllowed struct{ Method string }

func (e *MethodNotAllowed) Error() string { return "method not allowed" }

// A Forbidden refuses an action that nobody may take at present, with its own message.
type Forbidden struct{ Detail string }

func (e *Forbidden) Error() string { return e.Detail }

// A Conflict refuses an action that does not fit the state of what it concerns.
type Conflict struct{ Detail string }

func (e *Conflict) Error() string { return e.Detail }

// Refuse writes all refusals. Any other error is a fault of ours: the caller gets the
// request's ID, under which the log has the details.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	info := reqctx.From(r.Context())
	info.Err = err
	status, body := refusal(w.Header(), err)
	if status == http.StatusInternalServerError {
		body = detail{Detail: "A server error occurred.", Request: info.ID}
	}
	if err := JSON(w, status, body); err != nil {
		info.Err = errors.Join(info.Err, err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// refusal returns the status and the body for an error, and sets headers that belong to
// them. The body is nil for a fault of ours.
func refusal(h http.Header, err error) (status int, body any) {
	if c, ok := errors.AsType[*challenged](err); ok {
		h.Set("WWW-Authenticate", c.challenge)
	}
	if status, seconds := handlers.Trouble(h, err); status != 0 {
		return status, detail{Detail: later(err, status, seconds)}
	}
	var (
		bad          *fields.Errors
		parse        *ParseError
		media        *UnsupportedMedia
		tooLarge     *http.MaxBytesError
		unauthorized *Unauthorized
		method       *MethodNotAllowed
		forbidden    *Forbidden
		conflict     *Conflict
	)
	switch {
	case errors.As(err, &bad):
		return http.StatusBadRequest, bad
	case errors.As(err, &parse):
		return http.StatusBadRequest, detail{Detail: parse.Detail}
	case errors.Is(err, handlers.ErrDisguisedPath):
		return http.StatusBadRequest, detail{Detail: "The path has a backslash, or encodes a slash or characters that need no encoding."}
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, detail{Detail: fmt.Sprintf("The body is larger than %d bytes.", tooLarge.Limit)}
	case errors.As(err, &media):
		return http.StatusUnsupportedMediaType, detail{Detail: fmt.Sprintf("Unsupported media type \"%s\" in request.", media.Type)}
	case errors.As(err, &unauthorized):
		return http.StatusUnauthorized, unauthorized.Body
	case errors.As(err, &forbidden):
		return http.StatusForbidden, detail{Detail: forbidden.Detail}
	case errors.As(err, &conflict):
		return http.StatusConflict, detail{Detail: conflict.Detail}
	case errors.Is(err, authz.ErrDenied):
		return http.StatusForbidden, detail{Detail: "You do not have permission to perform this action."}
	case errors.As(err, &method):
		return http.StatusMethodNotAllowed, detail{Detail: fmt.Sprintf("Method \"%s\" not allowed.", method.Method)}
	case errors.Is(err, handlers.ErrNotFound), errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, detail{Detail: "Not found."}
	case errors.Is(err, authz.ErrLastAdmin):
		return http.StatusConflict, detail{Detail: "The last active administrator cannot be removed, demoted or deactivated."}
	case errors.Is(err, apis.ErrOwn):
		return http.StatusConflict, detail{Detail: "Gatehouse's own API cannot be deleted."}
	}
	return http.StatusInternalServerError, nil
}

// later returns the message for a caller who is to try again, given the results of
// [handlers.Trouble].
func later(err error, status, seconds int) string {
	switch {
	case status == http.StatusTooManyRequests && seconds == 1:
		return "Request was throttled. Expected available in 1 second."
	case status == http.StatusTooManyRequests:
		return fmt.Sprintf("Request was throttled. Expected available in %d seconds.", seconds)
	case errors.Is(err, handlers.ErrBusy), errors.Is(err, password.ErrBusy):
		return "The server is busy. Please try again in a moment."
	}
	return "Service temporarily unavailable, try again later."
}
