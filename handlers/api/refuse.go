package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"gatehouse/handlers"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// A MethodNotAllowed refuses a method that a path does not have. The router
// sets Allow.
type MethodNotAllowed struct{ Method string }

func (e *MethodNotAllowed) Error() string { return "method not allowed" }

// A Forbidden refuses what nobody may do at present, in words of its own.
type Forbidden struct{ Detail string }

func (e *Forbidden) Error() string { return e.Detail }

// ErrNotFound: there is nothing at this path.
var ErrNotFound = errors.New("nothing at this path")

// Refuse is the one writer of refusals. What is not a refusal is a fault of ours:
// the caller learns the request's ID, by which the log tells the rest.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	info := reqctx.From(r.Context())
	info.Err = err
	status, body, wait := refusal(w.Header(), err)
	if status == http.StatusInternalServerError {
		body = detail{Detail: "A server error occurred.", Request: info.ID}
	}
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(wait)))
	}
	if err := JSON(w, status, body); err != nil {
		info.Err = errors.Join(info.Err, err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// refusal decides what the caller is told: in the order from what the caller did
// to what happened to us.
func refusal(h http.Header, err error) (status int, body any, wait time.Duration) {
	var (
		bad          *fields.Errors
		parse        *ParseError
		media        *UnsupportedMedia
		tooLarge     *http.MaxBytesError
		unauthorized *Unauthorized
		method       *MethodNotAllowed
		forbidden    *Forbidden
		limited      *throttle.Limited
	)
	switch {
	case errors.As(err, &bad):
		return http.StatusBadRequest, bad, 0
	case errors.As(err, &parse):
		return http.StatusBadRequest, detail{Detail: parse.Detail}, 0
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, detail{Detail: fmt.Sprintf("The body is larger than %d bytes.", tooLarge.Limit)}, 0
	case errors.As(err, &media):
		return http.StatusUnsupportedMediaType, detail{Detail: fmt.Sprintf("Unsupported media type \"%s\" in request.", media.Type)}, 0
	case errors.As(err, &unauthorized):
		if unauthorized.Challenge != "" {
			h.Set("WWW-Authenticate", unauthorized.Challenge)
		}
		return http.StatusUnauthorized, unauthorized.Body, 0
	case errors.As(err, &forbidden):
		return http.StatusForbidden, detail{Detail: forbidden.Detail}, 0
	case errors.Is(err, authz.ErrDenied):
		challengeScope(h, err)
		return http.StatusForbidden, detail{Detail: "You do not have permission to perform this action."}, 0
	case errors.As(err, &method):
		return http.StatusMethodNotAllowed, detail{Detail: fmt.Sprintf("Method \"%s\" not allowed.", method.Method)}, 0
	case errors.Is(err, ErrNotFound), errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, detail{Detail: "Not found."}, 0
	case errors.Is(err, authz.ErrLastAdmin):
		return http.StatusConflict, detail{Detail: "The last active administrator cannot be removed, demoted or deactivated."}, 0
	case errors.As(err, &limited):
		return http.StatusTooManyRequests, detail{Detail: throttled(limited.RetryAfter)}, max(limited.RetryAfter, time.Second)
	}
	return fault(err)
}

// fault tells what is away or overloaded from what is broken.
func fault(err error) (status int, body any, wait time.Duration) {
	var busy *password.Busy
	switch {
	case errors.Is(err, handlers.ErrBusy):
		return http.StatusServiceUnavailable, detail{Detail: "The server is busy. Please try again in a moment."}, handlers.ComeBack()
	case errors.As(err, &busy):
		return http.StatusServiceUnavailable, detail{Detail: "The server is busy. Please try again in a moment."}, max(busy.RetryAfter, time.Second)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable, detail{Detail: "Service temporarily unavailable, try again later."}, handlers.ComeBack()
	}
	return http.StatusInternalServerError, nil, 0
}

// challengeScope tells the app, not the person, what its token lacks (RFC 6750 §3.1).
func challengeScope(h http.Header, err error) {
	var scope *authz.ScopeError
	if errors.As(err, &scope) {
		h.Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="api", error="insufficient_scope", scope="%s"`, scope.Needs))
	}
}

func throttled(wait time.Duration) string {
	n := seconds(wait)
	if n == 1 {
		return "Request was throttled. Expected available in 1 second."
	}
	return fmt.Sprintf("Request was throttled. Expected available in %d seconds.", n)
}

// seconds rounds up: who waits as long as told is not told again.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
