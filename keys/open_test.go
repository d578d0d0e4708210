package keys

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

func TestAWrongMasterKeyRefusesAndChangesNothing(t *testing.T) {
	s, c := &memory{}, newClock()
	openRing(t, options(s, c.Now)).Close()
	before := slices.Clone(s.rows)

	o := options(s, c.Now)
	o.Masters = MasterKeys{NewMasterKey()}
	_, err := Open(t.Context(), o)
	var wrong *WrongMasterKey
	if !errors.As(err, &wrong) || wrong.Have != o.Masters[0].ID() || wrong.Want != testMaster.ID() {
		t.Fatalf("opening with a wrong master key: err = %v, want a WrongMasterKey that names both keys", err)
	}
	for _, part := range []string{wrong.Have, wrong.Want, "nothing was changed"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message does not say %q: %v", part, err)
		}
	}
	if len(s.rows) != len(before) || s.rows[0].ID != before[0].ID {
		t.Errorf("the keys on record: %v, want %v as before", s.rows, before)
	}
}

func TestADamagedKeyRefuses(t *testing.T) {
	for name, damage := range map[string]func(rows []store.SigningKey){
		"sealed bytes":           func(rows []store.SigningKey) { rows[0].Sealed[40] ^= 1 },
		"another key's bytes":    func(rows []store.SigningKey) { rows[0].Sealed = rows[1].Sealed },
		"another key's name":     func(rows []store.SigningKey) { rows[0].ID = rows[1].ID + "x" },
		"another algorithm":      func(rows []store.SigningKey) { rows[0].Algorithm = "HS256" },
		"no bytes":               func(rows []store.SigningKey) { rows[0].Sealed = nil },
		"a later way of sealing": func(rows []store.SigningKey) { rows[0].Sealed[0] = 9 },
	} {
		t.Run(name, func(t *testing.T) {
			s, c := &memory{}, newClock()
			r := openRing(t, options(s, c.Now))
			if _, err := r.Rotate(t.Context(), store.RS256, "cli"); err != nil {
				t.Fatalf("rotating the signing key: %v", err)
			}
			for i := range s.rows {
				s.rows[i].Sealed = slices.Clone(s.rows[i].Sealed)
			}
			damage(s.rows)
			if _, err := Open(t.Context(), options(s, c.Now)); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf(`opening with a damaged key: err = %v, want it to say "damaged"`, err)
			}
			if len(s.rows) != 2 {
				t.Errorf("%d keys on record, want the 2 there were", len(s.rows))
			}
			mustSign(t, r, "at+jwt", 1) // a ring that has the key keeps using it
		})
	}
}

// An attacker who can write to the database, but does not have the master key, cannot
// make us trust their key.
func TestThePublicKeyOnRecordIsNotTrusted(t *testing.T) {
	s, c := &memory{}, newClock()
	openRing(t, options(s, c.Now)).Close()
	attacker, err := smallKey()
	if err != nil {
		t.Fatalf("generating a small RSA key: %v", err)
	}
	s.rows[0].Public, err = x509.MarshalPKIXPublicKey(&attacker.PublicKey)
	if err != nil {
		t.Fatalf("marshalling the public key: %v", err)
	}
	r := openRing(t, options(s, c.Now))
	forged := forge(t, header{store.RS256, s.rows[0].ID, "at+jwt"}, `{}`, rs256By(attacker))
	if _, err := r.Verify(t.Context(), forged); !errors.Is(err, ErrInvalid) {
		t.Errorf("verifying the token: err = %v, want ErrInvalid", err)
	}
	if doc, err := r.JWKS(t.Context()); err != nil || strings.Contains(string(doc.Body), encode(attacker.N.Bytes())) {
		t.Errorf("the attacker's key is in the JWKS (%v), want it left out", err)
	}
}

