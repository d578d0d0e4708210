package pages

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"gatehouse/handlers"
	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/signin"
)

// A Visit is a request of a person who is signed in at our own pages.
type Visit struct {
	oauth.Browser
	// Form has the parameters of a POST; nil otherwise.
	Form url.Values
}

// Actor returns who acts: a person at our own pages may do all that their role allows. Acts
// that spare a session spare this browser.
func (v Visit) Actor() authz.Actor {
	return authz.Actor{
		UserID: v.User.ID, Sub: v.User.Sub, Role: v.User.Role, Scope: authz.ForRole(v.User.Role),
		SessionID: v.Session.ID, SignedInAt: v.Session.SignIn.At, ACR: v.Session.SignIn.ACR,
	}
}

// Inside serves a page to people who are signed in, and leads others to the sign-in, from
// where they come back. So it does with a person whom a service refuses for want of a recent
// sign-in (signin.StepUp). A form that was shown to somebody else changes nothing: the page is
// shown anew to the person who is signed in now. So each page answers a POST at the path
// where it is shown.
func (v Visitors) Inside(serve func(w http.ResponseWriter, r *http.Request, me Visit) error) handlers.Endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		me := Visit{}
		if r.Method == http.MethodPost {
			form, err := handlers.Form(r)
			if err != nil {
				return err
			}
			me.Form = form
		}
		visitor, err := v.SignedIn(r)
		switch {
		case err != nil:
			return err
		case !visitor.SignedIn():
			return SeeOther(w, SignInFor(shownAt(r)))
		case me.Form != nil && !ShownTo(me.Form, visitor):
			return SeeOther(w, r.URL.Path)
		}
		me.Browser = visitor
		err = serve(w, r, me)
		if _, old := errors.AsType[*signin.StepUp](err); old {
			return SeeOther(w, SignInAgainFor(shownAt(r)))
		}
		return err
	}
}

// Sensitive is Inside for a page that changes how a person signs in, or that cannot be
// undone. A person whose sign-in is not recent proves again who they are, and comes back.
func (v Visitors) Sensitive(now func() time.Time, serve func(w http.ResponseWriter, r *http.Request, me Visit) error) handlers.Endpoint {
	return v.Inside(func(w http.ResponseWriter, r *http.Request, me Visit) error {
		if !me.Fresh(now()) {
			return SeeOther(w, SignInAgainFor(shownAt(r)))
		}
		return serve(w, r, me)
	})
}

// The paths in front of the pages for people who are signed in, and the parameter that says
// where a sign-in leads.
const (
	signInPath = "/login"
	ToParam    = "to"
)

// inside are the paths of pages for people who are signed in, of which some have the ID of a
// thing. They have no letter that could lead a browser elsewhere, and no segment of dots.
var inside = regexp.MustCompile(`^/(account|console)(/[A-Za-z0-9~][A-Za-z0-9._~-]*)*$`)

// The lengths that no address of ours comes near.
const (
	maxReturnPath  = 200
	maxReturnQuery = 1000
)

// shownAt returns the address of the page that was asked for. A form belongs to the page at
// its path.
func shownAt(r *http.Request) string {
	if r.Method == http.MethodPost || r.URL.RawQuery == "" {
		return r.URL.Path
	}
	return r.URL.Path + "?" + r.URL.RawQuery
}

// ReturnPath returns the path, with its query, to which a sign-in leads that was asked for
// with to: to itself, if it can only be one of our pages for people who are signed in, or
// else "". The query is written anew, so nothing in it can end the address or a header.
func ReturnPath(to string) string {
	path, query, asked := strings.Cut(to, "?")
	if len(path) > maxReturnPath || !inside.MatchString(path) {
		return ""
	}
	if !asked || query == "" {
		return path
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(query) > maxReturnQuery {
		return path
	}
	return path + "?" + values.Encode()
}

// SignInFor returns the address of the sign-in that leads to a page (ReturnPath).
func SignInFor(page string) string {
	return signInPath + "?" + url.Values{ToParam: {ReturnPath(page)}}.Encode()
}

// SignInAgainFor is SignInFor for a person who is signed in already.
func SignInAgainFor(page string) string { return SignInFor(page) + "&again=1" }
