package main

import (
	"testing"

	"gatehouse/internal/test/replay"
	"gatehouse/internal/test/testkit"
)

// TestRecordedConversations replays the conversations recorded with the application that
// Gatehouse replaces. Every difference must be declared.
func TestRecordedConversations(t *testing.T) {
	testkit.Long(t)
	w := openWitness(t)
	w.app.limits.Rules.SignIn.Free, w.app.limits.Rules.SignUp.Free, w.app.limits.Rules.Failure.Free = 1000, 1000, 1000
	replay.Run(t, replay.World{
		URL: w.base, DB: w.app.db, Accounts: w.app.people, Sessions: w.app.sessions,
		Sign: w.app.ring.Sign, Hash: w.app.passwords.Hash,
	})
}
