package authorize

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/secret"
	"gatehouse/store"
)

// codeLife is how long a code may be redeemed. RFC 6749 §4.1.2 recommends at most ten
// minutes.
const codeLife = time.Minute

// issue gives the client a code (RFC 6749 §4.1.2). Only this uses up a pushed request
// (RFC 9126 §4), so that a person may reload the pages before.
func (a *Endpoint) issue(ctx context.Context, req *request, b oauth.Browser) (Step, error) {
	code := secret.New()
	err := a.DB.AddCode(ctx, store.AuthCode{
		Digest: store.DigestOf(code), SessionID: rand.Text(), ClientID: req.client.ID,
		UserID: b.User.ID, BrowserID: b.Session.ID, RedirectURI: req.redirectURI, Scope: string(req.scope),
		Nonce: req.get("nonce"), Challenge: req.get("code_challenge"),
		SignIn: b.Session.SignIn,
		Claims: req.wishes.Within(authz.Scope(req.client.Scope)).String(), ExpiresAt: a.Now().Add(codeLife),
	})
	if err != nil {
		return Step{}, fmt.Errorf("storing a code: %w", err)
	}
	if req.pushed != "" {
		if err := a.DB.DeletePushed(ctx, pushedDigest(req.pushed)); err != nil {
			return Step{}, fmt.Errorf("using up a pushed request: %w", err)
		}
	}
	return Step{Kind: AnswerClient, Answer: a.answer(req, url.Values{"code": {code}})}, nil
}
