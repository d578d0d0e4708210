package keys

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

func mustJWKS(t testing.TB, r *Ring) Document {
	t.Helper()
	doc, err := r.JWKS(t.Context())
	if err != nil {
		t.Fatalf("reading the JWKS: %v", err)
	}
	return doc
}

// kids returns the kids in a document.
func kids(t testing.TB, doc Document) []string {
	t.Helper()
	var set struct{ Keys []struct{ KID string } }
	if err := json.Unmarshal(doc.Body, &set); err != nil {
		t.Fatalf("unmarshalling the JSON: %v", err)
	}
	var all []string
	for _, k := range set.Keys {
		all = append(all, k.KID)
	}
	return all
}

func TestTheJWKSHasThePublicHalvesAndNothingElse(t *testing.T) {
	r := openRing(t, options(&memory{}, newClock().Now))
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(mustJWKS(t, r).Body, &set); err != nil {
		t.Fatalf("unmarshalling the JSON: %v", err)
	}
	k := r.current.Load().rings[store.RS256][0]
	want := map[string]string{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.ID, "n": encode(k.public.(*rsa.PublicKey).N.Bytes()), "e": "AQAB"}
	if len(set.Keys) != 1 || fmt.Sprint(set.Keys[0]) != fmt.Sprint(want) {
		t.Errorf("keys %v, want %v", set.Keys, want)
	}
}

func TestTheJWKSChangesWithTheKeysAndOnlyThen(t *testing.T) {
	s, c := &memory{}, newClock()
	r := openRing(t, options(s, c.Now))
	first := mustJWKS(t, r)
	c.Advance(time.Minute)
	mustReload(t, r)
	same := mustJWKS(t, r)
	if same.ETag != first.ETag || string(same.Body) != string(first.Body) {
		t.Error("another document for the same keys, want the same")
	}
	if other := mustJWKS(t, openRing(t, options(s, c.Now))); other.ETag != first.ETag {
		t.Error("another replica has another ETag, want the same")
	}
	if !strings.HasPrefix(first.ETag, `"`) || !strings.HasSuffix(first.ETag, `"`) {
		t.Errorf(`ETag %s, want a strong one, in quotes`, first.ETag)
	}
	if _, err := r.Rotate(t.Context(), store.RS256, "cli"); err != nil {
		t.Fatalf("rotating the signing key: %v", err)
	}
	second := mustJWKS(t, r)
	if second.ETag == first.ETag || !slices.Equal(kids(t, second), []string{s.rows[0].ID, s.rows[1].ID}) {
		t.Errorf("after a rotation: ETag %s, keys %v, want another ETag and the keys %v", second.ETag, kids(t, second), []string{s.rows[0].ID, s.rows[1].ID})
	}
	c.Advance(2*time.Hour + 15*24*time.Hour)
	mustReload(t, r)
	if third := mustJWKS(t, r); !slices.Equal(kids(t, third), []string{s.rows[1].ID}) {
		t.Errorf("after the first key is gone the document has %v, want %v", kids(t, third), []string{s.rows[1].ID})
	}
}

func TestMaxAgeFollowsFromTheLeadAndTheLastReading(t *testing.T) {
	for _, c := range []struct{ lead, since, want time.Duration }{
		{24 * time.Hour, 0, time.Hour},                                              // bounded by longestMaxAge
		{30 * time.Minute, 0, 29 * time.Minute},                                     // minus the margin
		{30 * time.Minute, 500 * time.Millisecond, 28*time.Minute + 59*time.Second}, // whole seconds, rounded down
		{30 * time.Minute, 28 * time.Minute, time.Minute},                           // the record is unavailable
		{30 * time.Minute, 30 * time.Minute, 0},                                     // and stays so
		{30 * time.Minute, -time.Hour, 29 * time.Minute},                            // the clock went backwards
		{4 * time.Second, 0, 2 * time.Second},                                       // a short lead
		{4 * time.Second, time.Second, time.Second},
		{time.Second, 0, 0},
	} {
		clock := newClock()
		o := options(&memory{}, clock.Now)
		o.RotateEvery, o.PublishLead = 0, c.lead
		r, err := newRing(o)
		if err != nil {
			t.Fatalf("making a key ring: %v", err)
		}
		if got := r.maxAge(clock.Now().Add(-c.since)); got != c.want {
			t.Errorf("lead %s, read %s ago: %s, want %s", c.lead, c.since, got, c.want)
		}
	}
}

// A replica is a ring with a clock of its own. The times here are those of the common clock.
type replica struct {
	*Ring
	readAt    time.Time
	awayUntil time.Time // it cannot reach the record
}

// A simulation has two replicas on one record and a verifier that caches the JWKS
// for max-age. The replicas' clocks differ, and they read the record up to a second
// late or, at times, not at all.
type simulation struct {
	*testing.T
	*rand.Rand
	clock    *setClock
	replicas [2]*replica
	lead     time.Duration
	life     time.Duration
	known    []string // by the verifier
	until    time.Time
	tokens   []issued
}

type issued struct {
	kid     string
	expires time.Time
}

