// Package pages serves people: HTML, readable without a script.
package pages

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"

	"gatehouse/handlers"
	"gatehouse/internal/password"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/throttle"
	"gatehouse/store"
	"gatehouse/web"
)

// Home is the page that / opens.
func Home(issuer string) handlers.Endpoint {
	return func(w http.ResponseWriter, _ *http.Request) error {
		return web.Home.Render(w, http.StatusOK, web.HomeData{Issuer: issuer})
	}
}

// Refuse is the one writer of refusals for people.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	info := reqctx.From(r.Context())
	info.Err = err
	status, data := problem(err)
	data.RequestID = info.ID
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		seconds := int(math.Ceil(wait(err).Seconds()))
		w.Header().Set("Retry-After", strconv.Itoa(max(seconds, 1)))
	}
	if err := web.Problem.Render(w, status, data); err != nil {
		info.Err = errors.Join(info.Err, err)
	}
}

func problem(err error) (int, web.ProblemData) {
	var limited *throttle.Limited
	var busy *password.Busy
	var form *handlers.FormError
	switch {
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
	case errors.As(err, &limited):
		return http.StatusTooManyRequests, web.ProblemData{Heading: "Too many tries", Text: "Please wait a moment before the next one."}
	case errors.As(err, &busy), errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, web.ProblemData{Heading: "Please try again in a moment", Text: "The server is busy or a part of it cannot be reached. Nothing was changed."}
	}
	return http.StatusInternalServerError, web.ProblemData{Heading: "Something went wrong", Text: "The fault is ours, and it has been noted."}
}

// ErrNotFound: there is no page at this address.
var ErrNotFound = errors.New("no such page")

var (
	errMethod      = errors.New("method not allowed")
	errCrossOrigin = errors.New("a form from another origin")
	errLinkUsed    = errors.New("bootstrap link unknown, used or expired")
)

// NotAllowed refuses a method that a page does not have.
func NotAllowed(*http.Request, string, []string) error { return errMethod }

// SameOrigin lets an endpoint that changes something be called by our own pages
// only: a browser says where a form comes from, and a program is not a browser.
func SameOrigin(next handlers.Endpoint) handlers.Endpoint {
	protection := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := protection.Check(r); err != nil {
			return errCrossOrigin
		}
		return next(w, r)
	}
}
