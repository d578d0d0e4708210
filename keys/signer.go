package keys

import (
	"context"
	"crypto"
	"fmt"

	"gatehouse/store"
)

// A Signer makes what signs with a private key that was just unsealed. It is
// the seam for a faster implementation of RSA, or for one that hands the key to
// hardware. It is called once for each key.
type Signer func(kid string, private crypto.PrivateKey) (crypto.Signer, error)

// plainSigner signs with the key itself, by crypto/rsa.
func plainSigner(_ string, private crypto.PrivateKey) (crypto.Signer, error) {
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T cannot sign", private)
	}
	return signer, nil
}

// A gate lets so many through at a time, the others in the order they came. One
// slot makes it a lock whose waiting ends with the context.
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

// signature signs input as soon as a slot is free. There are as many slots as
// cores: more signatures at once finish no earlier on average, and the slowest
// much later.
func (r *Ring) signature(ctx context.Context, k *key, input []byte) ([]byte, error) {
	if err := r.slots.enter(ctx); err != nil {
		return nil, fmt.Errorf("waiting for a signing slot: %w: %w", store.ErrUnavailable, err)
	}
	defer r.slots.leave()
	return r.rs256.sign(input, k.signer)
}
