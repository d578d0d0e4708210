package keys

import (
	"context"
	"crypto/rsa"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store"
)

// knowing returns the options of a replica with those master keys.
func knowing(s store.Keys, c *setClock, masters ...MasterKey) Options {
	o := options(s, c.Now)
	o.Masters = masters
	return o
}

// TestTheMasterKeyIsReplaced follows the operator's steps: old, both, rewrap, new.
func TestTheMasterKeyIsReplaced(t *testing.T) {
	s, c, next := &memory{}, newClock(), NewMasterKey()
	before := openRing(t, knowing(s, c, testMaster))
	token := mustSign(t, before, "at+jwt", 1)

	both := openRing(t, knowing(s, c, next, testMaster))
	if _, err := both.Rotate(t.Context(), store.RS256, "cli"); err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	if err := before.reload(t.Context()); err != nil { // an old replica opens the keys that a new one makes
		t.Fatalf("reloading the key ring: %v", err)
	}
	kids := kidsOf(s)
	done, err := both.Rewrap(t.Context(), "cli")
	if want := (Rewrapped{Master: next.ID(), Keys: 2, Changed: 2}); err != nil || done != want {
		t.Fatalf("rewrapping the keys: %v, and what was done differs (-want +got):\n%s", err, cmp.Diff(want, done))
	}
	if got := kidsOf(s); !slices.Equal(got, kids) {
		t.Errorf("keys %v, want %v as before", got, kids)
	}
	if done, err = both.Rewrap(t.Context(), "cli"); err != nil || done.Changed != 0 {
		t.Errorf("rewrapping again: %+v, %v; want nothing changed", done, err)
	}
	if last := s.events[len(s.events)-1]; last.Kind != "key.rewrapped" || len(s.events) != 3 {
		t.Errorf("%d events, the last %+v, want 3 and key.rewrapped", len(s.events), last)
	}
	after := openRing(t, knowing(s, c, next))
	for name, ring := range map[string]*Ring{"both": both, "after": after} {
		if _, err := ring.Verify(t.Context(), token); err != nil {
			t.Errorf("%s: verifying the token: %v", name, err)
		}
	}
	var wrong *WrongMasterKey
	if _, err := Open(t.Context(), knowing(s, c, testMaster)); !errors.As(err, &wrong) || wrong.Want != next.ID() {
		t.Errorf("the old master key alone: %v", err)
	}
	mustSign(t, before, "at+jwt", 2) // with the keys in its memory
}

// underTestMaster is a database with a first key, sealed under testMaster.
func underTestMaster(t *testing.T) (*memory, *setClock) {
	s, c := &memory{}, newClock()
	openRing(t, knowing(s, c, testMaster)).Close()
	return s, c
}

func kidsOf(s *memory) (kids []string) {
	for _, k := range s.rows {
		kids = append(kids, k.ID)
	}
	return kids
}

// A key that was sealed just before all were rewrapped is neither added under the
// previous master key nor lost.
func TestAKeyIsMadeWhileAllAreRewrapped(t *testing.T) {
	s, c := underTestMaster(t)
	next := NewMasterKey()
	replica := openRing(t, knowing(s, c, next, testMaster))
	other := openRing(t, knowing(s, c, next, testMaster))
	generate := replica.generate
	replica.generate = func() (*rsa.PrivateKey, error) {
		private, err := generate()
		if _, err := other.Rewrap(t.Context(), "cli"); err != nil { // after the replica has decided to make a key
			t.Errorf("rewrapping the signing keys: %v", err)
		}
		return private, err
	}
	made, err := replica.Rotate(t.Context(), store.RS256, "cli")
	if err != nil || made.Generation != 2 || made.Already {
		t.Fatalf("rotating the signing key: %+v, %v; want a new key of generation 2", made, err)
	}
	for _, k := range s.rows {
		if k.MasterKeyID != next.ID() {
			t.Errorf("generation %d is sealed under %s, want %s", k.Generation, k.MasterKeyID, next.ID())
		}
	}
}

func TestRewrappingAgainWhenAKeyIsErasedMeanwhile(t *testing.T) {
	s, c := underTestMaster(t)
	next := NewMasterKey()
	ring := openRing(t, knowing(s, c, next, testMaster))
	if _, err := ring.Rotate(t.Context(), store.RS256, "cli"); err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	s.failing(func(method string) error {
		if method == "RewrapKeys" && len(s.rows) == 2 {
			s.rows = s.rows[1:]
		}
		return nil
	})
	done, err := ring.Rewrap(t.Context(), "cli")
	if err != nil || done.Keys != 1 || s.rows[0].MasterKeyID != next.ID() {
		t.Errorf("rewrapping the signing keys: %+v, %v; want one key, under the next master key", done, err)
	}
}

