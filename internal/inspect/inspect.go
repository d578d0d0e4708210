package inspect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
)

// An Inspector judges tokens as APIs do.
type Inspector struct {
	Keys interface {
		Verify(ctx context.Context, raw string) (keys.Verified, error)
		List(ctx context.Context) ([]keys.Status, error)
	}
	Tokens interface {
		AccessToAny(ctx context.Context, raw string) (token.Access, error)
		InTime(issued, expires, notBefore int64) error
	}
	Sessions interface {
		Standing(ctx context.Context, claims token.Access) (store.User, authz.Scope, error)
	}
	Store interface {
		SessionWithUser(ctx context.Context, id string) (store.Session, store.User, error)
	}
	Apps interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	APIs interface {
		Find(ctx context.Context, identifier string) (store.API, error)
	}
	// Issuer is our own.
	Issuer string
	Now    func() time.Time
}

// A Question is a token, and who judges it. Nothing of it is kept.
type Question struct {
	Token string
	// Audience is the identifier of the API that judges; empty: the one that the token names.
	Audience string
	// Scope is what the request needs; empty: nothing.
	Scope authz.Scope
}

// Inspect judges a token. An error is a fault of ours, and says nothing of the token.
func (i *Inspector) Inspect(ctx context.Context, q Question) (Report, error) {
	look := &inspection{Inspector: i, Question: q, Report: Report{Needed: q.Scope, Issuer: i.Issuer, Now: i.Now()}}
	err := look.judged(ctx)
	if err == nil {
		err = look.take(ctx)
	}
	if err != nil {
		return Report{}, fmt.Errorf("inspecting a token: %w", err)
	}
	return look.Report, nil
}

// An inspection is the judgment of one token.
type inspection struct {
	*Inspector
	Question
	Report
	// critical says that the header names extensions (RFC 7515 §4.1.11).
	critical bool
}

// judged finds the API that judges, if the question names one.
func (l *inspection) judged(ctx context.Context) (err error) {
	if l.Audience != "" {
		l.API, err = l.api(ctx, l.Audience)
	}
	return err
}

// take takes the steps in the order of a verifier. Some faults leave nothing to look at in
// the steps after them, which are then only named.
func (l *inspection) take(ctx context.Context) error {
	steps := []struct {
		name Name
		take func(context.Context) (Why, bool, error)
	}{
		{Form, l.form}, {Header, l.header}, {Key, l.key}, {Signature, l.signature}, {Issuer, l.issuer}, {Audience, l.audience},
		{Time, l.time}, {Claims, l.claims}, {Session, l.session}, {Scope, l.scope},
	}
	for _, s := range steps {
		why, looked, err := s.take(ctx)
		if err != nil {
			return err
		}
		step := Step{Name: s.name, Why: why}
		switch {
		case why != "":
			step.Outcome = Failed
		case looked:
			step.Outcome = Passed
		}
		l.Steps = append(l.Steps, step)
	}
	return nil
}

// api returns the API with an identifier; nil: there is none.
func (l *inspection) api(ctx context.Context, identifier string) (*store.API, error) {
	a, err := l.APIs.Find(ctx, identifier)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &a, err
}

// failed reports whether a step that was taken has failed.
func (l *inspection) failed(name Name) bool { return l.Step(name).Outcome == Failed }
