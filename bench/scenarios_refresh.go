package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/internal/session"
)

// refresh refreshes the next session in turn, and puts it back with its new token.
func (f *fixture) refresh(a app) func() request {
	queue := f.holders[a.id]
	return func() request {
		h := nextHolder(queue)
		form := a.form(url.Values{"grant_type": {"refresh_token"}, "client_id": {a.id}, "refresh_token": {h.refresh}})
		return request{
			method: http.MethodPost, path: "/oauth/token", contentType: "application/x-www-form-urlencoded",
			body: form.Encode(), want: http.StatusOK, contains: tokenBy("access_token", a.access), then: a.refreshed(h.moveOn(queue, "refresh_token")),
		}
	}
}

func (f *fixture) accountsRefresh() request {
	queue := f.holders[session.AccountsID]
	h := nextHolder(queue)
	q := post("/api/accounts/token/refresh/", map[string]string{"refresh": h.refresh})
	q.want, q.then = http.StatusOK, h.moveOn(queue, "refresh")
	return q
}

// nextHolder returns the next session in turn. A session whose refresh failed does not
// come back; when none is left, the requests without a token show as failures.
func nextHolder(queue chan *holder) *holder {
	select {
	case h := <-queue:
		return h
	default:
		return &holder{}
	}
}

// refreshed checks what signed the refresh token of an answer, before then.
func (a app) refreshed(then func(http.Header, []byte) error) func(http.Header, []byte) error {
	return func(header http.Header, body []byte) error {
		if want := tokenBy("refresh_token", a.refresh); !strings.Contains(string(body), want) {
			return fmt.Errorf("no refresh token begins with %s", want)
		}
		return then(header, body)
	}
}

// moveOn checks that the answer has another refresh token, with which the session goes on.
func (h *holder) moveOn(queue chan *holder, field string) func(http.Header, []byte) error {
	return func(_ http.Header, body []byte) error {
		var answer map[string]any
		if err := json.Unmarshal(body, &answer); err != nil {
			return fmt.Errorf("reading a refresh: %w", err)
		}
		next, ok := answer[field].(string)
		if !ok || next == h.refresh {
			return errors.New("a refresh without a new refresh token")
		}
		h.refresh = next
		queue <- h
		return nil
	}
}
