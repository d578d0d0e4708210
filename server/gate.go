package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"gatehouse/handlers"
)

// patience is how long a request waits for a place. With it, an answer that a part
// of ours makes late is still given in time.
const patience = 500 * time.Millisecond

// A gate lets a bounded number of requests work at once. When thousands come
// together, each would otherwise be so slow that Redis and the database seem to
// hang, and a refresh could rotate and then fail. Whoever is turned away has begun
// nothing, and may come again with the same token. A nil gate lets everybody in.
type gate struct {
	places *semaphore.Weighted
	large  *semaphore.Weighted // bodies that are large, being received
	shed   func()
}

// newGate returns nil if places is 0.
func newGate(places int, shed func()) *gate {
	if places <= 0 {
		return nil
	}
	return &gate{semaphore.NewWeighted(int64(places)), semaphore.NewWeighted(largeBodies), shed}
}

// enter waits for a place, and returns what gives it back, which may be called again.
// The body is read before: who sends slowly holds a connection, but no place.
func (g *gate) enter(r *http.Request) (leave func(), err error) {
	if g == nil {
		return func() {}, nil
	}
	if err := g.receive(r); err != nil {
		return nil, err
	}
	done := working(r.Context())
	if err := g.wait(r.Context(), g.places); err != nil {
		done()
		return nil, err
	}
	return sync.OnceFunc(func() { g.places.Release(1); done() }), nil
}

// wait takes one of those, if it can be had with patience. Nearly always one is free,
// and no clock need be set.
func (g *gate) wait(ctx context.Context, of *semaphore.Weighted) error {
	if of.TryAcquire(1) {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch err := of.Acquire(bounded, 1); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("waiting for a place: %w", ctx.Err())
	}
	g.shed()
	return handlers.ErrBusy
}

const (
	// smallBytes is more than nearly every body has.
	smallBytes = 8 << 10
	// largeBodies is how many larger ones are received at once: with thousands that
	// are sent slowly, memory would run out before anybody had begun to work.
	largeBodies = 256
)

// receive reads the body into memory. What went wrong with it is for its reader to hear.
func (g *gate) receive(r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	var body bytes.Buffer
	_, err := io.CopyN(&body, r.Body, smallBytes)
	if err == nil {
		if err := g.wait(r.Context(), g.large); err != nil {
			return err
		}
		defer g.large.Release(1)
		if _, err = body.ReadFrom(r.Body); err == nil {
			err = io.EOF
		}
	}
	r.Body = &received{bytes.NewReader(body.Bytes()), err, r.Body}
	return nil
}

// received is a body that has been read, and what came after it.
type received struct {
	body *bytes.Reader
	end  error
	io.Closer
}

func (b *received) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err == io.EOF {
		err = b.end
	}
	return n, err
}

// An answer gives the place back when its body begins, for the work is done then. Who
// takes it slowly, or over HTTP/2 lets nothing be sent, holds a connection, but no place.
type answer struct {
	http.ResponseWriter
	leave func()
}

func (a answer) Write(p []byte) (int, error) {
	a.leave()
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (a answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
