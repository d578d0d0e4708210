package main

import (
	"context"
	"testing"

	"gatehouse/internal/test/replay"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// TestRecordedConversations replays the conversations recorded with the application that
// Gatehouse replaces. Every difference must be declared.
func TestRecordedConversations(t *testing.T) {
	testkit.Long(t)
	w := openWitness(t)
	w.app.limits.Rules.SignIn.Free, w.app.limits.Rules.SignUp.Free, w.app.limits.Rules.Failure.Free = 1000, 1000, 1000
	replay.Run(t, replay.World{
		URL: w.base, DB: w.app.db, Accounts: w.app.people, Sessions: w.app.sessions,
		Sign: func(ctx context.Context, typ string, claims any) (string, error) {
			return w.app.ring.Sign(ctx, store.RS256, typ, claims)
		},
		Hash: w.app.passwords.Hash,
	})
}
