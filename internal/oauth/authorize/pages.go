package authorize

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"gatehouse/internal/audit"
	"gatehouse/internal/oauth"
	"gatehouse/store"
)

// Path is the path of the authorization endpoint.
const Path = "/oauth/authorize"

// ResumePath returns the path at which a sealed request resumes.
func ResumePath(sealed string) string {
	return Path + "?request=" + url.QueryEscape(sealed)
}

// A Pending is an authorization that waits at one of our pages.
type Pending struct {
	// Resume is the path at which it resumes.
	Resume string
	Client store.Client
	// Scopes are what the consent page asks for.
	Scopes []oauth.ScopeText
	// LoginHint may fill the name field (OIDC Core 1.0 §3.1.2.1).
	LoginHint string
	// UILocales are the languages that the app prefers, best first.
	UILocales []string
	// RedirectURI is where the answer will go.
	RedirectURI string
}

// Pending opens a sealed request for a page to show. It returns an *oauth.UserError, or
// oauth.ErrMoved if another browser began the request.
func (a *Endpoint) Pending(ctx context.Context, sealed string, b oauth.Browser) (Pending, error) {
	c, err := a.Continuations.Open(sealed)
	if err != nil {
		return Pending{}, err
	}
	if !c.begunIn(b) {
		return Pending{}, oauth.ErrMoved
	}
	req, err := a.examine(ctx, c.parameters(), true)
	if err != nil {
		return Pending{}, movedOn(err)
	}
	return Pending{
		Resume: ResumePath(sealed), Client: req.client, Scopes: oauth.Explain(req.asked),
		LoginHint: req.params.Get("login_hint"), UILocales: req.locales(),
		RedirectURI: req.redirectURI,
	}, nil
}

// movedOn turns a refusal into oauth.ErrMoved: the authorization endpoint sends it to
// the client.
func movedOn(err error) error {
	if _, ok := errors.AsType[*refusal](err); ok {
		return oauth.ErrMoved
	}
	return err
}

// Allow records the person's consent and returns the path at which the authorization
// resumes.
func (a *Endpoint) Allow(ctx context.Context, sealed string, b oauth.Browser) (resume string, err error) {
	c, req, err := a.atConsent(ctx, sealed, b)
	if err != nil {
		return "", err
	}
	if err := a.remember(ctx, req, b); err != nil {
		return "", fmt.Errorf("recording a consent: %w", err)
	}
	resume, err = a.Continuations.Seal(c)
	return ResumePath(resume), err
}

// Deny seals the person's refusal and returns the path at which the client learns of it.
func (a *Endpoint) Deny(ctx context.Context, sealed string, b oauth.Browser) (resume string, err error) {
	c, _, err := a.atConsent(ctx, sealed, b)
	if err != nil {
		return "", err
	}
	c.Denied = true
	resume, err = a.Continuations.Seal(c)
	return ResumePath(resume), err
}

// atConsent opens a request that was sealed for the consent page. The browser and the
// sign-in must be those that saw the page (OIDC Core 1.0 §3.1.2.4).
func (a *Endpoint) atConsent(ctx context.Context, sealed string, b oauth.Browser) (Continuation, *request, error) {
	c, err := a.Continuations.Open(sealed)
	if err != nil {
		return Continuation{}, nil, err
	}
	if !c.begunIn(b) || !b.SignedIn() || c.SessionID != b.Session.ID {
		return Continuation{}, nil, oauth.ErrMoved
	}
	req, err := a.examine(ctx, c.parameters(), true)
	if err != nil {
		return Continuation{}, nil, movedOn(err)
	}
	return c, req, nil
}

// remember adds what the client asks for to the person's earlier consent.
func (a *Endpoint) remember(ctx context.Context, req *request, b oauth.Browser) error {
	before, err := a.DB.ConsentOf(ctx, b.User.ID, req.client.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	scope, err := oauth.ParseScope(before.Scope + " " + string(req.asked))
	if err != nil {
		return err
	}
	now := a.Now()
	return a.DB.Write(ctx, func(tx store.Tx) error {
		if err := tx.PutConsent(store.Consent{UserID: b.User.ID, ClientID: req.client.ID, Scope: string(scope), GrantedAt: now}); err != nil {
			return err
		}
		subject := audit.UserSubject(b.User.Sub)
		return tx.Audit(audit.Event{
			Actor: subject, Subject: subject, ClientID: req.client.ID,
			What: audit.ConsentGranted{Scope: string(req.asked)},
		}.Record(ctx, now))
	})
}
