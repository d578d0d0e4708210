package main

import (
	"context"

	"gatehouse/internal/cursor"
	"gatehouse/internal/token"
	"gatehouse/keys"
)

// signing is what the services of the server sign and verify with. The services of a
// command do neither and have the zero value.
type signing struct {
	ring     *keys.Ring
	minter   *token.Minter
	verifier *token.Verifier
	cursors  cursor.Sealer
	// fresh is set on the first start on a new SQLite file.
	fresh bool
}

func (b *backends) openSigning(ctx context.Context) (signing, error) {
	ring, fresh, err := b.openRing(ctx)
	if err != nil {
		return signing{}, err
	}
	cfg := b.config
	return signing{
		ring: ring, fresh: fresh,
		minter:   &token.Minter{Keys: ring, Issuer: cfg.Issuer, Audience: cfg.Audience, Now: b.now},
		verifier: &token.Verifier{Keys: ring, Issuer: cfg.Issuer, Audience: cfg.Audience, Now: b.now},
		cursors:  cursor.Sealer{Keys: ring.Derive("gatehouse cursor v1")},
	}, nil
}

// sealer returns a sealer for one purpose. Others cannot open what it seals.
func (s signing) sealer(purpose string) cursor.Sealer {
	return cursor.Sealer{Keys: s.ring.Derive(purpose)}
}
