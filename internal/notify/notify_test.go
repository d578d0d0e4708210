package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
)

// A record keeps notices in memory. The contract tests cover the real back-ends.
type record struct {
	mu      sync.Mutex
	notices map[int64]store.LogoutNotice
}

func (r *record) NoticedClients(_ context.Context, now time.Time) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	due := map[string]bool{}
	for _, notice := range r.notices {
		if !notice.NextTry.After(now) {
			due[notice.ClientID] = true
		}
	}
	return slices.Sorted(maps.Keys(due)), nil
}

func (r *record) ClaimNotices(_ context.Context, client string, now, again time.Time, n int) ([]store.LogoutNotice, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []store.LogoutNotice
	for id, notice := range r.notices {
		if len(due) < n && notice.ClientID == client && !notice.NextTry.After(now) {
			notice.Tries++
			notice.NextTry = again
			r.notices[id] = notice
			due = append(due, notice)
		}
	}
	return due, nil
}

func (r *record) PutOffNotice(_ context.Context, id int64, next time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	notice := r.notices[id]
	notice.NextTry = next
	r.notices[id] = notice
	return nil
}

func (r *record) DropNotice(_ context.Context, id int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.notices, id)
	return nil
}

type apps map[string]store.Client

func (a apps) ClientByID(_ context.Context, id string) (store.Client, error) {
	c, ok := a[id]
	if !ok {
		return c, store.ErrNotFound
	}
	return c, nil
}

type minter struct{}

func (minter) Logout(_ context.Context, clientID string, _ store.SigningChoice, sub, sid string) (string, error) {
	return clientID + "." + sub + "." + sid, nil
}

// A rig has a worker, an app whose answers the test chooses, and a clock.
type rig struct {
	*Worker
	record  *record
	now     time.Time
	status  int
	got     []string
	results []string
	mu      sync.Mutex
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), status: http.StatusOK}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		body, _ := io.ReadAll(req.Body)
		r.got = append(r.got, fmt.Sprint(req.Method, " ", req.Header.Get("Content-Type"), " ", string(body)))
		w.WriteHeader(r.status)
	}))
	t.Cleanup(app.Close)
	r.record = &record{notices: map[int64]store.LogoutNotice{1: {ID: 1, ClientID: "shop", Sub: "ann", SessionID: "s1", CreatedAt: r.now, NextTry: r.now}}}
	r.Worker = &Worker{
		Notices: r.record, Clients: apps{"shop": {ID: "shop", BackchannelLogoutURI: app.URL + "/bye"}}, Tokens: minter{},
		HTTP: app.Client(), Every: time.Millisecond, Now: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler),
		Delivered: func(result string) { r.mu.Lock(); defer r.mu.Unlock(); r.results = append(r.results, result) },
	}
	return r
}

func TestAnAppIsToldOnce(t *testing.T) {
	r := newRig(t)
	r.turn(t.Context(), "shop")
	r.turn(t.Context(), "shop")
	want := "POST application/x-www-form-urlencoded logout_token=shop.ann.s1"
	if len(r.got) != 1 || r.got[0] != want || len(r.record.notices) != 0 {
		t.Errorf("the app got %q, and %d notices are left, want %q once and none", r.got, len(r.record.notices), want)
	}
}

func TestAnAppThatFailsIsToldAgainLaterAndNotForEver(t *testing.T) {
	r := newRig(t)
	r.status = http.StatusBadGateway
	for range maxTries + 3 {
		r.turn(t.Context(), "shop")
		r.turn(t.Context(), "shop") // not due yet
		r.now = r.now.Add(delayAfter(maxTries))
		r.record.mu.Lock()
		for id, n := range r.record.notices {
			n.CreatedAt = r.now // another test covers the bound in time
			r.record.notices[id] = n
		}
		r.record.mu.Unlock()
	}
	if len(r.got) != maxTries || len(r.record.notices) != 0 || r.results[maxTries-1] != "given up" {
		t.Errorf(`%d tries, %d notices left, results %v, want %d, none, and "given up" at the end`, len(r.got), len(r.record.notices), r.results, maxTries)
	}
}

