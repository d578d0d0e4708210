package account

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/store"
	"gatehouse/web"
)

// A Site is what all pages of the account need.
type Site struct {
	Visitors pages.Visitors
	Flash    pages.Flash
	// Apps knows the apps by their IDs.
	Apps interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	Now func() time.Time
}

// frame returns what every page shows, with the message that waits for it.
func (s Site) frame(w http.ResponseWriter, r *http.Request, me pages.Visit) web.Frame {
	room := pages.RoomOf(me.User)
	room.At = placeOf(r.URL.Path)
	return web.Frame{Room: room, Said: s.Flash.Take(w, r, me.User.Sub)}
}

// placeOf returns the item of the navigation for a path: that of the same name or, for a
// page that another one leads to, the overview.
func placeOf(path string) string {
	switch path {
	case profilePath, sessionsPath, appsPath, activityPath, dataPath:
		return strings.TrimPrefix(path, overviewPath+"/")
	case deletePath:
		return "data"
	}
	return "overview"
}

// done leads to a page that says what was done.
func (s Site) done(w http.ResponseWriter, me pages.Visit, to, message string) error {
	s.Flash.Set(w, me.User.Sub, message)
	return pages.SeeOther(w, to)
}

// when returns a time as the pages show it.
func (s Site) when(r *http.Request, at time.Time) web.Moment { return pages.When(r, s.Now(), at) }

// nameOf returns what the pages call an app. An app that is gone is called by its ID.
func (s Site) nameOf(ctx context.Context, id string) (string, error) {
	c, err := s.Apps.ClientByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return id, nil
	}
	return pages.NameOf(c), err
}
