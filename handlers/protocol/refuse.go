// Package protocol holds the endpoints for apps: OAuth 2.0, userinfo, and the documents
// that describe them. An endpoint reads a form, calls a package below internal/oauth or
// package session, and answers as the RFCs say.
package protocol

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"gatehouse/handlers"
	"gatehouse/internal/oauth"
	"gatehouse/internal/reqctx"
)

// refusal is the part of an error that the caller may see.
type refusal struct {
	status      int
	code        oauth.Code
	description string
}

// Refuse writes the refusal of err (RFC 6749 §5.2) and leaves err itself to the
// log. It writes all refusals for apps. The description is a sentence for the code, and for
// some refusals one more about the client's registration, so no internal detail gets out.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	info := reqctx.From(r.Context())
	info.Err = err
	h := w.Header()
	what := judge(h, err)
	body := struct {
		Error       oauth.Code `json:"error"`
		Description string     `json:"error_description"`
	}{what.code, what.description}
	if what.status >= http.StatusInternalServerError && info.ID != "" {
		body.Description += " Request " + info.ID + "."
	}
	switch what.status {
	case http.StatusUnauthorized: // RFC 6749 §5.2; RFC 9110 §11.6.1 requires it on every 401
		h.Set("WWW-Authenticate", `Basic realm="gatehouse", charset="UTF-8"`)
	case http.StatusMethodNotAllowed:
		if h.Get("Allow") == "" { // package server sets it where it refuses the method itself
			h.Set("Allow", http.MethodPost)
		}
	}
	writeJSON(w, what.status, body)
}

// judge maps an error to a refusal, and sets Retry-After if trying again can help.
func judge(h http.Header, err error) refusal {
	if status, _ := handlers.Trouble(h, err); status != 0 {
		return refuseWith(status, oauth.TemporarilyUnavailable)
	}
	if form, ok := errors.AsType[*handlers.FormError](err); ok {
		return refuseWith(form.Status, oauth.InvalidRequest)
	}
	if large, ok := errors.AsType[*oauth.TooLarge](err); ok {
		return refusal{http.StatusRequestEntityTooLarge, oauth.InvalidRequest, large.Description()}
	}
	if refused, ok := errors.AsType[*oauth.Error](err); ok {
		return refusal{status(refused.Code), refused.Code, refused.Description()}
	}
	return refuseWith(http.StatusInternalServerError, oauth.ServerError)
}

func refuseWith(status int, code oauth.Code) refusal {
	return refusal{status, code, code.Description()}
}

// status returns the status of a code (RFC 6749 §5.2).
func status(c oauth.Code) int {
	if c == oauth.InvalidClient {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// writeJSON writes an answer that must not be stored (RFC 6749 §5.1). It says how long
// the answer is: net/http does so only for short ones, and two tokens are not short.
func writeJSON(w http.ResponseWriter, status int, body any) {
	answer, _ := json.Marshal(body) // cannot fail: the bodies are plain data
	answer = append(answer, '\n')
	h := w.Header()
	h.Set("Content-Length", strconv.Itoa(len(answer)))
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(answer) // an error means that the client has disconnected
}
