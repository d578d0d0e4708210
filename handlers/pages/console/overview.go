package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/web"
)

// Overview shows what happened lately, and what needs a person.
type Overview struct {
	Site
	People  people
	Apps    apps
	Figures Figures
	// Names knows the apps.
	Names interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	Watch Watch
}

// Figures are the counts and samples of each hour.
type Figures interface {
	Hourly(ctx context.Context, kind store.Happening, since time.Time) ([]store.HourlyCount, error)
	HourlyOfBusiest(ctx context.Context, kind store.Happening, since time.Time, n int) ([]store.HourlyCount, error)
	CountSessionsUpTo(ctx context.Context, clientID string, most int, now time.Time) (int64, error)
}

const (
	// busiest is how many apps have a plot.
	busiest = 6
	// fewSessions is how many sessions are counted for the page. If there are more, it shows
	// the sample of the hour.
	fewSessions = 2000
)

// Show shows the page. Only administrators see apps, keys and what needs a person.
func (e Overview) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	now := e.Now()
	d := lately{stretch: stretchOf(r)}
	d.since = d.stretch.since(now)
	data := web.ConsoleData{
		Frame: e.frame(w, r, me, "overview"), Taken: pages.When(r, now, now),
		Stretches: d.offered(), Within: d.within, Per: d.per, Step: d.unit,
	}
	if err := e.figures(r, &data, &d, now); err != nil {
		return err
	}
	joined, err := e.People.List(r.Context(), url.Values{"limit": {newest}, "ordering": {"-date_joined"}})
	if err != nil {
		return err
	}
	data.People = e.peopleIn(r, joined, url.Values{})
	if data.Admin {
		if err := e.forAdministrators(r, &data, d, now); err != nil {
			return err
		}
	}
	return pages.Show(w, r, web.Console, http.StatusOK, data)
}

// figures fills in what all may see who may open the console.
func (e Overview) figures(r *http.Request, data *web.ConsoleData, d *lately, now time.Time) error {
	if err := d.read(r.Context(), e.Figures); err != nil {
		return err
	}
	living, err := e.Figures.CountSessionsUpTo(r.Context(), "", fewSessions, now)
	data.SignIns = e.signIns(r, *d, data.Admin)
	data.Sessions = e.living(r, *d, int(living))
	return err
}

func (e Overview) forAdministrators(r *http.Request, data *web.ConsoleData, d lately, now time.Time) error {
	apps, err := e.Apps.List(r.Context(), url.Values{"limit": {"1"}})
	if err != nil {
		return err
	}
	data.Apps = int(apps.Total)
	if data.Tokens, err = e.tokens(r, d); err != nil {
		return err
	}
	ring, err := e.Watch.Keys.List(r.Context())
	if err != nil {
		return err
	}
	data.Keys, data.Parts, data.Version = e.keysIn(r, ring), e.Watch.parts(r.Context()), e.Watch.Version
	data.Needs, err = e.needs(r, data.Parts, ring, now)
	return err
}

// tokens returns the plots of the apps that got most tokens.
func (e Overview) tokens(r *http.Request, d lately) (found []web.AppTokens, err error) {
	counts, err := e.Figures.HourlyOfBusiest(r.Context(), store.Tokens, d.since, busiest)
	if err != nil {
		return nil, err
	}
	for _, id := range clientsIn(counts) {
		name, err := e.appName(r, id)
		if err != nil {
			return nil, err
		}
		found = append(found, d.tokensOf(r, name, d.readings(counts, func(c store.HourlyCount) bool { return c.ClientID == id })))
	}
	return found, nil
}

// keysIn returns what the keys do that sign now or will.
func (e Overview) keysIn(r *http.Request, ring []keys.Status) (found []web.KeyFacts) {
	for _, key := range ring {
		if key.Algorithm != store.RS256 {
			continue // the page of the keys has them all
		}
		switch key.State {
		case keys.Signing:
			found = append(found, web.KeyFacts{Signs: true, Since: e.when(r, key.SignFrom), Next: pages.Coming(r, e.Now(), key.SignFrom.Add(e.Watch.RotateEvery))})
		case keys.Published:
			found = append(found, web.KeyFacts{Since: e.when(r, key.CreatedAt), Next: pages.Coming(r, e.Now(), key.SignFrom)})
		}
	}
	return found
}

// appName returns what an app is called; that of one which was deleted is its ID.
func (e Overview) appName(r *http.Request, id string) (string, error) {
	if id == "" {
		return pages.Say(r, "Other apps"), nil
	}
	app, err := e.Names.ClientByID(r.Context(), id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return id, nil
	case app.Name == "":
		return id, err
	}
	return app.Name, err
}
