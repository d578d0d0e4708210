package server

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/handlers"
)

// gated is a server with two places, and a path that never goes through the gate.
func gated(serve handlers.Endpoint, shed func()) http.Handler {
	refuse := func(w http.ResponseWriter, _ *http.Request, err error) {
		status := http.StatusTeapot
		if errors.Is(err, handlers.ErrBusy) {
			status = http.StatusServiceUnavailable
		}
		http.Error(w, err.Error(), status)
	}
	return router([]Route{
		{http.MethodPost, "/work", &Audience{Refuse: refuse}, serve},
		{http.MethodGet, "/keys", &Audience{Refuse: refuse, FromMemory: true}, func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.WriteString(w, "keys")
			return err
		}},
	}, http.NotFoundHandler(), newGate(2, shed))
}

func send(h http.Handler, method, path string, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, body))
	return w
}

func TestTooManyAtOnceAreTurnedAwayBeforeTheyBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan bool)
		begun, shed := 0, 0
		h := gated(func(http.ResponseWriter, *http.Request) error { begun++; <-leave; return nil }, func() { shed++ })
		done := make(chan int, 3)
		for range 2 {
			go func() { done <- send(h, "POST", "/work", nil).Code }()
			synctest.Wait()
		}
		start := time.Now()
		if got := send(h, "POST", "/work", strings.NewReader("a=b")); got.Code != 503 || time.Since(start) != patience || shed != 1 {
			t.Errorf("%d after %s, %d shed", got.Code, time.Since(start), shed)
		}
		if got := send(h, "GET", "/keys", nil); got.Code != 200 {
			t.Errorf("keys: %d", got.Code)
		}
		go func() { done <- send(h, "POST", "/work", nil).Code }() // waits
		synctest.Wait()
		leave <- true
		synctest.Wait()
		close(leave)
		for range 3 {
			if code := <-done; code != 200 {
				t.Errorf("status %d", code)
			}
		}
		if begun != 3 {
			t.Errorf("%d were begun, want 3", begun)
		}
	})
}

// TestWhoSendsSlowlyHoldsNoPlace: and what is wrong with a body is still heard of by
// who reads it.
func TestWhoSendsSlowlyHoldsNoPlace(t *testing.T) {
	h := gated(func(w http.ResponseWriter, r *http.Request) error {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = w.Write(body)
		}
		return err
	}, func() {})
	for range 2 {
		slow, sender := io.Pipe()
		defer sender.Close()
		go send(h, "POST", "/work", slow)
	}
	time.Sleep(20 * time.Millisecond) // they would hold both places
	if got := send(h, "POST", "/work", strings.NewReader("hello")); got.Code != 200 || got.Body.String() != "hello" {
		t.Errorf("%d %q", got.Code, got.Body)
	}
	if got := send(h, "POST", "/work", strings.NewReader(strings.Repeat("x", maxBodyBytes+1))); !strings.Contains(got.Body.String(), "too large") {
		t.Errorf("%d %q", got.Code, got.Body)
	}
}
