package attribute

import (
	"context"
	"time"

	"gatehouse/internal/fields"
	"gatehouse/store"
)

// Keys makes sure that there are keys of an algorithm, and says from when they sign.
type Keys interface {
	Choose(ctx context.Context, algorithm, actor string) (from time.Time, err error)
}

// SetSigningAlg sets an algorithm that our tokens are signed with, of those allowed. EdDSA is
// the older name of Ed25519, with the only curve that we have (RFC 9864 §2.2).
func SetSigningAlg(allowed []string) func(to *string, name string, t fields.Text, faults *fields.Errors) {
	return func(to *string, name string, t fields.Text, faults *fields.Errors) {
		if t.Value == "EdDSA" {
			t.Value = store.Ed25519
		}
		SetOneOf(allowed)(to, name, t, faults)
	}
}

// SignsFrom returns from when the algorithm signs that was sent, of those allowed; zero if none
// was. It is asked before the transaction that records the choice, because it may write a key.
func SignsFrom(ctx context.Context, keys Keys, actor string, t fields.Text, allowed []string) (from time.Time, err error) {
	algorithm, faults := store.RS256, &fields.Errors{}
	SetSigningAlg(allowed)(&algorithm, "", t, faults)
	if algorithm == store.RS256 || faults.Has("") { // RS256 is always there; a fault is refused later
		return time.Time{}, nil
	}
	return keys.Choose(ctx, algorithm, actor)
}
