package console

import (
	"net/http"
	"strconv"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
	"gatehouse/store"
	"gatehouse/web"
)

// AppAct are the pages that say what something does to an app before it is done.
type AppAct struct {
	Site
	Apps    registry
	Records appRecords
}

// An appAct is one of them. Ask says what it does, in words, to so many sessions; do does it.
type appAct struct {
	name string
	ask  func(r *http.Request, c store.Client, living string) web.ConsoleAppActData
	do   func(e AppAct, w http.ResponseWriter, r *http.Request, me pages.Visit, c store.Client, shown version.Tag) error
}

// appActs are all of them, by the last word of their paths.
var appActs = []appAct{
	{"secret", askSecret, AppAct.newSecret},
	{"state", askState, AppAct.switched},
	{"adopt", askAdopt, AppAct.adopt},
	{"delete", askDelete, AppAct.erase},
}

// routes returns the routes of the pages.
func (e AppAct) routes(needs authz.Permission) (all []handlers.Route) {
	for _, act := range appActs {
		path := appsPath + "/{id}/" + act.name
		all = append(all,
			e.shown(path, needs, func(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
				c, err := appOf(r, e.Apps)
				if err != nil {
					return err
				}
				return e.show(w, r, me, act, c, nil, "", http.StatusOK)
			}),
			e.sent(path, needs, func(w http.ResponseWriter, r *http.Request, me pages.Visit) error { return e.take(w, r, me, act) }))
	}
	return all
}

