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
	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
)

// verdict is the part of an error that the caller may see.
type verdict struct {
	status      int
	code        oauth.Code
	description string
	more        *oauth.More
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
		URI         string     `json:"error_uri,omitempty"`
		*oauth.More
	}{what.code, what.description, explained(r, what, err), what.more}
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

// explained keeps why the request was refused, and returns the address of the page that tells
// of it. It is empty for anything but a mistake: a fault of ours, a throttle, a step on the way.
func explained(r *http.Request, what verdict, err error) string {
	if what.status >= http.StatusInternalServerError || what.status == http.StatusTooManyRequests {
		return ""
	}
	switch what.code {
	case oauth.AuthorizationPending, oauth.EnrolmentRequired:
		return ""
	case oauth.MFARequired:
		if !refusal.Kept(err) { // the factor is asked for the first time
			return ""
		}
	}
	return reqctx.From(r.Context()).Explain(string(what.code), err, r.PostForm)
}

// judge maps an error to a verdict, and sets Retry-After if trying again can help.
func judge(h http.Header, err error) verdict {
	if status, _ := handlers.Trouble(h, err); status != 0 {
		return refuseWith(status, oauth.TemporarilyUnavailable)
	}
	if form, ok := errors.AsType[*handlers.FormError](err); ok {
		return refuseWith(form.Status, oauth.InvalidRequest)
	}
	if large, ok := errors.AsType[*oauth.TooLarge](err); ok {
		return verdict{http.StatusRequestEntityTooLarge, oauth.InvalidRequest, large.Description(), nil}
	}
	if refused, ok := errors.AsType[*oauth.Error](err); ok {
		return verdict{status(refused.Code), refused.Code, refused.Description(), refused.More()}
	}
	return refuseWith(http.StatusInternalServerError, oauth.ServerError)
}

func refuseWith(status int, code oauth.Code) verdict {
	return verdict{status, code, code.Description(), nil}
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
