// Package protocol holds the endpoints that apps talk to: OAuth 2.0 and the
// documents that describe it. They read a form, ask package oauth or session,
// and answer as the RFCs say.
package protocol

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"gatehouse/handlers"
	"gatehouse/internal/oauth"
	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// refusal is what of an error the caller may see.
type refusal struct {
	status     int
	code       oauth.Code
	retryAfter time.Duration
}

// Refuse writes the refusal of err (RFC 6749 §5.2) and leaves err itself to the
// log. It is the only writer of refusals to apps, so nothing of ours gets out:
// the sentence hangs on the code.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	info := reqctx.From(r.Context())
	info.Err = err
	what := judge(err)
	body := struct {
		Error       oauth.Code `json:"error"`
		Description string     `json:"error_description"`
	}{what.code, what.code.Description()}
	if what.status >= http.StatusInternalServerError && info.ID != "" {
		body.Description += " Request " + info.ID + "."
	}
	h := w.Header()
	switch what.status {
	case http.StatusUnauthorized: // RFC 6749 §5.2; RFC 9110 §11.6.1 wants it on every 401
		h.Set("WWW-Authenticate", `Basic realm="gatehouse", charset="UTF-8"`)
	case http.StatusMethodNotAllowed:
		if h.Get("Allow") == "" { // the door knows the path's other methods
			h.Set("Allow", http.MethodPost)
		}
	}
	if what.retryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(wholeSeconds(what.retryAfter), 10))
	}
	writeJSON(w, what.status, body)
}

// judge maps an error to an answer. Trouble of ours is asked for first: where a
// back-end could not be asked, nothing is known of the caller's token, and
// invalid_grant would log people out for it.
func judge(err error) refusal {
	if unavailable(err) {
		return refusal{http.StatusServiceUnavailable, oauth.TemporarilyUnavailable, handlers.ComeBack()}
	}
	if busy, ok := errors.AsType[*password.Busy](err); ok {
		return refusal{http.StatusServiceUnavailable, oauth.TemporarilyUnavailable, max(busy.RetryAfter, time.Second)}
	}
	if limited, ok := errors.AsType[*throttle.Limited](err); ok {
		return refusal{http.StatusTooManyRequests, oauth.TemporarilyUnavailable, max(limited.RetryAfter, time.Second)}
	}
	if form, ok := errors.AsType[*handlers.FormError](err); ok {
		return refusal{form.Status, oauth.InvalidRequest, 0}
	}
	if refused, ok := errors.AsType[*oauth.Error](err); ok {
		return refusal{status(refused.Code), refused.Code, 0}
	}
	return refusal{http.StatusInternalServerError, oauth.ServerError, 0}
}

func unavailable(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, handlers.ErrBusy) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

func status(c oauth.Code) int {
	switch c {
	case oauth.InvalidClient:
		return http.StatusUnauthorized
	case oauth.TemporarilyUnavailable:
		return http.StatusServiceUnavailable
	case oauth.ServerError:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// wholeSeconds rounds up: who waits so long is let through.
func wholeSeconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}

// writeJSON writes an answer that nobody may keep (RFC 6749 §5.1).
func writeJSON(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	// Encoding can only fail on the connection: the bodies are plain data.
	_ = json.NewEncoder(w).Encode(body)
}
