package server

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"gatehouse/handlers"
)

// gated returns a server with two places, and a path that never passes the gate.
func gated(serve handlers.Endpoint, shed func()) http.Handler {
	refuse := func(w http.ResponseWriter, _ *http.Request, err error) {
		status := http.StatusTeapot
		if errors.Is(err, handlers.ErrBusy) {
			status = http.StatusServiceUnavailable
		}
		http.Error(w, err.Error(), status)
	}
	keys := func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "keys")
		return err
	}
	return router([]handlers.Table{
		tableOf(handlers.Audience{Refuse: refuse}, handlers.Route{Method: http.MethodPost, Path: "/work", Serve: serve}),
		tableOf(handlers.Audience{Refuse: refuse, FromMemory: true}, handlers.Route{Method: http.MethodGet, Path: "/keys", Serve: keys}),
	}, refuse, newGate(2, shed))
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
			t.Errorf("status %d after %s, %d shed, want 503, %s and 1", got.Code, time.Since(start), shed, patience)
		}
		if got := send(h, "GET", "/keys", nil); got.Code != 200 {
			t.Errorf("keys: status = %d, want 200", got.Code)
		}
		go func() { done <- send(h, "POST", "/work", nil).Code }() // waits
		synctest.Wait()
		leave <- true
		synctest.Wait()
		close(leave)
		for range 3 {
			if code := <-done; code != 200 {
				t.Errorf("status %d, want 200", code)
			}
		}
		if begun != 3 {
			t.Errorf("%d requests were begun, want 3", begun)
		}
	})
}

// To refuse an unknown method, the guard queries the database about the caller.
func TestAnUnknownMethodNeedsAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan bool)
		var asked atomic.Int32
		audience := handlers.Audience{
			Refuse: func(w http.ResponseWriter, _ *http.Request, err error) {
				status := http.StatusMethodNotAllowed
				if errors.Is(err, handlers.ErrBusy) {
					status = http.StatusServiceUnavailable
				}
				w.WriteHeader(status)
			},
			NotAllowed: func(*http.Request, handlers.Route) error { asked.Add(1); <-leave; return errors.New("not allowed") },
		}
		h := router([]handlers.Table{tableOf(audience, handlers.Route{Method: http.MethodPost, Path: "/work"})}, refuse, newGate(2, func() {}))
		codes := make(chan int, 3)
		for range 3 {
			go func() { codes <- send(h, "DELETE", "/work", nil).Code }()
		}
		if got := <-codes; got != http.StatusServiceUnavailable || asked.Load() != 2 {
			t.Errorf("status %d with %d at once, want 503 and 2", got, asked.Load())
		}
		close(leave)
		for range 2 {
			if got := <-codes; got != http.StatusMethodNotAllowed {
				t.Errorf("status = %d, want 405", got)
			}
		}
	})
}

// Thousands of large bodies, sent slowly, would exhaust the memory before the work on
// any had begun. Small ones are still received.
func TestLargeBodiesAreReceivedAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := gated(func(http.ResponseWriter, *http.Request) error { return nil }, func() {})
		slow, sender := io.Pipe()
		go func() {
			for range largeBodies {
				_, _ = sender.Write(make([]byte, 1))
			}
		}()
		done := make(chan int, largeBodies)
		for range largeBodies {
			body := io.MultiReader(bytes.NewReader(make([]byte, smallBytes)), slow)
			go func() { done <- send(h, "POST", "/work", body).Code }()
		}
		synctest.Wait()
		if got := send(h, "POST", "/work", bytes.NewReader(make([]byte, smallBytes+1))); got.Code != 503 {
			t.Errorf("another large body: status = %d, want 503", got.Code)
		}
		if got := send(h, "POST", "/work", bytes.NewReader(make([]byte, smallBytes-1))); got.Code != 200 {
			t.Errorf("a small body: status = %d, want 200", got.Code)
		}
		_ = sender.Close()
		for range largeBodies {
			<-done
		}
		if got := send(h, "POST", "/work", bytes.NewReader(make([]byte, smallBytes+1))); got.Code != 200 {
			t.Errorf("a large body afterwards: status = %d, want 200", got.Code)
		}
	})
}

// A slow sender holds no place, and the endpoint that reads a body still gets its error.
func TestASlowSenderHoldsNoPlace(t *testing.T) {
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
		t.Errorf(`status %d, body %q, want 200 and "hello"`, got.Code, got.Body)
	}
	if got := send(h, "POST", "/work", strings.NewReader(strings.Repeat("x", maxBodyBytes+1))); !strings.Contains(got.Body.String(), "too large") {
		t.Errorf(`status %d, body %q, want it to say "too large"`, got.Code, got.Body)
	}
}

// Over HTTP/2 one connection can send many requests and hold back all of their answers.
func TestASlowReaderHoldsNoPlace(t *testing.T) {
	begun := make(chan bool)
	h := gated(func(w http.ResponseWriter, r *http.Request) error {
		if r.ProtoMajor == 2 {
			begun <- true
		}
		_, err := w.Write(make([]byte, 16<<10)) // more than package http keeps
		return err
	}, func() {})
	s := newShelf(t, certify(t, 1, time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)))
	addr, _, _ := serving(t, h.ServeHTTP, ServeOptions{TLS: s.Config(), ShutdownTimeout: time.Second})
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatalf("dialling the server over TLS: %v", err)
	}
	defer conn.Close()
	askForNothing(t, conn, "/work", 2)
	for range 2 {
		<-begun
	}
	if got := send(h, "POST", "/work", nil); got.Code != 200 {
		t.Errorf("status = %d while two answers are held back, want 200", got.Code)
	}
}

// askForNothing sends n requests, and holds back the bodies of their answers.
func askForNothing(t *testing.T, conn io.Writer, path string, n int) {
	t.Helper()
	var head, out bytes.Buffer
	fields := hpack.NewEncoder(&head)
	frames := http2.NewFramer(&out, nil)
	_, _ = out.WriteString(http2.ClientPreface)
	_ = frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	for i := range n {
		head.Reset()
		for _, f := range [][2]string{{":method", "POST"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", path}} {
			_ = fields.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		_ = frames.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: head.Bytes(), EndStream: true, EndHeaders: true})
	}
	if _, err := conn.Write(out.Bytes()); err != nil {
		t.Fatalf("writing to the connection: %v", err)
	}
}
