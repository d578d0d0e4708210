package keys

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"gatehouse/store"
)

// others are the algorithms that somebody has to choose.
func others() []string { return store.SigningAlgorithms()[1:] }

func mustChoose(t testing.TB, r *Ring, algorithm string) time.Time {
	t.Helper()
	from, err := r.Choose(t.Context(), algorithm, "cli")
	if err != nil {
		t.Fatalf("choosing %s: %v", algorithm, err)
	}
	return from
}

func signBy(t testing.TB, r *Ring, algorithm string) string {
	t.Helper()
	token, err := r.Sign(t.Context(), algorithm, "at+jwt", map[string]string{"sub": "x"})
	if err != nil {
		t.Fatalf("signing by %s: %v", algorithm, err)
	}
	return token
}

// withAll returns a ring with a key in force for each algorithm.
func withAll(t testing.TB) (*Ring, *memory, *setClock) {
	t.Helper()
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now))
	for _, algorithm := range others() {
		mustChoose(t, r, algorithm)
	}
	c.Advance(2 * time.Hour)
	mustReload(t, r)
	return r, s, c
}

// A new algorithm signs only when every verifier can know its key, and until then another
// goes on.
func TestAnAlgorithmIsPublishedBeforeItSigns(t *testing.T) {
	for _, algorithm := range others() {
		s, c := &memory{}, newClock()
		r := openRing(t, options(s, c.Now)) // lead 2 h
		want := c.Now().Add(2 * time.Hour)
		for range 2 { // chosen again, it is the same
			if from := mustChoose(t, r, algorithm); !from.Equal(want) {
				t.Errorf("%s signs from %s, want %s", algorithm, from, want)
			}
		}
		usable := func() string {
			name, err := r.Usable(t.Context(), algorithm, store.RS256)
			if err != nil {
				t.Errorf("asking for what can sign: %v", err)
			}
			return name
		}
		if got := usable(); got != store.RS256 {
			t.Errorf("%s signs before its key was published for long enough, want RS256", got)
		}
		if _, err := r.Sign(t.Context(), algorithm, "at+jwt", 1); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("signing by %s at once: err = %v, want ErrUnavailable", algorithm, err)
		}
		if body := string(mustJWKS(t, r).Body); !strings.Contains(body, `"alg":"`+algorithm+`"`) {
			t.Errorf("the JWKS has no key of %s, want it published: %s", algorithm, body)
		}
		mustKeep(t, r) // the schedule does not hurry it
		c.Advance(2 * time.Hour)
		mustKeep(t, r)
		if got := usable(); got != algorithm {
			t.Errorf("%s signs once the lead has passed, want %s", got, algorithm)
		}
		if n := len(s.rows); n != 2 {
			t.Errorf("%d keys, want that of RS256 and that of %s", n, algorithm)
		}
	}
}

// TestTheKeySaysTheAlgorithm: a token whose header names another algorithm than its key's is
// refused, whatever has signed it (RFC 8725 §3.1).
func TestTheKeySaysTheAlgorithm(t *testing.T) {
	r, _, _ := withAll(t)
	for _, algorithm := range store.SigningAlgorithms() {
		token := signBy(t, r, algorithm)
		if v, err := r.verifyNew(t.Context(), token); err != nil || v.KeyID != r.current.Load().rings[algorithm][0].ID {
			t.Errorf("verifying a token of %s: %v, %v; want it accepted", algorithm, v.KeyID, err)
		}
		k := r.current.Load().rings[algorithm][0]
		for _, claimed := range append(store.SigningAlgorithms(), "EdDSA", "HS256", "none", strings.ToLower(algorithm)) {
			forged := forge(t, header{claimed, k.ID, "at+jwt"}, somePayload, func(input []byte) []byte {
				signature, err := r.primitives[algorithm].sign(input, k.signer)
				if err != nil {
					t.Fatalf("signing by %s: %v", algorithm, err)
				}
				return signature
			})
			_, err := r.Verify(t.Context(), forged)
			if (err == nil) != (claimed == algorithm) || err != nil && !errors.Is(err, ErrInvalid) {
				t.Errorf("a token by a key of %s that says %s: err = %v, want ErrInvalid unless they are the same", algorithm, claimed, err)
			}
		}
	}
}

