package authorize

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/store"
)

// consentNeeded reports whether the person must be asked for consent (OIDC Core 1.0
// §3.1.2.4), and notes in the request for which scope. Consent is remembered by client and
// scope, and for a client that cannot prove who it is, first party or not, by place. Who
// allowed the client something before is asked only for what is new, unless it is about the
// client itself.
func (a *Endpoint) consentNeeded(ctx context.Context, req *request, c Continuation, b oauth.Browser) (bool, error) {
	sure := assured(req.client, req.redirectURI)
	if req.client.FirstParty && sure && !req.asks("consent") {
		return false, nil
	}
	consent, err := a.DB.ConsentOf(ctx, b.User.ID, req.client.ID)
	req.missing = req.asked
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading a consent: %w", err)
	}
	req.consent = consent.Generation
	if req.asks("consent") && !madeFor(c, consent.GrantedAt) || consent.GrantedAt.Before(req.askSince) ||
		!sure && !slices.Contains(consent.Places, placeOf(b, req.redirectURI)) {
		return true, nil
	}
	req.missing = req.asked.Without(authz.Consented(consent))
	return req.missing != "", nil
}

// ask returns the step to the consent page. Before something sensitive, a person who signed
// in some time ago does so again: somebody else may sit at the browser since.
func (a *Endpoint) ask(ctx context.Context, req *request, b oauth.Browser) (StepKind, error) {
	if req.asks("none") {
		return 0, oauth.ConsentRequired.Because("no consent on record")
	}
	sections, err := a.APIs.Explain(ctx, req.missing)
	if err != nil {
		return 0, err
	}
	if apis.Sensitive(sections) && !b.Fresh(a.Now()) {
		return SignIn, nil
	}
	return AskConsent, nil
}

// remember adds to the person's earlier consent what the consent page showed. It reads that
// consent in its transaction: a scope that is being withdrawn must not come back, even if
// the page was loaded when it was still granted.
func (a *Endpoint) remember(ctx context.Context, req *request, shown authz.Scope, b oauth.Browser) error {
	now := a.Now()
	return a.DB.Write(ctx, func(tx store.Tx) error {
		if err := allowDocument(tx, req.client, now); err != nil {
			return err
		}
		before, err := tx.LockConsent(b.User.ID, req.client.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		consent := authz.Consent(before, shown)
		consent.UserID, consent.ClientID, consent.Client, consent.GrantedAt = b.User.ID, req.client.ID, req.client.Generation, now
		if !assured(req.client, req.redirectURI) {
			consent.Places = withPlace(consent.Places, placeOf(b, req.redirectURI))
		}
		if err := tx.PutConsent(consent); err != nil {
			return err
		}
		subject := audit.UserSubject(b.User.Sub)
		return tx.Audit(audit.Event{
			Actor: subject, Subject: subject, ClientID: req.client.ID,
			What: audit.ConsentGranted{Scope: string(shown)},
		}.Record(ctx, now))
	})
}

// allowDocument records that a person allows a client by URL something. Its copy may have
// been deleted while the person read the page; then the request begins again.
func allowDocument(tx store.Tx, client store.Client, at time.Time) error {
	if client.Origin != store.OriginDocument {
		return nil
	}
	err := tx.AllowClientDocument(client.ID, at)
	if errors.Is(err, store.ErrNotFound) {
		return oauth.ErrMoved
	}
	return err
}
