package clientauth_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/outbound"
)

// The limits of jwks.go.
const (
	jwksMemory    = 5 * time.Minute
	failureMemory = 10 * time.Second
	jwksAge       = 24 * time.Hour
)

// aSet is a set with the P-256 key of RFC 7517 appendix A.1.
const aSet = `{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"1"}]}`

// Keys are fetched once in five minutes and failures once in ten seconds, and earlier
// keys survive a failure.
func TestJWKSCache(t *testing.T) {
	var asked atomic.Int32
	var broken atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if broken.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write([]byte(aSet))
	}))
	defer server.Close()
	now := noon
	cache := clientauth.JWKSCache{Client: outbound.Client(outbound.Options{Private: true}), Limits: &tally{}, Now: func() time.Time { return now }}
	get := func(want int32) {
		t.Helper()
		if body, err := cache.Get(t.Context(), server.URL); err != nil || string(body) != aSet || asked.Load() != want {
			t.Errorf("%q, %v, fetched %d times, want %d", body, err, asked.Load(), want)
		}
	}
	get(1)
	now = now.Add(4 * time.Minute)
	get(1)
	now = now.Add(time.Minute)
	broken.Store(true)
	get(2)
	get(2)
	now = now.Add(10 * time.Second)
	get(3)
	inside := clientauth.JWKSCache{Client: outbound.Client(outbound.Options{}), Limits: &tally{}, Now: cache.Now}
	if _, err := inside.Get(t.Context(), server.URL); err == nil || asked.Load() != 3 {
		t.Errorf("an internal address: err = %v, want a refusal", err)
	}
}

// Only the call that fetches waits for a host that hangs, if there is an earlier answer.
func TestNobodyWaitsForAHostThatHangs(t *testing.T) {
	asked, leave := make(chan bool, 2), make(chan bool, 1)
	leave <- true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- true
		<-leave
		_, _ = w.Write([]byte(aSet))
	}))
	defer server.Close()
	defer close(leave)
	var now atomic.Int64 // minutes
	cache := clientauth.JWKSCache{Client: outbound.Client(outbound.Options{Private: true}), Limits: &tally{}, Now: func() time.Time { return noon.Add(time.Duration(now.Load()) * time.Minute) }}
	if _, err := cache.Get(t.Context(), server.URL); err != nil {
		t.Fatalf("getting the document through the cache: %v", err)
	}
	<-asked
	now.Store(6)
	go func() { _, _ = cache.Get(t.Context(), server.URL) }()
	<-asked
	start := time.Now()
	if body, err := cache.Get(t.Context(), server.URL); err != nil || string(body) != aSet || time.Since(start) > 2*time.Second {
		t.Errorf("body %q, %v after %s; want the keys kept within 2s", body, err, time.Since(start))
	}
}

// A document without a usable key counts as a failure. The previous one stays for a day.
func TestADocumentWithoutAUsableKeyReplacesNothing(t *testing.T) {
	var answer atomic.Pointer[string]
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte(*answer.Load()))
	}))
	defer server.Close()
	now := noon
	cache := clientauth.JWKSCache{Client: outbound.Client(outbound.Options{Private: true}), Limits: &tally{}, Now: func() time.Time { return now }}
	for _, bad := range []string{"<html>Back soon</html>", "", "null", "{}", `{"keys":[]}`, `{"keys":[{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}]}`, `{"keys":[{"kty":"oct","k":"AA"}]}`} {
		good := aSet
		answer.Store(&good)
		now = now.Add(jwksMemory)
		if body, err := cache.Get(t.Context(), server.URL); err != nil || string(body) != aSet {
			t.Fatalf("getting the keys: %q, %v; want the set", body, err)
		}
		read, before := now, asked.Load()
		answer.Store(&bad)
		for _, age := range []time.Duration{jwksMemory, jwksMemory + failureMemory - 1, jwksMemory + failureMemory, jwksAge - 1} {
			now = read.Add(age)
			if body, err := cache.Get(t.Context(), server.URL); err != nil || string(body) != aSet {
				t.Errorf("after %s with %q: %q, %v; want the previous keys", age, bad, body, err)
			}
		}
		if n := asked.Load() - before; n != 3 {
			t.Errorf("with %q fetched %d times, want 3: a failure is cached for %s", bad, n, failureMemory)
		}
		now = read.Add(jwksAge)
		if body, err := cache.Get(t.Context(), server.URL); err == nil {
			t.Errorf("after %s with %q: %q, want an error", jwksAge, bad, body)
		}
	}
}