// TestTheKeyOfAnotherAlgorithm: a signature by one key does not count for another, even if
// both are RSA keys.
func TestTheKeyOfAnotherAlgorithm(t *testing.T) {
	r, _, _ := withAll(t)
	rings := r.current.Load().rings
	for by, ring := range rings {
		for kid, other := range rings {
			if by == kid {
				continue
			}
			forged := forge(t, header{kid, other[0].ID, "at+jwt"}, somePayload, func(input []byte) []byte {
				signature, _ := r.primitives[by].sign(input, ring[0].signer)
				return signature
			})
			if _, err := r.Verify(t.Context(), forged); !errors.Is(err, ErrInvalid) {
				t.Errorf("a token by the key of %s under the kid of %s: err = %v, want ErrInvalid", by, kid, err)
			}
		}
	}
}

// A resource server has nothing from us but the JWKS.
func TestTheJWKSVerifiesTokensOfEveryAlgorithm(t *testing.T) {
	r, _, _ := withAll(t)
	set, err := jwk.Parse(mustJWKS(t, r).Body)
	if err != nil {
		t.Fatalf("parsing the JWKS: %v", err)
	}
	types := map[string]jwa.KeyType{store.RS256: jwa.RSA, store.PS256: jwa.RSA, store.ES256: jwa.EC, store.Ed25519: jwa.OKP}
	for _, algorithm := range store.SigningAlgorithms() {
		k, there := set.LookupKeyID(r.current.Load().rings[algorithm][0].ID)
		if !there || k.KeyType() != types[algorithm] || k.Algorithm().String() != algorithm {
			t.Fatalf("the key of %s in the JWKS: %v; want kty %s and alg %s", algorithm, k, types[algorithm], algorithm)
		}
		if _, err := jws.Verify([]byte(signBy(t, r, algorithm)), jws.WithKey(jwa.SignatureAlgorithm(canonical(algorithm)), k)); algorithm != store.Ed25519 && err != nil {
			t.Errorf("verifying a token of %s by the JWKS: %v", algorithm, err)
		}
	}
}

// Each algorithm rotates and is erased by itself, and retiring a key replaces it at once.
func TestEachAlgorithmHasItsOwnSchedule(t *testing.T) {
	r, s, c := withAll(t) // 24 h; RS256 is two hours older
	perRing := func() map[string][]State {
		list, err := r.List(t.Context())
		if err != nil {
			t.Fatalf("listing the keys: %v", err)
		}
		all := map[string][]State{}
		for _, k := range list {
			all[k.Algorithm] = append(all[k.Algorithm], k.State)
		}
		return all
	}
	want := func(rs256, rest []State) {
		t.Helper()
		all := map[string][]State{store.RS256: rs256, store.PS256: rest, store.ES256: rest, store.Ed25519: rest}
		if got := perRing(); !maps.EqualFunc(got, all, slices.Equal) {
			t.Errorf("keys %v, want %v", got, all)
		}
	}
	c.Advance(20 * time.Hour)
	mustKeep(t, r)
	want([]State{Signing, Published}, []State{Signing})
	c.Advance(2 * time.Hour)
	mustKeep(t, r)
	want([]State{Verifying, Signing}, []State{Signing, Published})
	for _, algorithm := range others() {
		ring := r.current.Load().rings[algorithm]
		if err := r.Retire(t.Context(), ring[0].ID, "cli"); err != nil {
			t.Fatalf("retiring the key of %s: %v", algorithm, err)
		}
	}
	want([]State{Verifying, Signing}, []State{Retired, Signing})
	c.Advance(15 * 24 * time.Hour)
	for range 2 {
		mustKeep(t, r)
		mustReload(t, r)
	}
	for _, k := range s.rows {
		if k.Algorithm != store.RS256 && k.Generation == 1 {
			t.Errorf("the retired key of %s is still on record, want it erased", k.Algorithm)
		}
	}
}

