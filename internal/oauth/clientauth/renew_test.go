package clientauth_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/outbound"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// A keyHost is a server that publishes the keys of a client.
type keyHost struct {
	*httptest.Server
	mu    sync.Mutex
	keys  []string
	asked int
}

func newKeyHost(t *testing.T) *keyHost {
	t.Helper()
	h := &keyHost{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.asked++
		_, _ = fmt.Fprintf(w, `{"keys":[%s]}`, strings.Join(h.keys, ","))
	}))
	t.Cleanup(h.Close)
	return h
}

// publish makes a key and adds it.
func (h *keyHost) publish(t *testing.T, kid string) ed25519.PrivateKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("generating an Ed25519 key: %v", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys = append(h.keys, fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}`, kid, base64.RawURLEncoding.EncodeToString(public)))
	return private
}

func (h *keyHost) fetches() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

// once accepts everything.
type once struct{}

func (once) UseOnce(context.Context, store.Digest, time.Time) (bool, error) { return true, nil }

// asserting returns a request of the client "signer". An empty kid is left out.
func asserting(t *testing.T, key ed25519.PrivateKey, kid string, now time.Time) *http.Request {
	t.Helper()
	return request(url.Values{
		"client_assertion": {signed(t, key, kid, map[string]any{
			"iss": "signer", "sub": "signer", "aud": "https://id.example", "jti": rand.Text(), "exp": now.Add(time.Minute).Unix(),
		})},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	})
}

func signed(t *testing.T, key ed25519.PrivateKey, kid string, claims map[string]any) string {
	t.Helper()
	header := map[string]any{"alg": "Ed25519"}
	if kid != "" {
		header["kid"] = kid
	}
	var parts []string
	for _, part := range []map[string]any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatalf("encoding a token: %v", err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	input := strings.Join(parts, ".")
	return input + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(input)))
}

// silent cannot read keys now.
type silent struct{}

func (silent) Get(context.Context, string) ([]byte, error) { return nil, store.ErrUnavailable }

func (silent) Renew(context.Context, string) ([]byte, error) { return nil, store.ErrUnavailable }

// A request object with claims that cannot be right leads to no fetch of keys, and one
// signed with a new key is accepted at once. If the keys cannot be read now, that is not held against
// the object.
func TestKeysOfRequestObjects(t *testing.T) {
	host := newKeyHost(t)
	client := store.Client{ID: "signer", AuthMethod: store.NoSecret, JWKSURI: host.URL}
	clock := func() time.Time { return noon }
	a := clientauth.Assertions{Issuer: "https://id.example", Now: clock, Keys: &clientauth.JWKSCache{Client: outbound.Client(outbound.Options{Private: true}), Limits: &tally{}, Now: clock}}
	key := host.publish(t, "r1")
	check := func(what string, key ed25519.PrivateKey, kid string, want error, fetches int, pairs ...any) {
		t.Helper()
		claims := map[string]any{"client_id": "signer", "aud": "https://id.example", "exp": noon.Add(time.Hour).Unix()}
		for i := 0; i < len(pairs); i += 2 {
			claims[pairs[i].(string)] = pairs[i+1]
		}
		before := host.fetches()
		if _, err := a.CheckObject(t.Context(), client, signed(t, key, kid, claims)); !errors.Is(err, want) {
			t.Errorf("%s: err = %v, want %v", what, err, want)
		}
		if n := host.fetches() - before; n != fetches {
			t.Errorf("%s: fetched %d times, want %d", what, n, fetches)
		}
	}
	check("expired", key, "r1", oauth.InvalidRequestObject, 0, "exp", noon.Unix())
	check("for another server", key, "r1", oauth.InvalidRequestObject, 0, "aud", "https://other.example")
	check("of another client", key, "r1", oauth.InvalidRequestObject, 0, "client_id", "other")
	cache := a.Keys
	a.Keys = silent{}
	check("keys that cannot be read now", key, "r1", store.ErrUnavailable, 0)
	a.Keys = cache
	check("a good one", key, "r1", nil, 1)
	check("a new key", host.publish(t, "r2"), "r2", nil, 1)
}

// A client publishes a key and signs with it at once. Strangers who name unknown keys make
// us fetch the set once in ten seconds.
func TestAnUnknownKeyIsLookedForOnceInTenSeconds(t *testing.T) {
	host := newKeyHost(t)
	now := noon
	clock := func() time.Time { return now }
	a := clientauth.Authenticator{
		Clients: apps{"signer": {ID: "signer", AuthMethod: store.PrivateKeyJWT, JWKSURI: host.URL, AssertionAudience: "issuer"}}, Limits: &tally{}, Now: clock,
		Assertions: &clientauth.Assertions{Once: once{}, Issuer: "https://id.example", Now: clock, Keys: &clientauth.JWKSCache{Client: outbound.Client(outbound.Options{Private: true}), Limits: &tally{}, Now: clock}},
	}
	check := func(what string, key ed25519.PrivateKey, kid string, want error, fetches int) {
		t.Helper()
		before := host.fetches()
		if _, err := a.Authenticate(asserting(t, key, kid, now)); !errors.Is(err, want) {
			t.Errorf("%s: err = %v, want %v", what, err, want)
		}
		if n := host.fetches() - before; n != fetches {
			t.Errorf("%s: fetched %d times, want %d", what, n, fetches)
		}
	}
	first := host.publish(t, "r1")
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("generating an Ed25519 key: %v", err)
	}
	check("the first key", first, "r1", nil, 1)
	second := host.publish(t, "r2")
	check("a wrong signature by a known key", stranger, "r1", oauth.InvalidClient, 0)
	check("a new key at once", second, "r2", nil, 1)
	check("the first key again", first, "r1", nil, 0)
	third := host.publish(t, "r3")
	now = now.Add(9 * time.Second)
	check("another new key within ten seconds", third, "r3", oauth.InvalidClient, 0)
	now = now.Add(time.Second)
	check("the same after ten seconds", third, "r3", nil, 1)
	now = now.Add(10 * time.Second)
	check("a stranger", stranger, "x", oauth.InvalidClient, 1)
	check("a stranger again", stranger, "y", oauth.InvalidClient, 0)
	check("a stranger without a kid", stranger, "", oauth.InvalidClient, 0)
	fourth := host.publish(t, "r4")
	now = now.Add(10 * time.Second)
	check("a new key that is not named", fourth, "", nil, 1)
	check("a known key after all of that", first, "r1", nil, 0)
}

// One request waits for a jwks_uri that hangs. Strangers who name its app get 503 at once,
// and 429 after too many tries, so that they hold no place that others need.
func TestStrangersDoNotWaitForAHostThatHangs(t *testing.T) {
	asked, leave := make(chan bool, 300), make(chan bool)
	host := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- true
		<-leave
	}))
	defer host.Close()
	log := slog.New(slog.DiscardHandler)
	limits := &throttle.Limiter{Store: throttle.NewMemory(time.Now), Fallback: throttle.NewMemory(time.Now), Rules: throttle.DefaultRules(), Now: time.Now, Log: log}
	clock := func() time.Time { return noon }
	a := clientauth.Authenticator{
		Clients: apps{"signer": {ID: "signer", AuthMethod: store.PrivateKeyJWT, JWKSURI: host.URL, AssertionAudience: "issuer"}}, Limits: limits, Now: clock,
		Assertions: &clientauth.Assertions{Once: once{}, Issuer: "https://id.example", Now: clock, Keys: &clientauth.JWKSCache{Client: outbound.Client(outbound.Options{Private: true}), Limits: limits, Now: clock}},
	}
	stranger := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	try := func() error {
		_, err := a.Authenticate(asserting(t, stranger, "x", noon))
		return err
	}
	first := make(chan error, 1)
	go func() { first <- try() }()
	<-asked
	var busy, limited atomic.Int32
	var all sync.WaitGroup
	for range 300 {
		all.Go(func() {
			err := try()
			if _, tooMany := errors.AsType[*throttle.Limited](err); tooMany {
				limited.Add(1)
			} else if errors.Is(err, store.ErrUnavailable) {
				busy.Add(1)
			} else {
				t.Errorf("while the host hangs: err = %v, want unavailable or throttled", err)
			}
		})
	}
	all.Wait() // the host still hangs
	if busy.Load() == 0 || limited.Load() == 0 || len(asked) != 0 {
		t.Errorf("%d were busy, %d throttled, %d asked the host; want some of both, and none that asks", busy.Load(), limited.Load(), len(asked))
	}
	close(leave)
	if err := <-first; !errors.Is(err, oauth.InvalidClient) {
		t.Errorf("the request that waited: err = %v, want %v", err, oauth.InvalidClient)
	}
}