// take does what the form asks for.
func (e AppAct) take(w http.ResponseWriter, r *http.Request, me pages.Visit, act appAct) error {
	c, err := appOf(r, e.Apps)
	if err != nil {
		return err
	}
	err = act.do(e, w, r, me, c, version.Tag(me.Form.Get("version")))
	if err == nil {
		return nil
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	if c, err = appOf(r, e.Apps); err != nil {
		return err
	}
	return e.show(w, r, me, act, c, faults, problem, status)
}

func (e AppAct) show(w http.ResponseWriter, r *http.Request, me pages.Visit, act appAct, c store.Client, faults *fields.Errors, problem string, status int) error {
	living, err := e.living(r, e.Records, c.ID)
	if err != nil {
		return err
	}
	tag, err := client.Version(c)
	if err != nil {
		return err
	}
	data := act.ask(r, c, living)
	data.App, data.Version, data.Path = e.headOf(r, c), string(tag), appPath(c.ID, act.name)
	data.Frame = e.frame(w, r, me, "apps")
	data.Problem = pages.FaultOr(r, faults, problem)
	return pages.Show(w, r, web.ConsoleAppAct, status, data)
}

// overlaps are how long the old secret may go on, in seconds.
var overlaps = []time.Duration{0, time.Hour, day, 7 * day, 30 * day}

func askSecret(r *http.Request, c store.Client, _ string) web.ConsoleAppActData {
	choices := web.AppField{Name: "overlap", ID: "overlap", Label: pages.Say(r, "How long the old secret still works"), Draw: "choice"}
	for _, d := range overlaps {
		text := pages.Say(r, "it ends at once")
		if d > 0 {
			text = pages.InWords(r, int(d.Seconds()))
		}
		choices.Options = append(choices.Options, web.AppOption{Value: strconv.Itoa(int(d.Seconds())), Text: text, Chosen: d == day})
	}
	effects := []string{
		pages.Say(r, "The new secret is shown once, on the next page."),
		pages.Say(r, "The present one goes on for as long as you choose, so that the app can change over. If it was stolen, end it at once: the app gets no tokens until it has the new one."),
		pages.Say(r, "Sessions go on."),
	}
	if len(c.Secrets) > 1 {
		effects = append(effects, pages.Say(r, "The oldest secret ends at once: two work at most."))
	}
	return web.ConsoleAppActData{Heading: pages.Say(r, "Make a new secret?"), Effects: effects, Choices: choices, Button: pages.Say(r, "Make a new secret")}
}

func (e AppAct) newSecret(w http.ResponseWriter, r *http.Request, me pages.Visit, c store.Client, shown version.Tag) error {
	seconds, err := strconv.Atoi(me.Form.Get("overlap"))
	if err != nil {
		return fields.New("overlap", fields.NotANumber)
	}
	changed, secret, err := e.Apps.RotateSecret(r.Context(), me.Actor(), c.ID, time.Duration(min(seconds, 1<<31))*time.Second, shown)
	if err != nil {
		return err
	}
	text := pages.Say(r, "The old one has ended.")
	if seconds > 0 {
		text = pages.Say(r, "The old one works for another %s.", pages.InWords(r, seconds))
	}
	return e.showSecret(w, r, me, changed, secret, pages.Say(r, "The new secret of %s", changed.Name), text)
}

func askState(r *http.Request, c store.Client, living string) web.ConsoleAppActData {
	if c.Disabled {
		return web.ConsoleAppActData{
			Heading: pages.Say(r, "Switch this app on again?"), Button: pages.Say(r, "Switch it on"),
			Effects: []string{pages.Say(r, "It gets tokens again, and those that it has count again: %s.", living)},
		}
	}
	data := web.ConsoleAppActData{
		Heading: pages.Say(r, "Switch this app off?"), Button: pages.Say(r, "Switch it off"), Danger: true,
		Effects: []string{
			pages.Say(r, "It gets no tokens, and within a second its tokens are refused here: %s.", living),
			pages.Say(r, "APIs that verify tokens themselves accept those that they have seen until they end."),
			pages.Say(r, "You can switch it on again."),
		},
	}
	if c.Origin == store.OriginDocument {
		data.Effects = append(data.Effects, pages.Say(r, "It stays blocked even if its document changes."))
	}
	return data
}

func (e AppAct) switched(w http.ResponseWriter, r *http.Request, me pages.Visit, c store.Client, shown version.Tag) error {
	off := !c.Disabled
	if _, _, err := e.Apps.Update(r.Context(), me.Actor(), c.ID, client.Input{Disabled: fields.On(off), Shown: shown}, false); err != nil {
		return err
	}
	message := pages.Say(r, "%s is switched on.", c.Name)
	if off {
		message = pages.Say(r, "%s is switched off.", c.Name)
	}
	return e.done(w, me, appPath(c.ID), message)
}

func askAdopt(r *http.Request, _ store.Client, _ string) web.ConsoleAppActData {
	return web.ConsoleAppActData{
		Heading: pages.Say(r, "Adopt this app?"), Button: pages.Say(r, "Adopt it"),
		Effects: []string{
			pages.Say(r, "It counts as registered by you: only administrators change it from then on, and its document is not fetched again."),
			pages.Say(r, "APIs that admit registered apps admit it."),
			pages.Say(r, "Its ID, its sessions and what people allowed it stay."),
		},
	}
}

func (e AppAct) adopt(w http.ResponseWriter, r *http.Request, me pages.Visit, c store.Client, shown version.Tag) error {
	if _, err := e.Apps.Adopt(r.Context(), me.Actor(), c.ID, shown); err != nil {
		return err
	}
	return e.done(w, me, appPath(c.ID), pages.Say(r, "%s is adopted.", c.Name))
}

func askDelete(r *http.Request, c store.Client, living string) web.ConsoleAppActData {
	data := web.ConsoleAppActData{
		Heading: pages.Say(r, "Delete this app?"), Lead: pages.Say(r, "This cannot be undone. To block an app and keep it, switch it off instead."), Button: pages.Say(r, "Delete for good"), Danger: true,
		Effects: []string{
			pages.Say(r, "These end within a second: %s.", living),
			pages.Say(r, "What people allowed it is erased, and APIs take it off their lists."),
		},
	}
	if c.Origin == store.OriginDocument {
		data.Effects = append(data.Effects, pages.Say(r, "It comes back when it is next asked for: its address is its name."))
	}
	return data
}

func (e AppAct) erase(w http.ResponseWriter, r *http.Request, me pages.Visit, c store.Client, shown version.Tag) error {
	if err := e.Apps.Delete(r.Context(), me.Actor(), c.ID, shown); err != nil {
		return err
	}
	return e.done(w, me, appsPath, pages.Say(r, "%s is deleted.", c.Name))
}