// If the first key of an algorithm is retired before it has signed, another is published
// for the whole lead, because nothing depends on it yet.
func TestAFirstKeyThatIsRetiredIsReplacedAfterTheLead(t *testing.T) {
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now))
	mustChoose(t, r, store.ES256)
	c.Advance(time.Hour)
	if err := r.Retire(t.Context(), r.current.Load().rings[store.ES256][0].ID, "cli"); err != nil {
		t.Fatalf("retiring the key: %v", err)
	}
	if from := mustChoose(t, r, store.ES256); !from.Equal(c.Now().Add(2 * time.Hour)) {
		t.Errorf("ES256 signs from %s, want two hours after %s", from, c.Now())
	}
	c.Advance(2 * time.Hour)
	signBy(t, r, store.ES256)
}

func TestAllAlgorithmsAreRewrapped(t *testing.T) {
	r, s, c := withAll(t)
	tokens := map[string]string{}
	for _, algorithm := range store.SigningAlgorithms() {
		tokens[algorithm] = signBy(t, r, algorithm)
	}
	second := NewMasterKey()
	o := options(s, c.Now)
	o.Masters = MasterKeys{second, testMaster}
	if done, err := openRing(t, o).Rewrap(t.Context(), "cli"); err != nil || done.Changed != 4 || done.Keys != 4 {
		t.Fatalf("rewrapping: %+v, %v; want 4 of 4 keys", done, err)
	}
	o.Masters = MasterKeys{second}
	renewed := openRing(t, o)
	for algorithm, token := range tokens {
		if _, err := renewed.Verify(t.Context(), token); err != nil {
			t.Errorf("verifying a token of %s after the master key was replaced: %v", algorithm, err)
		}
	}
	mustChoose(t, renewed, store.ES256)
}

// The release before knows the keys of RS256 alone, and rewraps only those. The others are
// then still under the previous master key, which is configured until all are rewrapped.
func TestTheReleaseBeforeHasRewrapped(t *testing.T) {
	r, s, c := withAll(t)
	second := NewMasterKey()
	both := MasterKeys{second, testMaster}
	for i, k := range s.rows {
		if k.Algorithm == store.RS256 {
			var err error
			if s.rows[i], err = both.Reseal(k, second.ID()); err != nil {
				t.Fatalf("sealing the key again: %v", err)
			}
		}
	}
	token := signBy(t, r, store.Ed25519)
	o := options(s, c.Now)
	o.Masters = both
	beside := openRing(t, o)
	if _, err := beside.Verify(t.Context(), token); err != nil {
		t.Errorf("verifying a token of Ed25519: %v, want it accepted", err)
	}
	if done, err := beside.Rewrap(t.Context(), "cli"); err != nil || done.Changed != 3 {
		t.Errorf("rewrapping the rest: %+v, %v; want 3 keys", done, err)
	}
}

func TestAnUnknownAlgorithmIsNotChosen(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	for _, algorithm := range []string{"", "HS256", "none", "EdDSA", "es256", "RS512"} {
		if _, err := r.Choose(t.Context(), algorithm, "cli"); !errors.Is(err, ErrUnknownAlgorithm) {
			t.Errorf("choosing %q: err = %v, want ErrUnknownAlgorithm", algorithm, err)
		}
	}
}

// Refresh tokens may be made again, byte for byte, by a key of Ed25519 as by one of RS256.
func TestEd25519IsDeterministic(t *testing.T) {
	r, _, _ := withAll(t)
	for algorithm, want := range map[string]bool{store.RS256: true, store.Ed25519: true, store.ES256: false, store.PS256: false} {
		first, again := signBy(t, r, algorithm), signBy(t, r, algorithm)
		if same := first == again; same != want {
			t.Errorf("two tokens of %s are the same: %v, want %v", algorithm, same, want)
		}
	}
}
