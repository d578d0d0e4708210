package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A request is one HTTP request, and what its answer must be.
type request struct {
	method, path               string
	contentType, authorization string
	cookie, body               string

	want     int
	contains string
	// then, if set, examines the answer.
	then func(http.Header, []byte) error
}

// A scenario sends requests to one endpoint. Many goroutines call next at once.
type scenario struct {
	name string
	next func() request
	// connections is how many send its requests; 0: as many as the rig's options say.
	connections int
	// hashes is set if a request hashes a password.
	hashes bool
	// shy is set if being turned away (503) is not a failure.
	shy bool
}

// A tally is the result of a load.
type tally struct {
	took     []time.Duration // by the correct answers
	busy     int             // 503 with Retry-After, if the scenario is shy
	failures []string
	elapsed  time.Duration
}

func (t tally) rate() float64 { return float64(len(t.took)) / t.elapsed.Seconds() }

// A load sends requests in a closed loop: each of its connections sends one, waits for
// the answer, and sends the next.
type load struct {
	base        string
	connections int
	client      *http.Client
}

func newLoad(base string, connections int) load {
	return load{base: base, connections: connections, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}}
}

func (l load) close() { l.client.CloseIdleConnections() }

// run sends requests for as long as d, and waits for the answers still under way.
func (l load) run(ctx context.Context, s scenario, d time.Duration) tally {
	parts := make([]tally, l.connections)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			for time.Since(start) < d && ctx.Err() == nil {
				l.ask(ctx, s, &parts[i])
			}
		})
	}
	wg.Wait()
	all := tally{elapsed: time.Since(start)}
	for _, p := range parts {
		all.add(p)
	}
	slices.Sort(all.took)
	return all
}

func (l load) ask(ctx context.Context, s scenario, t *tally) {
	start := time.Now()
	err := l.send(ctx, s.next())
	switch {
	case err == nil:
		t.took = append(t.took, time.Since(start))
	case s.shy && errors.Is(err, errBusy):
		t.busy++
	default:
		t.failures = append(t.failures, err.Error())
	}
}

// errBusy means that the server had no room, and said when to come back.
var errBusy = errors.New("503 with Retry-After")

// send sends one request. It returns an error that says what is wrong with the answer.
func (l load) send(ctx context.Context, q request) error {
	r, err := http.NewRequestWithContext(ctx, q.method, l.base+q.path, strings.NewReader(q.body))
	if err != nil {
		return err
	}
	if q.contentType != "" {
		r.Header.Set("Content-Type", q.contentType)
	}
	if q.authorization != "" {
		r.Header.Set("Authorization", q.authorization)
	}
	if q.cookie != "" {
		r.Header.Set("Cookie", q.cookie)
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	return q.judge(answer, body)
}

// judge returns an error that says what is wrong with an answer.
func (q request) judge(answer *http.Response, body []byte) error {
	switch {
	case answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != "":
		return fmt.Errorf("%s %s: %w", q.method, q.path, errBusy)
	case answer.StatusCode != q.want || !strings.Contains(string(body), q.contains):
		return fmt.Errorf("%s %s: %s: %.300s", q.method, q.path, answer.Status, body)
	case q.then == nil:
		return nil
	}
	return q.then(answer.Header, body)
}

// quantile returns the time that a share of the answers did not exceed. took is sorted.
func quantile(took []time.Duration, share float64) time.Duration {
	if len(took) == 0 {
		return 0
	}
	return took[min(int(share*float64(len(took))), len(took)-1)]
}
