package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/events"
	"gatehouse/internal/audit"
	"gatehouse/store"
	"gatehouse/web"
)

// Sessions is the page of everybody's sessions: in apps, in browsers, and those that ended
// last.
type Sessions struct {
	Site
	Operations
}

// sessionsOnPage is how many rows a page has at most.
const sessionsOnPage = 50

// Show shows the list that the address asks for.
func (e Sessions) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	query := only(r.URL.Query(), "of", "cursor")
	data := web.ConsoleSessionsData{Of: query.Get("of")}
	var err error
	switch data.Of {
	case "browsers":
		err = e.browsers(r, query, &data)
	case "ended":
		err = e.ended(r, &data)
	default:
		data.Of = ""
		err = e.apps(r, query, &data)
	}
	if err != nil {
		return err
	}
	data.Frame = e.frame(w, r, me, "sessions")
	data.Lists = []web.Filter{
		{Text: pages.Say(r, "In apps"), Address: sessionsPath, Chosen: data.Of == ""},
		{Text: pages.Say(r, "In browsers"), Address: sessionsPath + "?of=browsers", Chosen: data.Of == "browsers"},
		{Text: pages.Say(r, "Ended"), Address: sessionsPath + "?of=ended", Chosen: data.Of == "ended"},
	}
	return pages.Show(w, r, web.ConsoleSessions, http.StatusOK, data)
}

// mark reads the place in a list, which begins anew with a mark of another.
func (e Sessions) mark(query url.Values) (at store.Mark) {
	if e.Cursors.Open(bindOf(query), query.Get("cursor"), &at) != nil {
		return store.Mark{}
	}
	return at
}

func bindOf(query url.Values) string { return "console sessions " + query.Get("of") }

// paged fills in the links between the pages.
func (e Sessions) paged(query url.Values, after, following store.Mark, list *web.List[web.SessionRow]) error {
	list.First, list.Later = onward(sessionsPath, query, ""), after != (store.Mark{})
	if following == (store.Mark{}) {
		return nil
	}
	mark, err := e.Cursors.Seal(bindOf(query), following)
	list.Next = onward(sessionsPath, query, mark)
	return err
}

func (e Sessions) apps(r *http.Request, query url.Values, data *web.ConsoleSessionsData) error {
	after := e.mark(query)
	page, err := e.Records.NewestSessions(r.Context(), after, e.Now(), sessionsOnPage)
	if err != nil {
		return err
	}
	if data.Sessions.Rows, err = e.rows(r, page.Sessions); err != nil {
		return err
	}
	return e.paged(query, after, page.Next, &data.Sessions)
}

func (e Sessions) ended(r *http.Request, data *web.ConsoleSessionsData) error {
	ended, err := e.Records.EndedSessions(r.Context(), sessionsOnPage)
	if err != nil {
		return err
	}
	data.Sessions.Rows, err = e.rows(r, ended)
	return err
}

func (e Sessions) browsers(r *http.Request, query url.Values, data *web.ConsoleSessionsData) error {
	after := e.mark(query)
	page, err := e.Records.NewestBrowsers(r.Context(), after, e.Now(), sessionsOnPage)
	if err != nil {
		return err
	}
	for _, b := range page.Browsers {
		device, icon := pages.Device(r, b.UserAgent)
		data.Sessions.Rows = append(data.Sessions.Rows, web.SessionRow{
			ID: b.ID, Person: events.PersonPart(b.User), PersonID: strconv.FormatInt(b.UserID, 10), Username: b.User.Username, Device: device, Icon: icon,
			Began: e.when(r, b.CreatedAt), Used: e.when(r, b.LastSeenAt), Place: b.IP,
		})
	}
	return e.paged(query, after, page.Next, &data.Sessions)
}

// rows returns sessions in apps.
func (e Sessions) rows(r *http.Request, sessions []store.SessionOf) ([]web.SessionRow, error) {
	log := make([]store.AuditEvent, len(sessions))
	for i, s := range sessions {
		log[i].ClientID = s.ClientID
	}
	names, err := e.Names.Names(r.Context(), log)
	if err != nil {
		return nil, err
	}
	rows := make([]web.SessionRow, 0, len(sessions))
	for _, s := range sessions {
		device, icon := pages.Device(r, s.UserAgent)
		row := web.SessionRow{
			ID: s.ID, Person: events.PersonPart(s.User), Username: s.User.Username, Device: device, Icon: icon, App: appPart(names, s.ClientID),
			Began: e.when(r, s.CreatedAt), Used: e.when(r, s.LastUsedAt), Place: placeOf(s.Session), Gen: s.Rotation.Gen,
		}
		if !s.EndedAt.IsZero() {
			row.Ended, row.Why = e.when(r, s.EndedAt), events.Why(r, s.EndReason)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// placeOf returns the network of a session's last use; where none is on record, the address
// of the sign-in.
func placeOf(s store.Session) string {
	if s.Rotation.Network != "" {
		return s.Rotation.Network
	}
	return s.IP
}

func appPart(names events.Names, id string) web.Part {
	if part, known := names[audit.ClientSubject(id)]; known {
		return part
	}
	return web.Part{Text: id, Name: true, Code: true}
}

// End ends the session, or signs out the browser, that the form names.
func (e Sessions) End(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	back := onward(sessionsPath, only(me.Form, "of"), "")
	ended, err := e.end(r.Context(), me)
	if err != nil {
		return err
	}
	if ended {
		return e.done(w, me, back, pages.Say(r, "The session is ended. It is signed out within a second."))
	}
	return e.done(w, me, back, pages.Say(r, "That session had ended already."))
}

func (e Sessions) end(ctx context.Context, me pages.Visit) (bool, error) {
	if browser := me.Form.Get("browser"); browser != "" {
		id, _ := strconv.ParseInt(me.Form.Get("person"), 10, 64) // nobody has the ID 0
		u, err := e.Records.UserByID(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return e.Browsers.EndFor(ctx, me.Actor().String(), u, browser)
	}
	return e.Sessions.End(ctx, me.Actor().String(), me.Form.Get("session"), 0, store.EndedByAdmin)
}
