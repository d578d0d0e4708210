package document

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// MaxWaiting is how many requests may wait for documents at once. They use no processor
// time, so the server has that many places more.
const MaxWaiting = 128

// maxNear is how many of them may come from one network: hosts that hang must not keep
// others from waiting.
const maxNear = 64

// errCrowded says that too many requests wait already.
var errCrowded = fmt.Errorf("too many requests wait for clients' documents: %w", store.ErrUnavailable)

// flights let requests for one document at the same time share one fetch. The zero value
// is ready.
type flights struct {
	mu       sync.Mutex
	byID     map[string]*flight
	waiting  int
	networks map[string]int
}

type flight struct {
	done  chan struct{}
	found Found
	err   error
}

// take returns the result of the fetch that is under way for the ID, or begins one. A caller
// that goes away does not end it for the others.
func (f *flights) take(ctx context.Context, id string, fetch func(context.Context) (Found, error)) (Found, error) {
	network := reqctx.From(ctx).Site().String()
	shared, first, err := f.join(id, network)
	if err != nil {
		return Found{}, err
	}
	defer f.leave(network)
	if first {
		go func() {
			shared.found, shared.err = fetch(context.WithoutCancel(ctx))
			f.land(id, shared)
		}()
	}
	select {
	case <-shared.done:
		return shared.found, shared.err
	case <-ctx.Done():
		return Found{}, fmt.Errorf("waiting for a client's document: %w", ctx.Err())
	}
}

func (f *flights) join(id, network string) (shared *flight, first bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting >= MaxWaiting || f.networks[network] >= maxNear {
		return nil, false, errCrowded
	}
	if f.byID == nil {
		f.byID, f.networks = map[string]*flight{}, map[string]int{}
	}
	f.waiting++
	f.networks[network]++
	if shared = f.byID[id]; shared != nil {
		return shared, false, nil
	}
	shared = &flight{done: make(chan struct{}), err: errors.New("the fetch did not end")}
	f.byID[id] = shared
	return shared, true, nil
}

func (f *flights) leave(network string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting--
	if f.networks[network]--; f.networks[network] == 0 {
		delete(f.networks, network)
	}
}

func (f *flights) land(id string, shared *flight) {
	f.mu.Lock()
	delete(f.byID, id)
	f.mu.Unlock()
	close(shared.done)
}
