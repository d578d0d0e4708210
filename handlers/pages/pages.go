// Package pages serves people: HTML pages that work without scripts.
package pages

import (
	"errors"
	"math"
	"net/http"

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
		data.Account, data.Console = &known, visitor.User.Staff()
	}
	return Show(w, r, web.Home, http.StatusOK, data)
}

// Show writes a page with links below the issuer's path.
func Show[T any](w http.ResponseWriter, r *http.Request, page web.Page[T], status int, data T) error {
	remember(w, r)
	return page.Render(w, view(r, status), status, data)
}

// A Problem is a refusal with its own status and words. Args fill the verbs of Text.
type Problem struct {
	Status        int
	Heading, Text string
	Args          []any
	// Reason is for our log.
	Reason string
}

func (p *Problem) Error() string { return p.Reason }

// Refuse writes all refusals for people.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	info := reqctx.From(r.Context())
	info.Err = err
	status, data := problem(Language(r), w.Header(), err)
	if _, app := errors.AsType[*oauth.UserError](err); app && status == http.StatusBadRequest {
		data.Page = info.Explain(string(oauth.InvalidRequest), err, r.URL.Query())
	}
	data.Status, data.RequestID, data.Help = status, info.ID, web.SiteOf(r.Context()).Brand.Help
	if err := Show(w, r, web.Problem, status, data); err != nil {
		info.Err = errors.Join(info.Err, err)
	}
}

// problem returns the status and the words for an error, and sets Retry-After if trying
// again can help.
func problem(l web.Language, h http.Header, err error) (int, web.ProblemData) {
	status, seconds := handlers.Trouble(h, err)
	switch status {
	case http.StatusTooManyRequests:
		return status, web.ProblemData{Heading: l.Say("Too many tries"), Text: l.Say("Please wait %s before you try again.", wait(l, seconds))}
	case http.StatusServiceUnavailable:
		return status, web.ProblemData{Heading: l.Say("Please try again in a moment"), Text: l.Say("The server is busy, or a part of it cannot be reached. Nothing was changed.")}
	}
	if shown, ok := errors.AsType[*oauth.UserError](err); ok {
		return http.StatusBadRequest, web.ProblemData{Heading: l.Say("Authorization error"), Text: l.Told(string(shown.Message)), Sent: shown.Sent}
	}
	own := ownProblem(err)
	return own.Status, web.ProblemData{Heading: l.Say(own.Heading), Text: l.Say(own.Text, own.Args...)}
}

// ownProblem returns the Problem that an error is, or the one that stands for it.
func ownProblem(err error) *Problem {
	if own, ok := errors.AsType[*Problem](err); ok {
		return own
	}
	form, ok := errors.AsType[*handlers.FormError](err)
	switch {
	case errors.Is(err, handlers.ErrDisguisedPath):
		return &Problem{Status: http.StatusBadRequest, Heading: "This address cannot be used", Text: "It is written with codes in place of letters. Please type it anew, or follow the link again."}
	case errors.Is(err, handlers.ErrNotFound):
		return &Problem{Status: http.StatusNotFound, Heading: "Page not found", Text: "There is nothing at this address."}
	case ok:
		return &Problem{Status: form.Status, Heading: "The form could not be read", Text: "Open the page again and fill in the form once more."}
	}
	return &Problem{Status: http.StatusInternalServerError, Heading: "Something went wrong", Text: "The fault is ours, and it has been noted."}
}

// InWords writes a waiting time as a person would say it, in the language of the page.
func InWords(r *http.Request, seconds int) string { return wait(Language(r), seconds) }

func wait(l web.Language, seconds int) string {
	switch {
	case seconds < 90:
		return l.Count("a second", "%d seconds", seconds)
	case seconds < 90*60:
		return l.Count("a minute", "%d minutes", int(math.Ceil(float64(seconds)/60)))
	}
	return l.Count("an hour", "%d hours", int(math.Ceil(float64(seconds)/3600)))
}
