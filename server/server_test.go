package server

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// serving starts Serve and returns its address, the function that stops it, and a
// channel with its result.
func serving(t *testing.T, h http.HandlerFunc, o ServeOptions) (addr string, stop context.CancelFunc, ended chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening on a free port: %v", err)
	}
	o.Log = slog.New(slog.DiscardHandler)
	if o.ShutdownTimeout == 0 {
		o.ShutdownTimeout = 5 * time.Second
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	ended = make(chan error, 1)
	go func() { ended <- Serve(ctx, l, h, o) }()
	return l.Addr().String(), stop, ended
}

func TestRequestsInProgressAreFinishedBeforeTheEnd(t *testing.T) {
	entered, leave, draining := make(chan bool), make(chan bool), make(chan bool)
	addr, stop, ended := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			entered <- true
			<-leave
		}
		_, _ = io.WriteString(w, "done")
	}, ServeOptions{DrainDelay: 200 * time.Millisecond, Draining: func() { close(draining) }})

	answers := make(chan string, 1)
	go func() { answers <- get("http://" + addr + "/slow") }()
	<-entered
	stop()
	<-draining
	// Until a load balancer notices, its requests are served.
	if got := get("http://" + addr + "/"); got != "done" {
		t.Errorf(`in the drain delay: %q, want "done"`, got)
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			break // refused, as it must be
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("new connections are accepted after the drain delay, want them refused")
		}
		time.Sleep(10 * time.Millisecond)
	}
	close(leave)
	if got := <-answers; got != "done" {
		t.Errorf(`the request in progress got %q, want "done"`, got)
	}
	if err := <-ended; err != nil {
		t.Errorf("serving until the end: %v", err)
	}
}

func TestTheEndDoesNotWaitForever(t *testing.T) {
	entered, leave := make(chan bool), make(chan bool)
	defer close(leave)
	addr, stop, ended := serving(t, func(http.ResponseWriter, *http.Request) {
		entered <- true
		<-leave
	}, ServeOptions{ShutdownTimeout: 50 * time.Millisecond})
	go get("http://" + addr)
	<-entered
	stop()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("Serve reports nothing of a request that it cut off, want an error")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the server hangs at the end, want it to stop")
	}
}

func get(url string) string {
	answer, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func TestEveryWaitHasAnEnd(t *testing.T) {
	srv := newHTTPServer(nil, slog.New(slog.DiscardHandler))
	for name, d := range map[string]time.Duration{
		"header": srv.ReadHeaderTimeout, "read": srv.ReadTimeout, "write": srv.WriteTimeout, "idle": srv.IdleTimeout,
	} {
		if d <= 0 || d > time.Minute {
			t.Errorf("%s time-out %s, want at most a minute", name, d)
		}
	}
	if srv.WriteTimeout <= requestBudget {
		t.Error("the connection ends before the work for a request does, want a longer timeout")
	}
	if srv.MaxHeaderBytes <= 0 || srv.MaxHeaderBytes > 64<<10 {
		t.Errorf("headers of %d bytes are accepted, want a limit of at most 64 KiB", srv.MaxHeaderBytes)
	}
}

func TestTLS(t *testing.T) {
	template := httptest.NewUnstartedServer(nil) // for its certificate
	template.StartTLS()
	defer template.Close()
	addr, _, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}, ServeOptions{TLS: &tls.Config{Certificates: template.TLS.Certificates, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}})

	for _, c := range []struct {
		name string
		max  uint16
		h2   bool
		want string
	}{
		{"TLS 1.3 and HTTP/2", tls.VersionTLS13, true, "HTTP/2.0"},
		{"TLS 1.2", tls.VersionTLS12, false, "HTTP/1.1"},
		{"TLS 1.1 is refused", tls.VersionTLS11, false, ""},
	} {
		transport := template.Client().Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.MinVersion, transport.TLSClientConfig.MaxVersion = tls.VersionTLS10, c.max
		transport.ForceAttemptHTTP2 = c.h2
		if !c.h2 {
			transport.TLSClientConfig.NextProtos, transport.Protocols = nil, nil
			transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		}
		answer, err := (&http.Client{Transport: transport}).Get("https://" + addr)
		if c.want == "" {
			if err == nil {
				answer.Body.Close()
				t.Errorf("%s: want the handshake refused", c.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: sending the GET request: %v", c.name, err)
			continue
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(body) != c.want {
			t.Errorf("%s: %s, want %s", c.name, body, c.want)
		}
		transport.CloseIdleConnections()
	}
}
