package register

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/client"
	"gatehouse/internal/oauth"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// Path is the registration endpoint. The client configuration endpoint (RFC 7592 §1.2) of
// a client has the client's ID behind it.
const Path = "/oauth/register"

// rooms bound the clients that registered without a token and were never used. Client is
// for all of them. Most of them are swept after a day.
var rooms = oauth.Rooms{Client: 10_000, Network: 100, RetryAfter: 10 * time.Minute}

// ErrNoToken refuses an app that registers without an initial access token where one is
// needed.
var ErrNoToken = errors.New("register: no initial access token")

// An Endpoint registers apps.
type Endpoint struct {
	Clients interface {
		Register(ctx context.Context, m client.Metadata, a client.Admission) (client.Credentials, error)
		Registered(ctx context.Context, id, token string) (store.Client, error)
		Replace(ctx context.Context, id, token string, m client.Metadata) (client.Credentials, error)
		Unregister(ctx context.Context, id, token string) error
		Shown(ctx context.Context, clients ...store.Client) ([]store.Client, error)
	}
	// Limits counts registrations by network, and wrong tokens.
	Limits interface {
		Registration(ctx context.Context) (*throttle.Attempt, error)
		Failure(ctx context.Context, kind, id string) error
	}
	// Open lets apps register without an initial access token.
	Open bool
	// Address is the URL of the endpoint.
	Address string
}

// Register registers an app (RFC 7591 §3). The token is empty if none was sent. It returns
// an *oauth.Error, a *throttle.Limited, ErrNoToken or client.ErrRegistrationToken.
func (e *Endpoint) Register(ctx context.Context, m client.Metadata, token string) (Answer, error) {
	switch {
	case token != "":
		return e.admitted(ctx, m, client.Admission{Token: token})
	case !e.Open:
		return Answer{}, ErrNoToken
	}
	attempt, err := e.Limits.Registration(ctx)
	if err != nil {
		return Answer{}, fmt.Errorf("counting a registration: %w", err)
	}
	a := client.Admission{From: reqctx.From(ctx).Site().String(), Room: store.Room{Client: rooms.Client, Network: rooms.Network}}
	answer, err := e.admitted(ctx, m, a)
	if err != nil {
		attempt.Abandoned(ctx) // nothing was left behind
	}
	return answer, err
}

func (e *Endpoint) admitted(ctx context.Context, m client.Metadata, a client.Admission) (Answer, error) {
	made, err := e.Clients.Register(ctx, m, a)
	if err != nil {
		return Answer{}, e.refused(ctx, "", rooms.Refused(err))
	}
	return e.answer(ctx, made)
}

// Read returns the registration of a client (RFC 7592 §2.1). Its secret is stored only as a
// digest, so the answer does not have it.
func (e *Endpoint) Read(ctx context.Context, id, token string) (Answer, error) {
	c, err := e.Clients.Registered(ctx, id, token)
	if err != nil {
		return Answer{}, e.refused(ctx, id, err)
	}
	return e.answer(ctx, client.Credentials{Client: c, Token: token})
}

// Update replaces the metadata of a client (RFC 7592 §2.2).
func (e *Endpoint) Update(ctx context.Context, id, token string, m client.Metadata) (Answer, error) {
	now, err := e.Clients.Replace(ctx, id, token, m)
	if err != nil {
		return Answer{}, e.refused(ctx, id, err)
	}
	now.Token = token
	return e.answer(ctx, now)
}

// Delete deletes a client (RFC 7592 §2.3).
func (e *Endpoint) Delete(ctx context.Context, id, token string) error {
	if err := e.Clients.Unregister(ctx, id, token); err != nil {
		return e.refused(ctx, id, err)
	}
	return nil
}

// refused turns faults into a refusal for apps, and counts a wrong token.
func (e *Endpoint) refused(ctx context.Context, id string, err error) error {
	if errors.Is(err, client.ErrRegistrationToken) {
		if limited := e.Limits.Failure(ctx, "registration", id); limited != nil {
			return fmt.Errorf("counting a wrong registration token: %w", limited)
		}
	}
	return inCode(err)
}
