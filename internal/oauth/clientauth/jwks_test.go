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
		_, _ = w.Write([]byte(`{"keys":[]}`))
	}))
	defer server.Close()
	now := noon
	cache := clientauth.JWKSCache{Client: outbound.Client(outbound.Options{Private: true}), Now: func() time.Time { return now }}
	get := func(want int32) {
		t.Helper()
		if body, err := cache.Get(t.Context(), server.URL); err != nil || string(body) != `{"keys":[]}` || asked.Load() != want {
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
	inside := clientauth.JWKSCache{Client: outbound.Client(outbound.Options{}), Now: cache.Now}
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
		_, _ = w.Write([]byte(`{"keys":[]}`))
	}))
	defer server.Close()
	defer close(leave)
	var now atomic.Int64 // minutes
	cache := clientauth.JWKSCache{Client: outbound.Client(outbound.Options{Private: true}), Now: func() time.Time { return noon.Add(time.Duration(now.Load()) * time.Minute) }}
	if _, err := cache.Get(t.Context(), server.URL); err != nil {
		t.Fatalf("getting the document through the cache: %v", err)
	}
	<-asked
	now.Store(6)
	go func() { _, _ = cache.Get(t.Context(), server.URL) }()
	<-asked
	start := time.Now()
	if body, err := cache.Get(t.Context(), server.URL); err != nil || string(body) != `{"keys":[]}` || time.Since(start) > 2*time.Second {
		t.Errorf("body %q, %v after %s; want the keys kept within 2s", body, err, time.Since(start))
	}
}
