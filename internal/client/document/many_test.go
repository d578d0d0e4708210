package document_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/client/document"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// The records that a Switch asks.
type (
	closedAPIs   struct{}
	brokenAPIs   struct{}
	flippingAPIs struct {
		on    bool
		err   error
		asked int
	}
)

func (closedAPIs) APIsOpenToAll(context.Context) (bool, error) { return false, nil }
func (brokenAPIs) APIsOpenToAll(context.Context) (bool, error) { return false, store.ErrUnavailable }
func (f *flippingAPIs) APIsOpenToAll(context.Context) (bool, error) {
	f.asked++
	return f.on, f.err
}

// Fifty first requests at once make one fetch in each replica, and one row.
func TestManyAtOnceFetchOnce(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			h, now, at := openHost(t), &atomic.Int64{}, dsn(t)
			now.Store(time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC).UnixMilli())
			replicas := []*world{openOn(t, at, h, now), openOn(t, at, h, now)}
			id := h.publish("/app", plain, "")
			serve, arrived := h.serve["/app"], make(chan struct{}, 2)
			answer := make(chan struct{})
			h.on("/app", func(w http.ResponseWriter, r *http.Request) { arrived <- struct{}{}; <-answer; serve(w, r) })

			var all sync.WaitGroup
			errs := make(chan error, 50)
			for i := range 50 {
				all.Go(func() {
					found, err := replicas[i%2].Find(from(t, fmt.Sprintf("192.0.2.%d", i+1)), id)
					if err == nil && found.Client.ID != id {
						err = fmt.Errorf("found %+v", found)
					}
					errs <- err
				})
			}
			<-arrived
			<-arrived // one of each replica; the others wait for them
			close(answer)
			all.Wait()
			close(errs)
			for err := range errs {
				if err != nil {
					t.Errorf("one of fifty: %v, want the client", err)
				}
			}
			if asked, rows := h.asked.Load(), replicas[0].rows(t); asked != 2 || rows != 1 {
				t.Errorf("asked %d times, %d rows, want one of each replica and one row", asked, rows)
			}
		})
	}
}

// A caller that goes away does not end the fetch for the others.
func TestOneThatGoesAway(t *testing.T) {
	w := open(t)
	id := w.publish("/app", plain, "")
	serve, arrived, answer := w.serve["/app"], make(chan struct{}), make(chan struct{})
	w.on("/app", func(rw http.ResponseWriter, r *http.Request) { close(arrived); <-answer; serve(rw, r) })
	gone, leave := context.WithCancel(from(t, "192.0.2.7"))
	first := make(chan error)
	go func() { _, err := w.Find(gone, id); first <- err }()
	<-arrived
	leave()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that went away: err = %v, want Canceled", err)
	}
	second := make(chan error)
	go func() { _, err := w.Find(from(t, "198.51.100.7"), id); second <- err }()
	close(answer)
	if err := <-second; err != nil || w.asked.Load() != 1 {
		t.Errorf("the other: err = %v, asked %d times; want one fetch", err, w.asked.Load())
	}
}

// Hosts that hang hold up so many requests and no more, and those of one network half of them.
func TestOnlySoManyWait(t *testing.T) {
	w := open(t)
	answer := make(chan struct{})
	arrived := make(chan struct{}, document.MaxWaiting)
	id := w.publish("/app", plain, "")
	serve := w.serve["/app"]
	w.on("/app", func(rw http.ResponseWriter, r *http.Request) { arrived <- struct{}{}; <-answer; serve(rw, r) })
	var all sync.WaitGroup
	var crowded atomic.Int32
	done := make(chan struct{}, 3*document.MaxWaiting)
	ask := func(address string, n int) {
		for range n {
			all.Go(func() {
				if _, err := w.Find(from(t, address), id); errors.Is(err, store.ErrUnavailable) {
					crowded.Add(1)
					done <- struct{}{}
				} else if err != nil {
					t.Errorf("waiting: %v, want the client", err)
				}
			})
		}
	}
	ask("192.0.2.7", document.MaxWaiting/2+1)
	<-done // the one too many of the network
	<-arrived
	ask("198.51.100.7", document.MaxWaiting/2)
	ask("203.0.113.7", 1)
	<-done // the one too many of all
	close(answer)
	all.Wait()
	if n := crowded.Load(); n != 2 || w.asked.Load() != 1 {
		t.Errorf("%d were turned away and the host asked %d times, want 2 and once", n, w.asked.Load())
	}
}

// A thousand documents a minute from one network lead to fifty fetches and fifty rows.
func TestAFloodOfDocuments(t *testing.T) {
	w := open(t)
	for i := range 1000 {
		id := w.publish(fmt.Sprintf("/%d", i), plain, "max-age=86400")
		_, err := w.Find(from(t, fmt.Sprintf("192.0.2.%d", i%250+1)), id)
		if _, limited := errors.AsType[*throttle.Limited](err); limited != (i >= 50) || err != nil && !limited {
			t.Fatalf("document %d: err = %v, want it throttled after fifty", i, err)
		}
	}
	if asked, rows := w.asked.Load(), w.rows(t); asked != 50 || rows != 50 {
		t.Errorf("asked %d times, %d rows, want 50 and 50", asked, rows)
	}
	// From then on, one a minute, and the longest known goes.
	for i := range 10 {
		w.advance(time.Minute)
		w.mustFind(t, w.publish(fmt.Sprintf("/later%d", i), plain, "max-age=86400"))
	}
	if rows := w.rows(t); rows != 50 {
		t.Errorf("%d rows, want 50", rows)
	}
	if _, err := w.db.ClientByID(t.Context(), w.id("/0")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the longest known: err = %v, want it gone", err)
	}
}
