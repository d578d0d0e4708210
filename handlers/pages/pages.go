// Package pages serves people: HTML, readable without a script.
package pages

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"gatehouse/handlers"
	"gatehouse/internal/oauth"
	"gatehouse/internal/reqctx"
	"gatehouse/web"
)

// Home is the page that / opens.
type Home struct {
	Visitors Visitors
	Issuer   string
}

// Show says what this is, and who is signed in.
func (e Home) Show(w http.ResponseWriter, r *http.Request) error {
	data := web.HomeData{Issuer: e.Issuer}
	visitor, err := e.Visitors.signedIn(r)
	if err != nil {
		return err
	}
	if visitor.SignedIn() {
		known := whom(visitor.User)
		data.Account = &known
	}
	return web.Home.Render(w, http.StatusOK, data)
}

// Refuse is the one writer of refusals for people.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	info := reqctx.From(r.Context())
	info.Err = err
	status, data := problem(w.Header(), err)
	data.RequestID = info.ID
	if err := web.Problem.Render(w, status, data); err != nil {
		info.Err = errors.Join(info.Err, err)
	}
}

// problem decides what the person is told, and sets Retry-After where they are to
// come again.
func problem(h http.Header, err error) (int, web.ProblemData) {
	status, seconds := handlers.Trouble(err)
	if status != 0 {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	switch status {
	case http.StatusTooManyRequests:
		return status, web.ProblemData{Heading: "Too many tries", Text: "Please wait " + inWords(seconds) + " before the next one."}
	case http.StatusServiceUnavailable:
		return status, web.ProblemData{Heading: "Please try again in a moment", Text: "The server is busy or a part of it cannot be reached. Nothing was changed."}
	}
	var form *handlers.FormError
	var shown *oauth.Shown
	switch {
	case errors.As(err, &shown):
		return http.StatusBadRequest, web.ProblemData{Heading: "Authorization error", Text: string(shown.Words)}
	case errors.Is(err, errNoAnswer):
		return http.StatusBadRequest, web.ProblemData{Heading: "The form could not be read", Text: "It has neither of the two answers. Go back and choose one."}
	case errors.Is(err, ErrNotFound):
		return http.StatusNotFound, web.ProblemData{Heading: "Page not found", Text: "There is nothing at this address."}
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed, web.ProblemData{Heading: "That does not work here", Text: "This page cannot be used in that way."}
	case errors.Is(err, errLinkUsed):
		return http.StatusGone, web.ProblemData{Heading: "This link works no longer",
			Text: "It was used, or an hour has passed. If there is no administrator yet, restart the server for a new link, or run: gatehouse user create --role admin"}
	case errors.Is(err, errCrossOrigin):
		return http.StatusForbidden, web.ProblemData{Heading: "This form came from another site", Text: "Open the page here and send the form again."}
	case errors.As(err, &form):
		return form.Status, web.ProblemData{Heading: "The form could not be read", Text: "Open the page again and fill in the form once more."}
	}
	return http.StatusInternalServerError, web.ProblemData{Heading: "Something went wrong", Text: "The fault is ours, and it has been noted."}
}

// ErrNotFound: there is no page at this address.
var ErrNotFound = errors.New("no such page")

var (
	errMethod      = errors.New("method not allowed")
	errCrossOrigin = errors.New("a form from another origin")
	errNoAnswer    = errors.New("a form without an answer")
	errLinkUsed    = errors.New("bootstrap link unknown, used or expired")
)

// NotAllowed refuses a method that a page does not have.
func NotAllowed(*http.Request, string, []string) error { return errMethod }

// SameOrigin lets an endpoint that changes something be called by our own pages
// only: a browser says where a form comes from, and a program is not a browser.
// Where we are https, a page of the same host that came in clear is not ours: it
// may be anybody's who holds the line.
func SameOrigin(https bool) func(handlers.Endpoint) handlers.Endpoint {
	protection := http.NewCrossOriginProtection()
	return func(next handlers.Endpoint) handlers.Endpoint {
		return func(w http.ResponseWriter, r *http.Request) error {
			if err := protection.Check(r); err != nil || https && inClear(r) {
				return errCrossOrigin
			}
			return next(w, r)
		}
	}
}

// inClear: the standard library compares hosts, and leaves the scheme to us.
func inClear(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Origin")), "http://")
}
