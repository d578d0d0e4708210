package challenge

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// codeLife is how long a code may be redeemed (RFC 6749 §4.1.2).
const codeLife = time.Minute

// issue gives the app a code, in the transaction that honours the proof. It checks once more
// what the app asked for, whose registration may have changed since.
func (e *Endpoint) issue(ctx context.Context, req *request, proof signin.Proof) (Answer, error) {
	granted, err := e.grant(ctx, req)
	if err != nil {
		return Answer{}, err
	}
	code, now := secret.New(), e.Now()
	kept := store.AuthCode{
		Digest: store.DigestOf(code), SessionID: rand.Text(), ClientID: req.client.ID, UserID: proof.User.ID,
		// No browser session has this ID: the sign-in is one of its own.
		BrowserID: rand.Text(),
		Scope:     string(granted.Scope), Resources: granted.Resources, Challenge: req.asked.Challenge, SignIn: proof.SignIn,
		Foundation: store.Foundation{User: proof.User.Generation, Client: req.client.Generation, Consent: store.Unread}, ExpiresAt: now.Add(codeLife),
	}
	subject := audit.UserSubject(proof.User.Sub)
	event := audit.Event{Actor: subject, Subject: subject, ClientID: req.client.ID, What: audit.SignInOK{Method: proof.Method}}
	err = e.DB.Write(ctx, func(tx store.Tx) error {
		if err := proof.Honour(tx, now); err != nil {
			return err
		}
		if err := tx.AddCode(kept); err != nil {
			return fmt.Errorf("storing a code: %w", err)
		}
		return tx.Audit(event.Record(ctx, now))
	})
	if refused(err) {
		return e.ask(ctx, req, true)
	}
	if err != nil {
		return Answer{}, fmt.Errorf("issuing a code: %w", err)
	}
	return Answer{AuthorizationCode: code}, nil
}
