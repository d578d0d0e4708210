package console

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/internal/audit"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/web"
)

// A Watch knows what may need a person. Each of its questions is cheap, whatever is stored.
type Watch struct {
	Keys interface {
		List(ctx context.Context) ([]keys.Status, error)
	}
	RotateEvery time.Duration
	Evidence    interface {
		ListAudit(ctx context.Context, q store.AuditQuery) ([]store.AuditEvent, error)
	}
	Upgrade interface {
		Finished(ctx context.Context) (bool, error)
	}
	// Mails counts the messages that wait, as far as most; nil without a mail server.
	Mails func(ctx context.Context, most int) (int, error)
	// Parts returns the state of each part of the server: 1 if it is in order, else 0.
	Parts func(ctx context.Context) map[string]float64
	// Exposed says that passwords cross a network in the clear.
	Exposed bool
	Version string
}

// manyMails is how many messages wait where something is wrong, and manyEvents how many
// events of a kind are counted.
const (
	manyMails  = 50
	manyEvents = 100
)

// partNames are the parts as the page calls them.
var partNames = map[string]string{"database": "Database", "keys": "Signing keys", "redis": "Redis", "serving": "Web server"}

func (w Watch) parts(ctx context.Context) (found []web.ServerPart) {
	states := w.Parts(ctx)
	for _, name := range slices.Sorted(maps.Keys(states)) {
		found = append(found, web.ServerPart{Name: partNames[name], OK: states[name] == 1})
	}
	return found
}

// needs returns what needs a person now, the most urgent first.
func (e Overview) needs(r *http.Request, parts []web.ServerPart, ring []keys.Status, now time.Time) (found []web.Need, err error) {
	for _, p := range parts {
		if !p.OK {
			found = append(found, web.Need{Icon: "warn", Title: pages.Say(r, "A part of this server does not work"), Text: pages.Say(r, p.Name)})
		}
	}
	if e.Watch.Exposed {
		found = append(found, web.Need{Icon: "warn", Title: pages.Say(r, "Passwords cross the network in the clear"), Text: pages.Say(r, "Give the server a public https address: GATEHOUSE_ISSUER.")})
	}
	found = append(found, e.late(r, ring, now)...)
	for _, look := range []func(*http.Request, time.Time) (*web.Need, error){e.guessing, e.mailFailed, e.mailWaits, e.alone, e.unfinished} {
		need, bad := look(r, now)
		if err = errors.Join(err, bad); need != nil {
			found = append(found, *need)
		}
	}
	return found, err
}

// late is about a key that should have been replaced.
func (e Overview) late(r *http.Request, ring []keys.Status, now time.Time) (found []web.Need) {
	for _, key := range ring {
		if due := key.SignFrom.Add(e.Watch.RotateEvery); key.State == keys.Signing && now.After(due) {
			found = append(found, web.Need{Icon: "key", Title: pages.Say(r, "The signing key should have been replaced"), Text: pages.Say(r, "It was due on %s. The log of the server says what went wrong.", pages.Date(r, due))})
		}
	}
	return found
}

// events returns how many events of a kind the last day had, as far as manyEvents. It reads
// the newest ones whenever they were, because a search for those of the day would read all.
func (e Overview) events(ctx context.Context, kind string, now time.Time) (int, error) {
	events, err := e.Watch.Evidence.ListAudit(ctx, store.AuditQuery{Kind: kind, Limit: manyEvents})
	n := 0
	for _, event := range events {
		if event.At.After(now.Add(-day)) {
			n++
		}
	}
	return n, err
}

func (e Overview) guessing(r *http.Request, now time.Time) (*web.Need, error) {
	n, err := e.events(r.Context(), audit.AttackSuspected{}.Kind(), now)
	if n == 0 {
		return nil, err
	}
	return &web.Need{
		Icon: "shield", Title: pages.Say(r, "Somebody may be guessing passwords or codes"), Text: pages.Count(r, "One warning in the last 24 hours. Further tries are slowed down.", "%d warnings in the last 24 hours. Further tries are slowed down.", n),
		Address: auditKind(audit.AttackSuspected{}.Kind()), Button: pages.Say(r, "Show in audit"),
	}, err
}

func (e Overview) mailFailed(r *http.Request, now time.Time) (*web.Need, error) {
	n, err := e.events(r.Context(), audit.MailFailed{}.Kind(), now)
	if n == 0 {
		return nil, err
	}
	return &web.Need{
		Icon: "mail", Title: pages.Count(r, "One mail was given up", "%d mails were given up", n), Text: pages.Say(r, "In the last 24 hours. The events say why."),
		Address: auditKind(audit.MailFailed{}.Kind()), Button: pages.Say(r, "Show in audit"),
	}, err
}

func (e Overview) mailWaits(r *http.Request, _ time.Time) (*web.Need, error) {
	if e.Watch.Mails == nil {
		return nil, nil
	}
	n, err := e.Watch.Mails(r.Context(), 2*manyMails)
	if n < manyMails {
		return nil, err
	}
	return &web.Need{Icon: "mail", Title: pages.Say(r, "Mail waits for the mail server"), Text: pages.Say(r, "At least %d mails wait. Check GATEHOUSE_SMTP with: gatehouse doctor", n)}, err
}

// alone is about the only administrator.
func (e Overview) alone(r *http.Request, _ time.Time) (*web.Need, error) {
	found, err := e.People.List(r.Context(), url.Values{"role": {string(store.RoleAdmin)}, "is_active": {"true"}, "limit": {"1"}})
	if err != nil || found.Total != 1 {
		return nil, err
	}
	return &web.Need{
		Icon: "person", Title: pages.Say(r, "There is only one administrator"), Text: pages.Say(r, "If this account is lost, nobody can manage the server here. Give the role to a second person."),
		Address: peoplePath, Button: pages.Say(r, "Open people"),
	}, nil
}

func (e Overview) unfinished(r *http.Request, _ time.Time) (*web.Need, error) {
	done, err := e.Watch.Upgrade.Finished(r.Context())
	if done || err != nil {
		return nil, err
	}
	return &web.Need{Icon: "clock", Title: pages.Say(r, "An upgrade is not finished"), Text: pages.Say(r, "When no server of the release before will run again, finish it with: gatehouse migrate finish")}, nil
}

// auditKind returns the path of the events of a kind.
func auditKind(kind string) string { return auditPath + "?" + url.Values{"kind": {kind}}.Encode() }
