package authorize

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"gatehouse/internal/apis"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
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
	// Request is the sealed request for the form of the page.
	Request string
	// Next is the step for which it waits, given who is signed in now.
	Next   StepKind
	Client store.Client
	// Asked is what the consent page asks for, and Granted what else the client asks for,
	// which the person has allowed before.
	Asked, Granted []apis.Section
	// NeedsFactor says that the app asks for more than a password.
	NeedsFactor bool
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
	req, err := a.examine(ctx, c.parameters(), origin{true, c.Signed})
	if err != nil {
		return Pending{}, movedOn(err)
	}
	next, err := a.next(ctx, req, c, b)
	if err != nil {
		return Pending{}, err
	}
	if c.Shown = ""; next == AskConsent {
		c.Shown = req.missing
	}
	pending := Pending{
		Next: next, Client: req.client, NeedsFactor: req.needsFactor(), LoginHint: req.params.Get("login_hint"), UILocales: req.locales(), RedirectURI: req.redirectURI,
	}
	if pending.Request, err = a.Continuations.Seal(c); err != nil || next != AskConsent {
		return pending, err
	}
	if pending.Asked, err = a.APIs.Explain(ctx, req.missing); err != nil {
		return Pending{}, err
	}
	pending.Granted, err = a.APIs.Explain(ctx, req.asked.Without(req.missing))
	return pending, err
}

// next is decide for a page: a refusal goes to the client as any answer does.
func (a *Endpoint) next(ctx context.Context, req *request, c Continuation, b oauth.Browser) (StepKind, error) {
	kind, err := a.decide(ctx, req, c, b)
	if _, refused := errors.AsType[*oauth.Error](err); refused {
		return AnswerClient, nil
	}
	return kind, err
}

// movedOn turns a refusal into oauth.ErrMoved: the authorization endpoint sends it to
// the client.
func movedOn(err error) error {
	if _, ok := errors.AsType[*toClient](err); ok {
		return oauth.ErrMoved
	}
	return err
}

// Allow records the person's consent to what the page showed, and returns the next step.
// That is the page again if more is needed now, or the sign-in if that is no longer fresh.
func (a *Endpoint) Allow(ctx context.Context, sealed string, b oauth.Browser) (Step, error) {
	c, req, err := a.atConsent(ctx, sealed, b)
	if err != nil {
		return Step{}, err
	}
	shown := c.Shown.Filter(req.asked.Has)
	req.missing = shown
	if kind, err := a.ask(ctx, req, b); err != nil || kind != AskConsent {
		return a.proceed(ctx, req, c, b)
	}
	if err := a.remember(ctx, req, shown, b); err != nil {
		return Step{}, fmt.Errorf("recording a consent: %w", err)
	}
	return a.proceed(ctx, req, c, b)
}

// Deny returns the step in which the client learns that the person refused.
func (a *Endpoint) Deny(ctx context.Context, sealed string, b oauth.Browser) (Step, error) {
	_, req, err := a.atConsent(ctx, sealed, b)
	if err != nil {
		return Step{}, err
	}
	return a.refuse(req, oauth.AccessDenied.Because("the person refused").Found(refusal.ConsentDenied)), nil
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
	req, err := a.examine(ctx, c.parameters(), origin{true, c.Signed})
	if err != nil {
		return Continuation{}, nil, movedOn(err)
	}
	return c, req, nil
}