func TestNoticesAreForgottenAfterADay(t *testing.T) {
	r := newRig(t)
	r.status = http.StatusInternalServerError
	r.now = r.now.Add(keep)
	r.turn(t.Context(), "shop")
	if len(r.record.notices) != 0 {
		t.Errorf("notices left: %v, want none", r.record.notices)
	}
}

// A deleted app is told at the address that it had, whoever has its ID now.
func TestADeletedAppIsTold(t *testing.T) {
	for name, replaced := range map[string]bool{"gone": false, "replaced": true} {
		r := newRig(t)
		before := r.Clients.(apps)["shop"]
		n := r.record.notices[1]
		n.URI = before.BackchannelLogoutURI
		r.record.notices[1] = n
		r.Clients = apps{}
		if replaced {
			r.Clients = apps{"shop": {ID: "shop", BackchannelLogoutURI: "http://192.0.2.1/bye", CreatedAt: r.now.Add(time.Second)}}
		}
		r.turn(t.Context(), "shop")
		if len(r.got) != 1 || len(r.record.notices) != 0 {
			t.Errorf("%s: got %v, left %v, want one notice, delivered", name, r.got, r.record.notices)
		}
	}
}

func TestAnAppThatWishesNoNoticesGetsNone(t *testing.T) {
	for name, known := range map[string]apps{"gone": {}, "without an address": {"shop": {ID: "shop"}}} {
		r := newRig(t)
		r.Clients = known
		r.turn(t.Context(), "shop")
		if len(r.got) != 0 || len(r.record.notices) != 0 {
			t.Errorf("%s: got %v, left %v, want none", name, r.got, r.record.notices)
		}
	}
}

func TestDelays(t *testing.T) {
	for tries, want := range map[int]time.Duration{1: 5 * time.Second, 2: 20 * time.Second, 7: 20480 * time.Second} {
		if got := delayAfter(tries); got != want {
			t.Errorf("after %d tries: %s, want %s", tries, got, want)
		}
	}
}

func TestTheWorkerStops(t *testing.T) {
	r := newRig(t)
	ctx, stop := context.WithCancelCause(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	stop(errors.New("enough"))
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("the rounds go on after the end, want them to stop")
	}
}

// An app that hangs holds its own turn. The notices of another app, which were recorded
// after all of its own, are delivered meanwhile.
func TestAnAppThatHangsDelaysOnlyItself(t *testing.T) {
	r := newRig(t)
	leave, told := make(chan struct{}), make(chan bool, 1)
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-leave }))
	quick := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told <- true }))
	t.Cleanup(slow.Close)
	t.Cleanup(quick.Close)
	known := apps{"quick": {ID: "quick", BackchannelLogoutURI: quick.URL}}
	for i := range 200 { // of apps that take all places but one
		id := fmt.Sprint("hangs ", i%(places-1))
		known[id] = store.Client{ID: id, BackchannelLogoutURI: slow.URL}
		r.record.notices[int64(100+i)] = store.LogoutNotice{ID: int64(100 + i), ClientID: id, SessionID: fmt.Sprint(i), CreatedAt: r.now, NextTry: r.now}
	}
	r.record.notices[1000] = store.LogoutNotice{ID: 1000, ClientID: "quick", SessionID: "q", CreatedAt: r.now, NextTry: r.now}
	r.Clients, r.HTTP = known, &http.Client{}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	select {
	case <-told:
	case <-time.After(30 * time.Second):
		t.Error("the app that answers was not told while others hang, want its notice delivered")
	}
	stop()
	close(leave)
	<-done
}

// A backlog is delivered without waiting for the next tick between two turns.
func TestABacklogIsDeliveredInTurns(t *testing.T) {
	r := newRig(t)
	for i := range int64(10 * batch) {
		r.record.notices[i] = store.LogoutNotice{ID: i, ClientID: "shop", SessionID: fmt.Sprint(i), CreatedAt: r.now, NextTry: r.now}
	}
	all := make(chan struct{})
	count := 0
	r.Delivered = func(string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if count++; count == 10*batch {
			close(all)
		}
	}
	r.Every = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	select {
	case <-all:
	case <-time.After(30 * time.Second):
		t.Error("the backlog was not delivered within an hour's tick, want all of it at once")
	}
	stop()
	<-done
}
