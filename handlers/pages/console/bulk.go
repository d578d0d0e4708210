package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/bulk"
	"gatehouse/internal/fields"
	"gatehouse/store"
	"gatehouse/web"
)

// Bulk acts on many people: a dry run first, then a job that can be watched and stopped.
type Bulk struct {
	Site
	Bulk acts
}

type acts interface {
	Try(ctx context.Context, actor authz.Actor, act bulk.Act, selection bulk.Selection) (bulk.Forecast, error)
	Begin(ctx context.Context, actor authz.Actor, act bulk.Act, selection bulk.Selection) (string, error)
	Jobs(ctx context.Context, actor authz.Actor, n int) ([]store.BulkJob, error)
	Job(ctx context.Context, actor authz.Actor, id string) (store.BulkJob, error)
	Stop(ctx context.Context, actor authz.Actor, id string) (bool, error)
}

const (
	// asMany is how many acts the page lists.
	asMany = 20
	// mostNamed is how many people the dry run names.
	mostNamed = 10
	// idsParam has the people of a form, with spaces between them: a form that is sent has no
	// parameter twice. The boxes of the list are "id" each.
	idsParam = "ids"
)

// Show shows the dry run of an act or, without one, the acts of late.
func (e Bulk) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	query := r.URL.Query()
	if !query.Has("act") {
		return e.list(w, r, me)
	}
	return e.try(w, r, me, query, web.ConsoleBulkData{}, http.StatusOK)
}

func (e Bulk) list(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	jobs, err := e.Bulk.Jobs(r.Context(), me.Actor(), asMany)
	if err != nil {
		return err
	}
	data := web.ConsoleJobsData{Frame: e.frame(w, r, me, "people")}
	for _, j := range jobs {
		data.Jobs = append(data.Jobs, e.jobOf(r, j))
	}
	return pages.Show(w, r, web.ConsoleJobs, http.StatusOK, data)
}

// try shows whom an act would concern.
func (e Bulk) try(w http.ResponseWriter, r *http.Request, me pages.Visit, query url.Values, data web.ConsoleBulkData, status int) error {
	act, selection, err := selected(query)
	if err != nil {
		return err
	}
	forecast, err := e.Bulk.Try(r.Context(), me.Actor(), act, selection)
	if _, bad := errors.AsType[*fields.Errors](err); bad {
		return errNoSelection
	}
	if err != nil {
		return err
	}
	data.Room = pages.RoomOf(me.User)
	data.At = "people"
	data.Deactivate, data.People, data.Yourself, data.Typing = act == bulk.Deactivate, int(forecast.People), forecast.Yourself, len(selection.IDs) == 0
	data.Back = onward(peoplePath, only(query, account.Browsing()...), "")
	data.Act = string(act)
	for _, u := range forecast.Users[:min(mostNamed, len(forecast.Users))] {
		data.Names = append(data.Names, pages.FullNameOf(u))
	}
	data.Others = len(forecast.Users) - len(data.Names)
	data.Filters, data.Hidden = words(query), hidden(query, selection)
	return pages.Show(w, r, web.ConsoleBulk, status, data)
}

// Begin begins an act as its dry run showed it.
func (e Bulk) Begin(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	act, selection, err := selected(me.Form)
	if err != nil {
		return err
	}
	forecast, err := e.Bulk.Try(r.Context(), me.Actor(), act, selection)
	if _, bad := errors.AsType[*fields.Errors](err); bad {
		return errNoSelection
	}
	if err != nil {
		return err
	}
	expected := strconv.FormatInt(forecast.People, 10)
	switch {
	case me.Form.Get("expected") != expected:
		said := web.ConsoleBulkData{Frame: web.Frame{Problem: pages.Say(r, "The number of people has changed since you looked. Look again before you go on.")}}
		return e.try(w, r, me, me.Form, said, http.StatusPreconditionFailed)
	case len(selection.IDs) == 0 && digits(me.Form.Get("typed")) != expected:
		return e.try(w, r, me, me.Form, web.ConsoleBulkData{Fault: pages.Say(r, "Type the number of people to go on."), Typed: me.Form.Get("typed")}, http.StatusUnprocessableEntity)
	}
	id, err := e.Bulk.Begin(r.Context(), me.Actor(), act, selection)
	switch {
	case errors.Is(err, bulk.ErrNobody):
		return e.done(w, me, peoplePath, pages.Say(r, "There is nobody left on whom to act."))
	case errors.Is(err, bulk.ErrTooMany):
		return e.done(w, me, bulkPath, pages.Say(r, "Many acts go on already. Wait for one of them to end."))
	case err != nil:
		return err
	}
	return pages.SeeOther(w, bulkPath+"/"+id)
}

// selected reads which act is asked for, and on whom.
func selected(query url.Values) (bulk.Act, bulk.Selection, error) {
	act, selection := bulk.Act(query.Get("act")), bulk.Selection{}
	if !act.Valid() {
		return act, selection, errNoSelection
	}
	if query.Get("all") != "" {
		selection.Parameters = only(query, account.Browsing()...)
		return act, selection, nil
	}
	for _, text := range append(strings.Fields(query.Get(idsParam)), query["id"]...) {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return act, selection, errNoSelection
		}
		selection.IDs = append(selection.IDs, id)
	}
	slices.Sort(selection.IDs)
	selection.IDs = slices.Compact(selection.IDs)
	if len(selection.IDs) == 0 || len(selection.IDs) > aPage {
		return act, selection, errNoSelection
	}
	return act, selection, nil
}

// hidden are the fields that carry the selection from the dry run to the act.
func hidden(query url.Values, selection bulk.Selection) (all []web.Hidden) {
	var ids []string
	for _, id := range selection.IDs {
		ids = append(ids, strconv.FormatInt(id, 10))
	}
	if len(ids) > 0 {
		all = append(all, web.Hidden{Name: idsParam, Value: strings.Join(ids, " ")})
	} else {
		all = append(all, web.Hidden{Name: "all", Value: "1"})
	}
	for _, name := range account.Browsing() {
		if value := query.Get(name); value != "" {
			all = append(all, web.Hidden{Name: name, Value: value})
		}
	}
	return all
}

// words are the filters of a query in sentences of the catalogues.
func words(query url.Values) (all []string) {
	for _, c := range choices {
		if query.Get(c.name) == c.value {
			all = append(all, c.text)
		}
	}
	return all
}

// digits returns a number without what people put between its digits.
func digits(text string) string {
	var found []rune
	for _, r := range text {
		if r >= '0' && r <= '9' {
			found = append(found, r)
		}
	}
	return string(found)
}

var errNoSelection = &pages.Problem{
	Status: http.StatusBadRequest, Reason: "an act on nobody, or an unknown act",
	Heading: "Nobody is selected",
	Text:    "Go back to the list of people, and tick those whom you mean.",
}
