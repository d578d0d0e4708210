package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/events"
	"gatehouse/internal/account"
	"gatehouse/internal/audit"
	"gatehouse/store"
	"gatehouse/web"
)

// Data is the page with a copy of all that is kept of a person, and the way to delete it.
type Data struct {
	Site
	Browsers interface {
		List(ctx context.Context, u store.User) ([]store.BrowserSession, error)
	}
	Sessions interface {
		List(ctx context.Context, userID int64) ([]store.Session, error)
	}
	Consents interface {
		Consents(ctx context.Context, userID int64) ([]account.Granted, error)
	}
	Evidence evidence
	Factors  factors
}

// A factors reads what is kept of a person's second factors and passkeys.
type factors interface {
	ListPasskeys(ctx context.Context, userID int64) ([]store.Passkey, error)
	TOTPOf(ctx context.Context, userID int64) (store.TOTPFactor, error)
	ListRecoveryCodes(ctx context.Context, userID int64) ([]store.Digest, error)
}

// Show shows the page.
func (e Data) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	return pages.Show(w, r, web.AccountData, http.StatusOK, web.AccountDataData{Frame: e.frame(w, r, me)})
}

// Download sends the copy as a file. It answers a form and not a link, so that no other site
// can start it.
func (e Data) Download(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	all, err := e.gather(r, me)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding a person's data: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="gatehouse-`+e.Now().UTC().Format("2006-01-02")+`.json"`)
	_, err = w.Write(append(body, '\n'))
	return err
}

func (e Data) gather(r *http.Request, me pages.Visit) (all copied, err error) {
	ctx := r.Context()
	if all.Person, err = personOf(me.User); err != nil {
		return all, err
	}
	browsers, err := e.Browsers.List(ctx, me.User)
	if err != nil {
		return all, err
	}
	sessions, err := e.Sessions.List(ctx, me.User.ID)
	if err != nil {
		return all, err
	}
	granted, err := e.Consents.Consents(ctx, me.User.ID)
	if err != nil {
		return all, err
	}
	all.Browsers, all.Sessions, all.Consents = browsersOf(browsers), sessionsOf(sessions), consentsOf(granted)
	if all.Activity, err = e.activity(r, me); err != nil {
		return all, err
	}
	all.Factors, err = e.factorsOf(ctx, me.User.ID)
	return all, err
}

// mostEvents bounds the activity in the copy, so that it fits into memory.
const mostEvents = 20_000

// activity returns the events about the person, the newest first.
func (e Data) activity(r *http.Request, me pages.Visit) ([]copiedEvent, error) {
	all := []copiedEvent{}
	q := store.AuditQuery{Subject: audit.UserSubject(me.User.Sub), Limit: 1000}
	for len(all) < mostEvents {
		log, err := e.Evidence.ListAudit(r.Context(), q)
		if err != nil {
			return nil, fmt.Errorf("reading a person's activity: %w", err)
		}
		for _, event := range log {
			sentence, _ := events.Own(r, me.User.Sub, event)
			all = append(all, copiedEvent{moment(event.At), event.Kind, sentence, event.ClientID, event.IP, detailOf(event)})
		}
		if len(log) < q.Limit {
			break
		}
		q.Before = log[len(log)-1].ID
	}
	return all, nil
}

func detailOf(event store.AuditEvent) json.RawMessage {
	if json.Valid(event.Detail) {
		return event.Detail
	}
	return nil
}

// factorsOf returns what is kept of the person's factors, without what they are made of.
func (e Data) factorsOf(ctx context.Context, userID int64) (all copiedFactors, err error) {
	app, err := e.Factors.TOTPOf(ctx, userID)
	switch {
	case err == nil:
		all.CodeApp = &copiedFactor{CreatedAt: moment(app.CreatedAt), LastUsedAt: moment(app.LastUsedAt)}
	case !errors.Is(err, store.ErrNotFound):
		return all, fmt.Errorf("reading a person's code app: %w", err)
	}
	passkeys, err := e.Factors.ListPasskeys(ctx, userID)
	if err != nil {
		return all, fmt.Errorf("reading a person's passkeys: %w", err)
	}
	for _, p := range passkeys {
		all.Passkeys = append(all.Passkeys, copiedFactor{p.Name, moment(p.CreatedAt), moment(p.LastUsedAt)})
	}
	codes, err := e.Factors.ListRecoveryCodes(ctx, userID)
	all.RecoveryCodes = len(codes)
	return all, err
}
