package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"gatehouse/handlers"
)

// patience is how long a request waits for a place. It is short, so that a request
// still answers in time when the database or Redis is slow as well.
const patience = 500 * time.Millisecond

// A gate lets a bounded number of requests work at once. If thousands arrived
// together, each would otherwise be so slow that Redis and the database seem to
// hang, and a refresh could rotate and then fail. A request that is turned away has
// begun nothing, so the caller may try again with the same token. A nil gate admits
// every request.
type gate struct {
	places *places
	large  *places // held by a large body while it is received
	shed   func()
}

// newGate returns a gate with that many places, or nil if places is 0. The gate calls
// shed for each request that it turns away.
func newGate(places int, shed func()) *gate {
	if places <= 0 {
		return nil
	}
	return &gate{newPlaces(places), newPlaces(largeBodies), shed}
}

// enter waits for a place, and returns the function that releases it, which may be
// called more than once. It reads the body first: a slow sender holds a connection,
// but not a place.
func (g *gate) enter(r *http.Request) (leave func(), err error) {
	if g == nil {
		return func() {}, nil
	}
	if crowded(r.Context()) {
		g.shed()
		return nil, handlers.ErrBusy
	}
	if err := g.receive(r); err != nil {
		return nil, err
	}
	done := working(r.Context())
	if err := g.wait(r.Context(), g.places); err != nil {
		done()
		return nil, err
	}
	return sync.OnceFunc(func() { g.places.release(); done() }), nil
}

// wait acquires a place within patience, and counts the request as shed otherwise.
func (g *gate) wait(ctx context.Context, of *places) error {
	err := of.acquire(ctx, patience)
	if errors.Is(err, handlers.ErrBusy) {
		g.shed()
	}
	return err
}

const (
	// smallBytes is larger than nearly every body.
	smallBytes = 8 << 10
	// largeBodies is how many larger bodies are received at once: thousands of them,
	// sent slowly, would exhaust the memory before the work on any had begun.
	largeBodies = 256
)

// receive reads the body into memory. An error of the body is returned to its reader,
// not here.
func (g *gate) receive(r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body := handlers.RoomFor(r)
	_, err := io.CopyN(body, r.Body, smallBytes)
	if err == nil {
		if err := g.wait(r.Context(), g.large); err != nil {
			return err
		}
		defer g.large.release()
		if _, err = body.ReadFrom(r.Body); err == nil {
			err = io.EOF
		}
	}
	r.Body = &received{bytes.NewReader(body.Bytes()), err, r.Body}
	return nil
}

// received is a body that has been read, and the error that ended it.
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

// An answer releases the place when its body begins, because the work is done then. A
// caller that reads it slowly, or over HTTP/2 opens no window for it, holds a
// connection, but not a place.
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
