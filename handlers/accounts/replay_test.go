package accounts_test

import (
	"testing"

	"gatehouse/internal/replay"
)

func TestReplay(t *testing.T) {
	w := start(t, wide())
	replay.Run(t, replay.World{
		URL: w.url, DB: w.db, Accounts: w.accounts, Sessions: w.sessions, Sign: w.ring.Sign, Hash: w.hasher.Hash,
		Beyond: map[int]string{629: "the metadata is another audience's"},
	})
}
