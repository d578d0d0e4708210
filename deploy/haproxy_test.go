package deploy

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

const balancerFile = "haproxy/haproxy.cfg"

// A replica stands in for Gatehouse behind the balancer.
type replica struct {
	*httptest.Server
	unready, cut atomic.Bool // a replica that is cut reads a request and hangs up
	taken        atomic.Int32
	forwarded    atomic.Value
}

func startReplica(t *testing.T) *replica {
	t.Helper()
	r := &replica{}
	r.forwarded.Store("")
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *replica) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.URL.Path {
	case "/healthz/live":
		return
	case "/healthz/ready":
		if r.unready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return
	}
	r.taken.Add(1)
	r.forwarded.Store(strings.Join(req.Header.Values("X-Forwarded-For"), "|") + req.Header.Get("Forwarded"))
	if r.cut.Load() {
		panic(http.ErrAbortHandler)
	}
}

// balance starts HAProxy in front of replicas, and returns its URL once it answers.
func balance(t *testing.T, replicas ...string) string {
	t.Helper()
	return balanceAndLog(t, t.Output(), replicas...)
}

// balanceAndLog is balance with the log in a place of its own.
func balanceAndLog(t *testing.T, log io.Writer, replicas ...string) string {
	t.Helper()
	program := testkit.Installed(t, "haproxy")
	bind := testkit.FreeAddress(t)
	cmd := exec.Command(program, "-dW", "-db", "-f", balancerFile)
	cmd.Env = append(os.Environ(), "MAXCONN=100", "BIND="+bind, "REPLICA_1="+replicas[0], "REPLICA_2="+replicas[1], "REPLICA_3="+replicas[2])
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the command: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	within(t, "the balancer answers", func() bool { return status(t, "GET", "http://"+bind+"/") == http.StatusOK })
	return "http://" + bind
}

// within waits until holds returns true, for as long as a loaded machine may need.
func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("not within 30 s, want that %s", what)
		}
	}
}

// status returns the status of an answer, or 0 if no answer came. Each request has a
// connection of its own.
func status(t *testing.T, method, url string, headers ...string) int {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	req.Close = true
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := (&http.Client{Timeout: 20 * time.Second}).Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestHAProxyTakesTheConfiguration(t *testing.T) {
	run(t, testkit.Installed(t, "haproxy"), "-dW", "-c", "-f", balancerFile)
}

func three(t *testing.T) (all []*replica, url string) {
	t.Helper()
	var addresses []string
	for range 3 {
		r := startReplica(t)
		all = append(all, r)
		addresses = append(addresses, r.Listener.Addr().String())
	}
	return all, balance(t, addresses...)
}

func taken(all []*replica) (n int32) {
	for _, r := range all {
		n += r.taken.Swap(0)
	}
	return n
}

func TestTheBalancerNeverRepeatsWhatMayHaveBeenDone(t *testing.T) {
	all, url := three(t)
	for _, r := range all {
		r.cut.Store(true)
	}
	for method, want := range map[string]int32{"POST": 1, "PATCH": 1, "DELETE": 1, "GET": 3} {
		taken(all)
		if code := status(t, method, url+"/oauth/token"); code != http.StatusBadGateway && code != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d, want 502 or 503", method, code)
		}
		if n := taken(all); n != want {
			t.Errorf("%s reached %d replicas, want %d", method, n, want)
		}
	}
}

func TestTheBalancerLosesNothingThatWasNotSent(t *testing.T) {
	all, url := three(t)
	all[0].Listener.Close() // it refuses connections before anybody has noticed
	for range 12 {
		if code := status(t, "POST", url+"/oauth/token"); code != http.StatusOK {
			t.Errorf("a POST got %d, want 200", code)
		}
	}
}

func TestTheBalancerAvoidsReplicasThatAreNotReady(t *testing.T) {
	all, url := three(t)
	all[0].unready.Store(true)
	within(t, "the first replica is left alone", func() bool {
		all[0].taken.Store(0)
		for range 6 {
			status(t, "GET", url+"/")
		}
		return all[0].taken.Load() == 0
	})
	for _, r := range all {
		r.unready.Store(true)
	}
	time.Sleep(3 * time.Second) // longer than it takes to notice
	if code := status(t, "GET", url+"/.well-known/jwks.json"); code != http.StatusOK {
		t.Errorf("status %d while all replicas live but none is ready, want 200", code)
	}
}

func TestTheBalancerSaysWhereARequestComesFrom(t *testing.T) {
	all, url := three(t)
	status(t, "GET", url+"/", "X-Forwarded-For", "192.0.2.1", "X-Forwarded-For", "192.0.2.2", "Forwarded", "for=192.0.2.3")
	for _, r := range all {
		if said := r.forwarded.Load(); said != "" && said != "127.0.0.1" {
			t.Errorf("a replica was told the address %q, want 127.0.0.1", said)
		}
	}
	if code := status(t, "GET", url+"/metrics"); code != http.StatusNotFound {
		t.Errorf("/metrics: %d, want 404", code)
	}
}

// Queries have secrets, such as the token of the first administrator's link. The balancer
// logs none, neither of requests that it passes on nor of those that it refuses.
func TestTheBalancerLogsNoSecret(t *testing.T) {
	const secret = "s3cr3t-t0ken"
	log := &testkit.Journal{}
	r := startReplica(t)
	addr := r.Listener.Addr().String()
	url := balanceAndLog(t, log, addr, addr, addr)
	for _, path := range []string{"/setup?token=", "/oauth/logout?id_token_hint=", "/metrics?", "/oauth/authorize?request=%00", "/%6detrics?a=", "//x?a=b?c="} {
		for _, method := range []string{"GET", "POST", "FOO"} {
			status(t, method, url+path+secret)
		}
	}
	for _, line := range []string{
		"GET http://gatehouse/setup?token=" + secret + " HTTP/1.1\r\nHost: gatehouse\r\n", "GET /setup?token=" + secret + " HTTP/9.9\r\n",
		"GET /setup?token=" + secret + "\x01 HTTP/1.1\r\n", "GET /setup?token=" + secret + " HTTP/1.1\r\nHost: a\r\nHost: b\r\nBad header\r\n",
		"GET /setup?token=" + secret + "\r\n", "GET /" + strings.Repeat("a", 20000) + "?token=" + secret + " HTTP/1.1\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatalf("connecting to the balancer: %v", err)
		}
		_, _ = io.WriteString(conn, line+"\r\n")
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	}
	status(t, "GET", url+"/the-last")
	within(t, "the log has the last request", func() bool { return strings.Contains(log.String(), `"/the-last"`) })
	if text := log.String(); strings.Contains(text, secret) || !strings.Contains(text, `GET "/setup"`) {
		t.Errorf("the log has the secret, or lacks the path, want the path alone:\n%s", text)
	}
}
