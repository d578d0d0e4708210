package system_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// TestStopWhileRequestsAreInProgress checks that a server that is told to stop finishes
// the requests in progress, and accepts no others.
func TestStopWhileRequestsAreInProgress(t *testing.T) {
	t.Parallel()
	for _, b := range backends()[:2] {
		t.Run(b.name, func(t *testing.T) {
			s := open(t, b.settings(t)...)
			pia := s.newcomer(t, "pia", "user")
			const n = 12
			sent := make([]halfSent, n)
			for i := range sent {
				sent[i] = s.a.sendHalf(t, s.halfOf(t, i, pia))
			}
			testkit.Within(t, patience, "all requests are in progress", func() error { return s.a.inProgress(t, n+1) })
			_ = s.a.cmd.Process.Signal(syscall.SIGTERM)
			testkit.Within(t, patience, "connections are refused", s.a.refusesConnections)
			answers := crowd(n, func(i int) answer { return sent[i].finish() })
			for _, a := range answers {
				a.is(t, http.StatusOK)
			}
			if code := s.a.wait(t); code != 0 {
				t.Errorf("the exit code is %d, want 0", code)
			}
			for _, a := range answers {
				s.b.ask(profile(a.tokens().access)).is(t, http.StatusOK) // the session was really made
			}
		})
	}
}

func (p *process) refusesConnections() error {
	c, err := net.Dial("tcp", strings.TrimPrefix(p.base, "http://"))
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	if err == nil {
		err = firstOf(c.Close(), errors.New("a connection was accepted"))
	}
	return err
}

// halfOf returns a sign-in in one of two ways, or a refresh. Most are refreshes: on a
// machine that does much else, a dozen passwords are checked for longer than one may wait.
func (s *site) halfOf(t *testing.T, i int, who person) request {
	switch i % 4 {
	case 0:
		return s.shop.grant(who).comingFrom(s.network())
	case 1:
		return login(who).comingFrom(s.network())
	}
	return s.shop.refresh(s.signIn(t, s.a, who, s.shop).refresh).comingFrom(s.network())
}

// A halfSent is a request that still waits for the end of its body.
type halfSent struct {
	body   *io.PipeWriter
	rest   []byte
	answer chan answer
}

// sendHalf sends the head of a request and half of its body.
func (p *process) sendHalf(t *testing.T, r request) halfSent {
	t.Helper()
	req, err := p.build(r)
	if err != nil {
		t.Fatalf("sending half a request: %v", err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatalf("reading the body: %v", err)
	}
	reader, writer := io.Pipe()
	req.Body, req.GetBody = reader, nil
	h := halfSent{body: writer, rest: body[len(body)/2:], answer: make(chan answer, 1)}
	go func() {
		a := answer{asked: r.path + " at " + p.name}
		resp, err := p.client.Do(req)
		if a.err = err; err == nil {
			a.status, a.header = resp.StatusCode, resp.Header
			a.body, a.err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		h.answer <- a
	}()
	if _, err := writer.Write(body[:len(body)/2]); err != nil {
		t.Fatalf("writing to the pipe: %v", err)
	}
	return h
}

func (h halfSent) finish() answer {
	_, err := h.body.Write(h.rest)
	if err := firstOf(err, h.body.Close()); err != nil {
		return answer{err: err}
	}
	select {
	case a := <-h.answer:
		return a
	case <-time.After(patience):
		return answer{err: fmt.Errorf("the answer did not come within %s", patience)}
	}
}

// inProgress returns an error unless the server reports n requests in progress.
func (p *process) inProgress(t *testing.T, n int) error {
	a := p.ask(request{path: "/metrics"})
	want := fmt.Sprintf("gatehouse_http_requests_in_flight %d\n", n)
	if a.err != nil || !strings.Contains(string(a.body), want) {
		return fmt.Errorf("%q is not in the metrics: %w", want, a.err)
	}
	return nil
}
