package console

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/web"
)

// Keys is the page of the signing keys, as a timeline and as a table.
type Keys struct {
	Site
	Operations
}

// Show shows the page.
func (e Keys) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	all, err := e.Keys.List(r.Context())
	if err != nil {
		return err
	}
	data := web.ConsoleKeysData{Frame: e.frame(w, r, me, "keys"), Every: inDays(r, e.Schedule.RotateEvery)}
	spans := e.spans(all)
	for _, s := range spans {
		data.Keys = append(data.Keys, e.row(r, s))
	}
	data.Rings, data.Timeline = e.rings(r, spans), e.timeline(r, spans)
	data.Label = e.label(r, data.Rings)
	return pages.Show(w, r, web.ConsoleKeys, http.StatusOK, data)
}

// rings tells of each algorithm, in the order of the list.
func (e Keys) rings(r *http.Request, spans []keySpan) (rings []web.KeyRing) {
	now := e.Now()
	for _, s := range spans {
		if len(rings) == 0 || rings[len(rings)-1].Algorithm != s.Algorithm {
			rings = append(rings, web.KeyRing{Algorithm: s.Algorithm, SignsAt: exact(r, now.Add(e.Schedule.PublishLead))})
		}
		ring := &rings[len(rings)-1]
		switch s.State {
		case keys.Signing:
			ring.Signing = shortKey(s.ID)
		case keys.Published:
			ring.Next, ring.NextIn = shortKey(s.ID), inDays(r, s.SignFrom.Sub(now))
		}
	}
	return rings
}

// label says in a sentence for each algorithm what the timeline shows.
func (e Keys) label(r *http.Request, rings []web.KeyRing) string {
	var said []string
	for _, ring := range rings {
		switch {
		case ring.Signing == "":
			said = append(said, pages.Say(r, "Timeline of the signing keys: %s is the first of %s, and signs in %s.", ring.Next, ring.Algorithm, ring.NextIn))
		case ring.Next == "":
			said = append(said, pages.Say(r, "Timeline of the signing keys: %s signs now, and no other key is published.", ring.Signing))
		default:
			said = append(said, pages.Say(r, "Timeline of the signing keys: %s signs now, and %s takes over in %s.", ring.Signing, ring.Next, ring.NextIn))
		}
	}
	return strings.Join(said, " ")
}

// row returns a key for the table.
func (e Keys) row(r *http.Request, s keySpan) web.KeyRow {
	row := web.KeyRow{
		ID: s.ID, Short: shortKey(s.ID), Algorithm: s.Algorithm, State: string(s.State), Words: stateOf(r, s.State), Published: dateOf(r, s.CreatedAt), SignFrom: dateOf(r, s.SignFrom),
		Until: dateOf(r, s.verify), Planned: s.planned,
	}
	if s.State != keys.Retired && s.State != keys.Gone {
		row.Retire = onward(retirePath, map[string][]string{"kid": {s.ID}}, "")
	}
	return row
}

// Rotate publishes the next key of an algorithm.
func (e Keys) Rotate(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	next, err := e.Keys.Rotate(r.Context(), cmp.Or(me.Form.Get("alg"), store.RS256), me.Actor().String())
	if errors.Is(err, keys.ErrUnknownAlgorithm) {
		return handlers.ErrNotFound
	}
	if err != nil {
		return err
	}
	message := pages.Say(r, "Key %s is published, and signs from %s.", shortKey(next.ID), exact(r, next.SignFrom))
	if next.Already {
		message = pages.Say(r, "Key %s was published already, and signs from %s.", shortKey(next.ID), exact(r, next.SignFrom))
	}
	return e.done(w, me, keysPath, message)
}

// mostCounted is how far the sessions are counted that a withdrawn key would end.
const mostCounted = 10_000

// ShowRetire asks before a key is withdrawn, and says whom that hits.
func (e Keys) ShowRetire(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	key, err := e.keyOf(r, r.URL.Query().Get("kid"))
	if err != nil {
		return err
	}
	data := web.ConsoleKeyRetireData{Frame: e.frame(w, r, me, "keys"), Key: key}
	if data.Effects, err = e.effects(r, key); err != nil {
		return err
	}
	return pages.Show(w, r, web.ConsoleKeyRetire, http.StatusOK, data)
}