func TestOpeningAnEmptyRecordDoesNotWaitForTheFirstKey(t *testing.T) {
	r, err := newRing(options(&memory{}, newClock().Now))
	if err != nil {
		t.Fatalf("making a key ring: %v", err)
	}
	release := make(chan struct{})
	r.generate = func() (*rsa.PrivateKey, error) {
		<-release
		return smallKey()
	}
	if err := r.start(t.Context()); err != nil {
		t.Fatalf("starting the key ring: %v", err)
	}
	defer r.Close()
	if r.Ready() {
		t.Error("ready without a key")
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := r.JWKS(short); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("reading the JWKS: err = %v, want ErrUnavailable and DeadlineExceeded", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { mustSign(t, r, "at+jwt", 1) })
	wg.Go(func() {
		if _, err := r.Verify(t.Context(), "a.b.c"); !errors.Is(err, ErrInvalid) {
			t.Errorf("verifying the token: err = %v, want ErrInvalid", err)
		}
	})
	close(release)
	wg.Wait()
	if !r.Ready() {
		t.Error("the ring is not ready with a key, want it ready")
	}
}

func TestTheFirstKeyIsTriedForAgain(t *testing.T) {
	testkit.Long(t)
	s := &memory{}
	var tries atomic.Int32
	s.fail = func(method string) error {
		if method == "AddSigningKey" && tries.Add(1) == 1 {
			return store.ErrUnavailable
		}
		return nil
	}
	openRing(t, options(s, newClock().Now))
	if len(s.rows) != 1 || tries.Load() != 2 {
		t.Errorf("%d keys after %d tries, want 1 and 2", len(s.rows), tries.Load())
	}
}

func TestWithoutTheRecordTheRingGoesOn(t *testing.T) {
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now))
	token := mustSign(t, r, "at+jwt", 1)
	away := func(string) error { return store.ErrUnavailable }
	s.failing(away)
	if err := r.reload(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("reloading the key ring: err = %v, want ErrUnavailable", err)
	}
	mustSign(t, r, "at+jwt", 2)
	if _, err := r.Verify(t.Context(), token); err != nil {
		t.Errorf("verifying the token: %v", err)
	}
	unknown := forge(t, header{store.RS256, "unknown", "at+jwt"}, `{}`, func([]byte) []byte { return []byte("x") })
	for range 2 { // the second call does not read the record, and fails alike
		if _, err := r.Verify(t.Context(), unknown); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, ErrInvalid) {
			t.Errorf("verifying a token with an unknown kid: err = %v, want ErrUnavailable and not ErrInvalid: nobody can say now that the kid is not ours", err)
		}
	}
	s.failing(nil)
	s.rows = nil
	if err := r.reload(t.Context()); err == nil || !strings.Contains(err.Error(), "vanished") {
		t.Errorf(`reloading the key ring: err = %v, want it to say "vanished"`, err)
	}
	mustKeep(t, r)
	if len(s.rows) != 0 {
		t.Error("a new key was made in an emptied record, want none")
	}
	mustSign(t, r, "at+jwt", 3)
}

func TestAnUnknownKidReadsTheRecordAtMostOnceASecond(t *testing.T) {
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now))
	unknown := forge(t, header{store.RS256, "unknown", "at+jwt"}, `{}`, func([]byte) []byte { return []byte("x") })
	before := s.reads
	for range 4 {
		for range 100 {
			if _, err := r.Verify(t.Context(), unknown); !errors.Is(err, ErrInvalid) {
				t.Fatalf("verifying the token: err = %v, want ErrInvalid", err)
			}
		}
		c.Advance(500 * time.Millisecond)
	}
	if n := s.reads - before; n != 2 {
		t.Errorf("%d readings in two seconds, want 2", n)
	}
}

// slow is a signer that counts how many signatures are in progress.
type slow struct {
	crypto.Signer
	now, most *atomic.Int32
	release   chan struct{}
}

func (s slow) Sign(random io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	if n := s.now.Add(1); n > s.most.Load() {
		s.most.Store(n)
	}
	<-s.release
	defer s.now.Add(-1)
	return s.Signer.Sign(random, digest, o)
}

func TestNoMoreSignaturesAtOnceThanSlots(t *testing.T) {
	o := options(&memory{}, newClock().Now)
	o.SignSlots = 2
	s := slow{now: new(atomic.Int32), most: new(atomic.Int32), release: make(chan struct{})}
	o.Signer = func(_ string, private crypto.PrivateKey) (crypto.Signer, error) {
		return slow{private.(crypto.Signer), s.now, s.most, s.release}, nil
	}
	r := openRing(t, o)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := r.Verify(t.Context(), mustSign(t, r, "at+jwt", i)); err != nil {
				t.Errorf("verifying the token: %v", err)
			}
		})
	}
	for s.now.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := r.Sign(short, store.RS256, "at+jwt", 1); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("signing the token: err = %v, want ErrUnavailable", err)
	}
	close(s.release)
	wg.Wait()
	if most := s.most.Load(); most != 2 {
		t.Errorf("%d signatures at once, want 2", most)
	}
}

func TestRunFollowsTheRecordAndEndsWithItsContext(t *testing.T) {
	s := &memory{}
	o := options(s, time.Now)
	o.RotateEvery, o.PublishLead, o.VerifyFor = 0, 2*time.Second, time.Hour
	r, other := openRing(t, o), openRing(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	if _, err := other.Rotate(t.Context(), store.RS256, "cli"); err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	deadline := time.Now().Add(5 * time.Second) // an idle machine needs one
	for len(states(t, r)) != 2 {
		if time.Now().After(deadline) {
			t.Fatal("the ring does not find a new key within 5 s, want it to")
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("running the key ring: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, spoil := range map[string]func(*Options){
		"no master key": func(o *Options) { o.Masters = nil },
		"no lead":       func(o *Options) { o.PublishLead = 0 },
		"no verifying":  func(o *Options) { o.VerifyFor = 0 },
		"lead too long": func(o *Options) { o.RotateEvery = o.PublishLead - 1 },
	} {
		o := options(&memory{}, newClock().Now)
		spoil(&o)
		if _, err := Open(t.Context(), o); err == nil {
			t.Errorf("%s: the key ring opened, want an error", name)
		}
	}
}
