package faults_test

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// stays are the kinds of request that keep working while strangers make trouble. A
// sign-in may have to wait for its turn to hash, and be told so.
var stays = kinds("jwks discovery live token.refresh userinfo profile introspect revoke token.client_credentials")

// abuses are strangers' attacks on the replicas themselves, without the balancer.
func (s *site) abuses(t *testing.T) []fault {
	return []fault{
		{id: "F31", name: "a flood of sign-ins under made-up names", during: s.flood(t, longer(4*time.Second, 10*time.Second)), works: stays},
		{id: "F32", name: "passwords of 50 MB", during: s.bombs(), works: stays},
		{id: "F33", name: "clients that send a byte a second", during: s.slowly(longer(300, 3000)), works: stays},
		{id: "F34", name: "huge bodies, headers, forms and nested JSON", during: s.huge(), works: stays},
		{id: "F35", name: fmt.Sprintf("%d idle connections", longer(2000, 10000)), during: s.idle(t, longer(2000, 10000)), works: stays},
		{id: "F36", name: fmt.Sprintf("%d apps refresh at once after an outage", longer(300, 1000)), during: s.herd(t, longer(300, 1000))},
	}
}

// many lets n strangers act at once.
func many(n int, act func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { act(i) })
	}
	all.Wait()
}

// stranger sends a request to a replica, and does not record it.
func (s *site) stranger(i int, method, path, kind string, body io.Reader) (int, http.Header, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*longest)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.replicas[i%len(s.replicas)].base()+path, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("172.16.%d.%d", i/250%250, i%250))
	resp, err := s.strangers.RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header, nil
}

// flood signs in under made-up names, from ever new networks, as fast as 60 strangers
// can.
func (s *site) flood(t *testing.T, long time.Duration) func() {
	return func() {
		end := time.Now().Add(long)
		counts := map[int]int{}
		var mu sync.Mutex
		many(60, func(i int) {
			for n := i; time.Now().Before(end); n += 60 {
				body := fmt.Sprintf(`{"username":"nobody%d","password":"not the right one %d"}`, n, n)
				status, header, err := s.stranger(n, http.MethodPost, "/api/accounts/login/", "application/json", strings.NewReader(body))
				mu.Lock()
				counts[status]++
				mu.Unlock()
				switch {
				case err != nil:
					s.errorf("flood: %v", err)
				case !slices.Contains([]int{401, 429, 503}, status), status != 401 && header.Get("Retry-After") == "":
					s.errorf("flood: status %d with Retry-After %q, want 401, or 429 or 503 with one", status, header.Get("Retry-After"))
				}
			}
		})
		t.Logf("the flood was answered %v", counts)
		for _, r := range s.replicas {
			t.Logf("%s held %d MiB at most", r.name, r.peakMiB())
		}
	}
}

// bombs sends passwords of 50 MB, which must not be hashed.
func (s *site) bombs() func() {
	return func() {
		password := strings.Repeat("a", 50<<20)
		many(6, func(i int) {
			for _, sent := range []struct{ path, kind, body string }{
				{"/api/accounts/login/", "application/json", `{"username":"root","password":"` + password + `"}`},
				{"/oauth/token", "application/x-www-form-urlencoded", "grant_type=password&client_id=shop&username=root&password=" + password},
			} {
				status, _, err := s.stranger(i, http.MethodPost, sent.path, sent.kind, strings.NewReader(sent.body))
				if err == nil && status != http.StatusBadRequest && status != http.StatusRequestEntityTooLarge {
					s.errorf("a password of 50 MB at %s: status %d, want 400 or 413", sent.path, status)
				}
			}
		})
	}
}

// slowly holds n connections that each send one byte of a header per second.
func (s *site) slowly(n int) func() {
	return func() {
		many(n, func(i int) {
			c, err := net.Dial("tcp", s.replicas[i%len(s.replicas)].addr)
			if err != nil {
				s.errorf("slowly: %v", err)
				return
			}
			defer c.Close()
			began := time.Now()
			if _, err := io.WriteString(c, "POST /oauth/token HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
				return
			}
			for time.Since(began) < 20*time.Second {
				_ = c.SetReadDeadline(time.Now().Add(time.Second))
				if _, err := c.Read(make([]byte, 512)); err != nil && !errors.Is(err, context.DeadlineExceeded) && !timedOut(err) {
					return // cut off
				}
				if _, err := io.WriteString(c, "a"); err != nil {
					return
				}
			}
			s.errorf("a client that sends a byte a second kept its connection for %s, want it cut off", time.Since(began))
		})
	}
}