func (e Keys) effects(r *http.Request, key web.KeyRow) ([]string, error) {
	if key.State == string(keys.Published) {
		return []string{pages.Say(r, "Nobody is signed out: this key has not signed anything yet."), pages.Say(r, "It leaves the key set, and another key has to be published before the next rotation.")}, nil
	}
	if key.Algorithm != store.RS256 {
		return []string{
			pages.Say(r, "Nobody is signed out: refresh tokens are not signed by this key, and apps get new access tokens with them."),
			pages.Say(r, "Tokens that it signed are refused here within a second."),
			pages.Say(r, "Elsewhere they are refused when the key set is fetched again: at most an hour later."),
			pages.Say(r, "If it signs now, the next key takes over at once."),
		}, nil
	}
	n, err := e.Records.CountSessionsUpTo(r.Context(), "", mostCounted+1, e.Now())
	if err != nil {
		return nil, err
	}
	hit := pages.Count(r, "At most one session, all that live now, has to sign in again.", "At most %d sessions, all that live now, have to sign in again.", int(n))
	if n > mostCounted {
		hit = pages.Say(r, "More than %d sessions live now; those that the key signed for have to sign in again.", mostCounted)
	}
	return []string{
		hit,
		pages.Say(r, "Tokens that it signed are refused here within a second."),
		pages.Say(r, "Elsewhere they are refused when the key set is fetched again: at most an hour later."),
		pages.Say(r, "If it signs now, the next key takes over at once."),
	}, nil
}

// keyOf returns the key of that ID, if it can still be withdrawn.
func (e Keys) keyOf(r *http.Request, kid string) (web.KeyRow, error) {
	all, err := e.Keys.List(r.Context())
	if err != nil {
		return web.KeyRow{}, err
	}
	for _, s := range e.spans(all) {
		if s.ID == kid && s.State != keys.Gone && s.State != keys.Retired {
			return e.row(r, s), nil
		}
	}
	return web.KeyRow{}, handlers.ErrNotFound
}

// Retire withdraws a key at once.
func (e Keys) Retire(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	kid := me.Form.Get("kid")
	err := e.Keys.Retire(r.Context(), kid, me.Actor().String())
	if errors.Is(err, keys.ErrUnknownKey) {
		return handlers.ErrNotFound
	}
	if err != nil {
		return err
	}
	return e.done(w, me, keysPath, pages.Say(r, "Key %s is withdrawn. Whoever has a refresh token that it signed signs in again.", shortKey(kid)))
}

// shortKey returns the beginning of a key's ID.
func shortKey(kid string) string {
	if len(kid) > 10 {
		return kid[:10] + "…"
	}
	return kid
}

// stateOf says the state of a key in a word.
func stateOf(r *http.Request, state keys.State) string {
	switch state {
	case keys.Published:
		return pages.Say(r, "published")
	case keys.Signing:
		return pages.Say(r, "signing now")
	case keys.Verifying:
		return pages.Say(r, "verifying")
	case keys.Retired:
		return pages.Say(r, "withdrawn")
	}
	return pages.Say(r, "gone")
}

// exact writes a time with its date, in UTC.
func exact(r *http.Request, at time.Time) string {
	return pages.Date(r, at) + ", " + at.UTC().Format("15:04 UTC")
}

// inDays writes a time such as that between rotations; empty for none.
func inDays(r *http.Request, every time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case every == 0:
		return ""
	case every < 2*day:
		return pages.InWords(r, int(every.Seconds()))
	}
	return pages.Count(r, "a day", "%d days", int(every/day))
}

// dateOf returns when something of a key is or was, as its date; never for the zero time.
func dateOf(r *http.Request, t time.Time) web.Moment {
	if t.IsZero() {
		return web.Moment{}
	}
	return pages.Until(r, t)
}
