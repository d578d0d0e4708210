package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"gatehouse/handlers"
	"gatehouse/internal/authz"
	"gatehouse/internal/refusal"
	"gatehouse/store"
	"gatehouse/web"
)

// Refusals are the pages that tell why a request was refused.
type Refusals struct {
	Visitors Visitors
	Store    interface {
		RefusalByID(ctx context.Context, id string) (store.Refusal, error)
	}
	People Named
	Now    func() time.Time
}

// A Named finds the people and the apps whom refusals concern.
type Named interface {
	ClientByID(ctx context.Context, id string) (store.Client, error)
	UserByID(ctx context.Context, id int64) (store.User, error)
}

// errForgotten is for a number that is unknown, and for one that has expired.
var errForgotten = &Problem{
	Status: http.StatusNotFound, Reason: "no refusal has this number",
	Heading: "Nothing is kept under this number",
	Text:    "Why a request was refused is kept for 7 days. Repeat the request, and follow the address in its answer.",
}

func (e Refusals) route() handlers.Route {
	return handlers.Route{Method: http.MethodGet, Path: refusal.Path + "{id}", Serve: e.Show}
}

// Show tells everybody what an app's developer should look at, and administrators the rest.
func (e Refusals) Show(w http.ResponseWriter, r *http.Request) error {
	found, err := e.Store.RefusalByID(r.Context(), r.PathValue("id"))
	if errors.Is(err, store.ErrNotFound) {
		return errForgotten
	}
	if err != nil {
		return err
	}
	visitor, err := e.Visitors.SignedIn(r)
	if err != nil {
		return err
	}
	about := refusal.Public(found.Kind)
	data := web.RefusalData{Code: codeOf(found), Title: about.Title, Section: about.Section, Parameter: about.Parameter, Mend: about.Mend}
	if visitor.SignedIn() && authz.InspectPeople.Allow(Visit{Browser: visitor}.Actor()) == nil {
		detail, err := RefusalOf(r, e.People, e.Now(), found)
		if err != nil {
			return err
		}
		own := refusal.Of(found.Kind)
		data.Title, data.Mend, data.Detail = own.Title, own.Mend, &detail
	}
	w.Header().Set("Cache-Control", "no-store")
	return Show(w, r, web.Refusal, http.StatusOK, data)
}

// codeOf returns the code that an app got; empty for a person who signed in.
func codeOf(r store.Refusal) string {
	if r.Code == refusal.SignIn {
		return ""
	}
	return r.Code
}

// RefusalOf returns a refusal as administrators see it.
func RefusalOf(r *http.Request, named Named, now time.Time, found store.Refusal) (web.RefusalDetail, error) {
	about := refusal.Of(found.Kind)
	given, expected := refusal.Compare(found.Given, found.Expected)
	detail := web.RefusalDetail{
		Given: web.MarkedText(given), Expected: web.MarkedText(expected), App: appNamed(r, named, found.ClientID), AppPath: "/console/apps/" + url.PathEscape(found.ClientID),
		Code: codeOf(found), Endpoint: found.Endpoint, Section: about.Section, Parameter: about.Parameter, Reason: refusal.Because(found.Reason), Mend: about.Mend,
		Network: found.Network, RequestID: found.RequestID, ID: found.ID, At: When(r, now, found.At),
	}
	for _, p := range refusal.Parameters(found) {
		detail.Sent = append(detail.Sent, web.NamedText(p))
	}
	if found.UserID == 0 {
		return detail, nil
	}
	user, err := named.UserByID(r.Context(), found.UserID)
	if errors.Is(err, store.ErrNotFound) { // deleted just now
		return detail, nil
	}
	detail.Person, detail.PersonPath = user.Username, "/console/people?search="+url.QueryEscape(user.Username)
	return detail, err
}

// appNamed returns what an app is called; one that is unknown is called by its ID.
func appNamed(r *http.Request, named Named, id string) string {
	if c, err := named.ClientByID(r.Context(), id); err == nil && id != "" {
		return NameOf(c)
	}
	return id
}