func TestRewrapRefuses(t *testing.T) {
	s, c := underTestMaster(t)
	ring := openRing(t, knowing(s, c, NewMasterKey(), testMaster))
	away := errors.New("the database is away")
	s.failing(func(method string) error {
		if method == "RewrapKeys" {
			return away
		}
		return nil
	})
	if _, err := ring.Rewrap(t.Context(), "cli"); !errors.Is(err, away) {
		t.Errorf("rewrapping the signing keys: err = %v, want %v", err, away)
	}
	s.failing(nil)
	s.rows[0].Sealed = slices.Clone(s.rows[0].Sealed)
	s.rows[0].Sealed[40] ^= 1
	if _, err := ring.Rewrap(t.Context(), "cli"); err == nil || s.rows[0].MasterKeyID != testMaster.ID() {
		t.Errorf("a damaged key: %v", err)
	}
}

// The first derived key is that of the master key in force, whichever is configured,
// so that two replicas agree throughout.
func TestDerivedKeysFollowTheMasterKeyInForce(t *testing.T) {
	s, c, next := &memory{}, newClock(), NewMasterKey()
	old := openRing(t, knowing(s, c, testMaster)).Derive("x")
	both := openRing(t, knowing(s, c, next, testMaster))
	derived := both.Derive("x")
	if got, want := derived(), [][32]byte{testMaster.Derive("x"), next.Derive("x")}; !slices.Equal(got, want) || old()[0] != got[0] {
		t.Error("before the rewrap the first derived key is not that of the old master key, want that")
	}
	if _, err := both.Rewrap(t.Context(), "cli"); err != nil {
		t.Fatalf("rewrapping the signing keys: %v", err)
	}
	if got, want := derived(), [][32]byte{next.Derive("x"), testMaster.Derive("x")}; !slices.Equal(got, want) {
		t.Error("after the rewrap the first derived key is not that of the new master key, want that")
	}
	if empty := openRing(t, knowing(&memory{}, c, next, testMaster)).Derive("x"); empty()[0] != next.Derive("x") {
		t.Error("with a new database the derived key is not that of the configured master key, want that")
	}
}

func TestEveryReplicaHasFollowedOnceARewrapHasSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := underTestMaster(t)
		next := NewMasterKey()
		replica := openRing(t, knowing(s, c, next, testMaster))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = replica.Run(ctx) }()
		synctest.Wait() // it has just read
		if _, err := openRing(t, knowing(s, c, next, testMaster)).Rewrap(t.Context(), "cli"); err != nil {
			t.Fatalf("rewrapping the signing keys: %v", err)
		}
		derived := replica.Derive("x")
		if got := derived()[0]; got != testMaster.Derive("x") {
			t.Error("before the replica has read again it derives from the new master key, want the old one")
		}
		if err := Settle(t.Context()); err != nil {
			t.Fatalf("waiting for the replicas: %v", err)
		}
		if got := derived()[0]; got != next.Derive("x") {
			t.Error("after that the replica derives from the old master key, want the new one")
		}
		stop()
		if err := Settle(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting after the end: %v, want %v", err, context.Canceled)
		}
	})
}

func TestExamineSaysWhichMasterKey(t *testing.T) {
	s, c := underTestMaster(t)
	next := NewMasterKey()
	ring := openRing(t, knowing(s, c, next, testMaster))
	say := func(masters ...MasterKey) string {
		o := knowing(s, c, masters...)
		return Examine(s.rows, o)[0].String()
	}
	for want, got := range map[string]string{
		"master key: it opens all 1 signing keys": say(testMaster),
		"master key: 1 of 1 signing keys are sealed under the previous one; once every replica has both master keys: gatehouse keys rewrap": say(next, testMaster),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if _, err := ring.Rewrap(t.Context(), "cli"); err != nil {
		t.Fatalf("rewrapping the signing keys: %v", err)
	}
	if got, want := say(next, testMaster), "master key: it opens all 1 signing keys; the previous one can be removed a quarter of an hour after it was replaced"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A replica without the new master key follows the changes that do not need it, and
// does not make keys in vain.
func TestAReplicaThatWasLeftOutHearsOfARetirement(t *testing.T) {
	s, c, next := &memory{}, newClock(), NewMasterKey()
	left := openRing(t, knowing(s, c, testMaster))
	stolen := mustSign(t, left, "at+jwt", 1)
	both := openRing(t, knowing(s, c, next, testMaster))
	if _, err := both.Rewrap(t.Context(), "cli"); err != nil {
		t.Fatalf("rewrapping the signing keys: %v", err)
	}
	if err := both.Retire(t.Context(), s.rows[0].ID, "cli"); err != nil {
		t.Fatalf("retiring the key: %v", err)
	}
	c.Advance(time.Second)
	var wrong *WrongMasterKey
	if err := left.reload(t.Context()); !errors.As(err, &wrong) {
		t.Fatalf("reloading the key ring: err = %v, want a WrongMasterKey", err)
	}
	if _, err := left.Verify(t.Context(), stolen); !errors.Is(err, ErrInvalid) {
		t.Errorf("a token of the retired key: %v", err)
	}
	if left.Ready() {
		t.Error("the ring is ready with a retired key, want it not ready")
	}
	left.generate = func() (*rsa.PrivateKey, error) {
		t.Error("a key was made in vain, want none")
		return smallKey()
	}
	if err := left.keep(t.Context()); !errors.As(err, &wrong) {
		t.Errorf("keeping the key ring: err = %v, want a WrongMasterKey", err)
	}
}