func timedOut(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// huge sends requests that are too large in several ways; each must be refused as the
// caller's fault.
func (s *site) huge() func() {
	var form, nest bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&form, "p%d=1&", i)
	}
	nest.WriteString(strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000))
	short := `{"username":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `,"password":"a"}`
	return func() {
		for i, sent := range []struct {
			what, path, kind, body string
		}{
			{"100,000 parameters", "/oauth/token", "application/x-www-form-urlencoded", form.String()},
			{"a nest of 20,000", "/api/accounts/login/", "application/json", nest.String()},
			{"a nest of 30", "/api/accounts/login/", "application/json", short},
			{"200 parameters", "/oauth/token", "application/x-www-form-urlencoded", form.String()[:1500]},
			{"broken JSON", "/api/accounts/login/", "application/json", strings.Repeat("{", 1000)},
			{"a multipart of 10 MB", "/api/accounts/signup/", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\n" + strings.Repeat("a", 10<<20) + "\r\n--b--"},
		} {
			status, _, err := s.stranger(i, http.MethodPost, sent.path, sent.kind, strings.NewReader(sent.body))
			if err == nil && (status < 400 || status > 499) {
				s.errorf("%s: status %d, want 4xx", sent.what, status)
			}
		}
		for i := range s.replicas {
			ctx, cancel := context.WithTimeout(context.Background(), longest)
			r, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.replicas[i].base()+"/oauth/userinfo", nil)
			r.Header.Set("Authorization", "Bearer "+strings.Repeat("a.", 20_000))
			resp, err := s.strangers.RoundTrip(r)
			if err == nil {
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
					s.errorf("a header of 40 kB: status %d, want 431", resp.StatusCode)
				}
			}
			cancel()
		}
	}
}

// idle holds n connections that have carried one request.
func (s *site) idle(t *testing.T, n int) func() {
	return func() {
		conns := make([]net.Conn, n)
		for i := range conns {
			from := net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%50))}
			c, err := (&net.Dialer{LocalAddr: &from, Timeout: 5 * time.Second}).Dial("tcp", s.replicas[i%len(s.replicas)].addr)
			if err != nil {
				s.errorf("connection %d: %v", i, err)
				break
			}
			conns[i] = c
			_, _ = io.WriteString(c, "GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		time.Sleep(3 * time.Second)
		for _, r := range s.replicas {
			if u, err := r.usage(); err == nil {
				t.Logf("%s holds %v", r.name, u)
			} else {
				s.errorf("%s with idle connections: %v", r.name, err)
			}
		}
		for _, c := range conns {
			if c != nil {
				_ = c.Close()
			}
		}
	}
}

// herd refreshes n sessions of one person at the moment when Redis is back. Each must
// succeed within a minute, without being treated as a reuse.
func (s *site) herd(t *testing.T, n int) func() {
	return func() {
		who := s.people(fmt.Sprint("herd", time.Now().UnixNano()%1e6, "x"), 1)[0]
		sessions := make([]*session, n)
		slots := make(chan struct{}, 8)
		many(n, func(i int) {
			slots <- struct{}{}
			defer func() { <-slots }()
			c := s.caller(nil)
			testkit.Within(t, patience, "one of the herd signs in", func() error {
				if sessions[i] = c.signIn(who, s.shop); sessions[i] == nil {
					return errNotYet
				}
				return nil
			})
		})
		s.redis.Stop()
		time.Sleep(time.Second)
		s.redis.Start()
		began := time.Now()
		many(n, func(i int) {
			c := s.caller(nil)
			for c.renew(sessions[i]) != served && time.Since(began) < time.Minute {
				time.Sleep(time.Second + rand.N(4*time.Second)) // as Retry-After says
			}
		})
		t.Logf("a herd of %d was served after %s", n, time.Since(began).Round(time.Millisecond))
		if took := time.Since(began); took > time.Minute {
			s.errorf("the herd took %s, want at most a minute", took)
		}
	}
}

// tarPit registers an app that accepts logout notices and never answers, and ends
// sessions in it.
func (s *site) tarPit(t *testing.T) func() {
	return func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("listening on a free port: %v", err)
		}
		defer l.Close()
		taken := make(chan struct{}, 1000)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				taken <- struct{}{}
				defer c.Close() // held as long as the pit is open
			}
		}()
		name := "pit" + strings.ToLower(crand.Text()) // another each time
		pit := s.register("--id", name, "--name", "Pit", "--grant", "password", "--grant", "refresh_token", "--scope", "openid account",
			"--backchannel-logout-uri", "http://"+l.Addr().String()+"/logout")
		who := s.people(name, 1)[0]
		c := s.caller(nil)
		for range 10 {
			var in *session
			testkit.Within(t, patience, "somebody signs in to the pit", func() error {
				if in = c.signIn(who, pit); in == nil {
					return errNotYet
				}
				return nil
			})
			began := time.Now()
			if c.end(in) != served || time.Since(began) > 5*time.Second {
				s.errorf("ending a session of an app that never answers took %s, want at most 5s", time.Since(began))
			}
		}
		testkit.Within(t, patience, "the app is told", func() error {
			if len(taken) == 0 {
				return errNotYet
			}
			return nil
		})
	}
}
