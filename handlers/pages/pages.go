// Package pages serves people: HTML pages that work without scripts.
package pages

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"gatehouse/handlers"
	"gatehouse/internal/oauth"
	"gatehouse/internal/reqctx"
	"gatehouse/web"
)

// Home is the page at /.
type Home struct {
	Visitors Visitors
	Issuer   string
}

// Show says what this server is, and who is signed in.
func (e Home) Show(w http.ResponseWriter, r *http.Request) error {
	data := web.HomeData{Issuer: e.Issuer}
	visitor, err := e.Visitors.SignedIn(r)
	if err != nil {
		return err
	}
	if visitor.SignedIn() {
		known := AccountOf(visitor.User)
		data.Account = &known
	}
	return Show(w, r, web.Home, http.StatusOK, data)
}

// Show writes a page with links below the issuer's path.
func Show[T any](w http.ResponseWriter, r *http.Request, page web.Page[T], status int, data T) error {
	return page.Render(w, reqctx.From(r.Context()).Base, status, data)
}

// A Problem is a refusal with its own status and words.
type Problem struct {
	Status        int
	Heading, Text string
	// Reason is for our log.
	Reason string
}

func (p *Problem) Error() string { return p.Reason }

// Refuse writes all refusals for people.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	info := reqctx.From(r.Context())
	info.Err = err
	status, data := problem(w.Header(), err)
	data.RequestID = info.ID
	if err := Show(w, r, web.Problem, status, data); err != nil {
		info.Err = errors.Join(info.Err, err)
	}
}

// problem returns the status and the words for an error, and sets Retry-After if trying
// again can help.
func problem(h http.Header, err error) (int, web.ProblemData) {
	status, seconds := handlers.Trouble(h, err)
	switch status {
	case http.StatusTooManyRequests:
		return status, web.ProblemData{Heading: "Too many tries", Text: "Please wait " + InWords(seconds) + " before you try again."}
	case http.StatusServiceUnavailable:
		return status, web.ProblemData{Heading: "Please try again in a moment", Text: "The server is busy, or a part of it cannot be reached. Nothing was changed."}
	}
	var form *handlers.FormError
	var shown *oauth.UserError
	var own *Problem
	switch {
	case errors.As(err, &own):
		return own.Status, web.ProblemData{Heading: own.Heading, Text: own.Text}
	case errors.As(err, &shown):
		return http.StatusBadRequest, web.ProblemData{Heading: "Authorization error", Text: string(shown.Message), Sent: shown.Sent}
	case errors.Is(err, handlers.ErrDisguisedPath):
		return http.StatusBadRequest, web.ProblemData{Heading: "This address cannot be used", Text: "It is written with codes in place of letters. Please type it anew, or follow the link again."}
	case errors.Is(err, handlers.ErrNotFound):
		return http.StatusNotFound, web.ProblemData{Heading: "Page not found", Text: "There is nothing at this address."}
	case errors.As(err, &form):
		return form.Status, web.ProblemData{Heading: "The form could not be read", Text: "Open the page again and fill in the form once more."}
	}
	return http.StatusInternalServerError, web.ProblemData{Heading: "Something went wrong", Text: "The fault is ours, and it has been noted."}
}

// InWords writes a waiting time as a person would say it.
func InWords(seconds int) string {
	switch {
	case seconds == 1:
		return "a second"
	case seconds < 90:
		return strconv.Itoa(seconds) + " seconds"
	case seconds < 90*60:
		return strconv.Itoa(int(math.Ceil(float64(seconds)/60))) + " minutes"
	}
	return strconv.Itoa(int(math.Ceil(float64(seconds)/3600))) + " hours"
}
