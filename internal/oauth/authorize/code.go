package authorize

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/secret"
	"gatehouse/store"
)

// codeLife is how long a code may be redeemed. RFC 6749 §4.1.2 recommends at most ten
// minutes.
const codeLife = time.Minute

// issue gives the client a code (RFC 6749 §4.1.2).
func (a *Endpoint) issue(ctx context.Context, req *request, b oauth.Browser) (Step, error) {
	code := secret.New()
	err := a.keep(ctx, req, store.AuthCode{
		Digest: store.DigestOf(code), SessionID: rand.Text(), ClientID: req.client.ID,
		UserID: b.User.ID, BrowserID: b.Session.ID, RedirectURI: req.redirectURI, Scope: string(req.granted.Scope), Resources: req.granted.Resources,
		Nonce: req.get("nonce"), Challenge: req.get("code_challenge"),
		SignIn:     req.told(b.Session.SignIn),
		Foundation: store.Foundation{User: b.User.Generation, Client: req.client.Generation, Consent: req.consent},
		Claims:     req.wishes.Within(authz.Scope(req.client.Scope)).String(), ExpiresAt: a.Now().Add(codeLife),
	})
	if err != nil {
		return Step{}, fmt.Errorf("storing a code: %w", err)
	}
	return Step{Kind: AnswerClient, Answer: a.answer(req, url.Values{"code": {code}})}, nil
}

// keep stores a code. Only this uses up a pushed request, in the same transaction: it
// gives one code, however many callers ask at once (RFC 9126 §4), and a person may still
// reload the pages before.
func (a *Endpoint) keep(ctx context.Context, req *request, code store.AuthCode) error {
	if req.pushed == "" {
		return a.DB.AddCode(ctx, code)
	}
	used, err := a.DB.UsePushed(ctx, pushedDigest(req.pushed), code)
	if err == nil && !used {
		return oauth.MessagePushed.Because("a pushed request that has just been used").Found(refusal.PARGone)
	}
	return err
}