func TestAVerifierThatKeepsTheJWKSNeverMeetsAnUnknownKid(t *testing.T) {
	testkit.Long(t)
	pool := make([]*rsa.PrivateKey, 48)
	for i := range pool {
		var err error
		if pool[i], err = smallKey(); err != nil {
			t.Fatalf("generating a small RSA key: %v", err)
		}
	}
	const trials = 80
	for seed := range trials {
		s := simulate(t, uint64(seed), pool)
		for range 300 {
			s.step()
		}
		if t.Failed() {
			t.Fatalf("a verifier failed with seed %d, want none to fail with lead %s and a rotation every %s", seed, s.lead, s.replicas[0].options.RotateEvery)
		}
	}
}

func simulate(t *testing.T, seed uint64, pool []*rsa.PrivateKey) *simulation {
	s := &simulation{T: t, Rand: rand.New(rand.NewPCG(seed, 1)), clock: newClock()}
	leads := []time.Duration{3 * time.Second, 10 * time.Second, time.Minute, 20 * time.Minute, 3 * time.Hour}
	s.lead = leads[s.IntN(len(leads))] + time.Duration(s.Int64N(int64(time.Second)))
	s.life = time.Duration(1 + s.Int64N(int64(2*s.lead)))
	every := s.lead + time.Duration(s.Int64N(int64(3*s.lead)))
	record, made := &memory{}, 0
	for i := range s.replicas {
		skew := time.Duration(s.Float64() * float64(min(s.lead/8, 30*time.Second)))
		o := options(record, func() time.Time { return s.clock.Now().Add(skew) })
		o.RotateEvery, o.PublishLead, o.VerifyFor = every, s.lead, s.life+2*time.Minute
		r, err := newRing(o)
		if err != nil {
			t.Fatalf("making a key ring: %v", err)
		}
		r.generate = func() (*rsa.PrivateKey, error) {
			s.clock.Advance(time.Duration(s.Int64N(int64(300 * time.Millisecond)))) // it takes a while
			made++
			return pool[made%len(pool)], nil
		}
		s.replicas[i] = &replica{Ring: r}
		s.follow(s.replicas[i])
	}
	return s
}

// follow does what Run does in one round.
func (s *simulation) follow(r *replica) {
	if s.clock.Now().Before(r.awayUntil) {
		return
	}
	if s.IntN(50) == 0 {
		r.awayUntil = s.clock.Now().Add(time.Duration(s.Int64N(int64(s.lead * 3 / 4))))
	}
	r.readAt = s.clock.Now()
	if err := errors.Join(r.reload(s.Context()), r.keep(s.Context())); err != nil {
		s.Errorf("following the record: %v", err)
	}
}

// step lets some time pass, in which the replicas follow the record, and then makes
// and verifies a token.
func (s *simulation) step() {
	pause := time.Duration(s.Int64N(int64(700 * time.Millisecond)))
	if s.IntN(2) == 0 { // a long step, in which they read many times
		s.clock.Advance(time.Duration(s.Int64N(int64(s.lead / 3))))
		for _, r := range s.replicas {
			s.follow(r)
		}
	}
	s.clock.Advance(pause)
	for _, r := range s.replicas {
		if s.clock.Now().Sub(r.readAt) >= time.Second-300*time.Millisecond || s.IntN(4) == 0 {
			s.follow(r)
		}
	}
	if r := s.any(); s.IntN(20) == 0 && !s.clock.Now().Before(r.awayUntil) {
		if _, err := r.Rotate(s.Context(), store.RS256, "cli"); err != nil {
			s.Errorf("rotating the signing key: %v", err)
		}
	}
	s.verify(s.issue())
	s.verifyOld()
}

func (s *simulation) any() *replica { return s.replicas[s.IntN(len(s.replicas))] }

func (s *simulation) issue() string {
	kid, err := s.any().SigningKeyID(s.Context())
	if err != nil {
		s.Errorf("asking for the signing key: %v", err)
	}
	s.tokens = append(s.tokens, issued{kid, s.clock.Now().Add(s.life)})
	return kid
}

func (s *simulation) verify(kid string) {
	if !s.clock.Now().Before(s.until) {
		doc := mustJWKS(s, s.any().Ring)
		s.known, s.until = kids(s, doc), s.clock.Now().Add(doc.MaxAge)
	}
	if !slices.Contains(s.known, kid) {
		s.Errorf("unknown kid; the JWKS may be cached for another %s, want every kid in it", s.until.Sub(s.clock.Now()))
	}
}

// verifyOld checks that every token that has not expired verifies on every replica.
func (s *simulation) verifyOld() {
	s.tokens = slices.DeleteFunc(s.tokens, func(i issued) bool { return !s.clock.Now().Before(i.expires) })
	for _, i := range s.tokens {
		for _, r := range s.replicas {
			if r.current.Load().usable(i.kid, r.options.Now()) == nil {
				s.Errorf("a token is refused %s before it expires, want it usable", i.expires.Sub(s.clock.Now()))
			}
		}
	}
}

func TestWaitingForTheJWKSEndsWithTheContext(t *testing.T) {
	r, err := newRing(options(&memory{}, newClock().Now))
	if err != nil {
		t.Fatalf("making a key ring: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.JWKS(ctx); err == nil || !strings.Contains(err.Error(), store.ErrUnavailable.Error()) {
		t.Errorf("reading the JWKS: err = %v, want ErrUnavailable", err)
	}
}
