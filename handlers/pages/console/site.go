package console

import (
	"net/http"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/authz"
	"gatehouse/web"
)

// A Site is what all pages of the console need.
type Site struct {
	Visitors pages.Visitors
	Flash    pages.Flash
	// Issuer is where our own forms come from.
	Issuer string
	Now    func() time.Time
}

// A page answers a person who may see it, as their role is at this request.
type page func(w http.ResponseWriter, r *http.Request, me pages.Visit) error

// shown is the route that shows a page to those who have the permission, and sent the one
// that takes its form.
func (s Site) shown(path string, needs authz.Permission, serve page) handlers.Route {
	return handlers.Route{Method: http.MethodGet, Path: path, Serve: s.guarded(needs, serve)}
}

func (s Site) sent(path string, needs authz.Permission, serve page) handlers.Route {
	return handlers.Route{Method: http.MethodPost, Path: path, Serve: s.guarded(needs, serve)}
}

// guarded returns the endpoint of a page for those who have the permission. Others are told
// what to do.
func (s Site) guarded(needs authz.Permission, serve page) handlers.Endpoint {
	return s.Visitors.Inside(func(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
		if needs.Allow(me.Actor()) != nil {
			return errNotYours
		}
		return serve(w, r, me)
	})
}

// frame returns what every page shows around its content, with the message that waits for
// the person. At is the page's item of the navigation.
func (s Site) frame(w http.ResponseWriter, r *http.Request, me pages.Visit, at string) web.Frame {
	room := pages.RoomOf(me.User)
	room.At = at
	return web.Frame{Room: room, Said: s.Flash.Take(w, r, me.User.Sub)}
}

// done leads to a page that says what was done.
func (s Site) done(w http.ResponseWriter, me pages.Visit, to, message string) error {
	s.Flash.Set(w, me.User.Sub, message)
	return pages.SeeOther(w, to)
}

// when returns a time as the pages show it.
func (s Site) when(r *http.Request, at time.Time) web.Moment { return pages.When(r, s.Now(), at) }

var errNotYours = &pages.Problem{
	Status: http.StatusForbidden, Reason: "the role does not open this page of the console",
	Heading: "This page is for others",
	Text:    "Your account does not have the role for it. If you need it, ask an administrator of this server to give it to you, or sign in with another account.",
}
