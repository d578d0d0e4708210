package keys

import (
	"context"
	"crypto"
	"fmt"
	"runtime"

	"gatehouse/store"
)

// A Signer makes the crypto.Signer of a private key that was just unsealed. It is
// called once for each key. A faster implementation of RSA, or one that hands the
// key to hardware, plugs in here.
type Signer func(kid string, private crypto.PrivateKey) (crypto.Signer, error)

// plainSigner returns the key itself, which signs by crypto/rsa.
func plainSigner(_ string, private crypto.PrivateKey) (crypto.Signer, error) {
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T cannot sign", private)
	}
	return signer, nil
}

// A gate admits as many callers at a time as it has slots, in the order in which
// they arrive. With one slot it is a lock whose waiting ends with the context.
type gate chan struct{}

func (g gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g gate) leave() { <-g }

// signature signs input as soon as one of Options.SignSlots is free. Beyond one per
// core, signatures finish no earlier on average, and the slowest much later.
func (r *Ring) signature(ctx context.Context, k *key, input []byte) ([]byte, error) {
	if err := r.slots.enter(ctx); err != nil {
		return nil, fmt.Errorf("waiting for a signing slot: %w: %w", store.ErrUnavailable, err)
	}
	// A signature keeps its core for a millisecond, in which requests that need a few
	// microseconds have become ready. Without the yield they would also wait for the rest of
	// this one, and often for the next: p99 at 16 callers was twice as high. It comes before
	// the slot is left, because whoever waits for the slot would be next on this core, before
	// this answer. The slot stays taken for as long as others want the core.
	defer r.slots.leave()
	defer runtime.Gosched()
	return r.primitives[k.Algorithm].sign(input, k.signer)
}
