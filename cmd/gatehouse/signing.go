package main

import (
	"context"

	"gatehouse/internal/cursor"
	"gatehouse/internal/token"
	"gatehouse/internal/uses"
	"gatehouse/keys"
)

// signing is what the services of the server sign and verify with. The services of a
// command do neither and have the zero value.
type signing struct {
	ring     *keys.Ring
	minter   *token.Minter
	verifier *token.Verifier
	cursors  cursor.Sealer
	// data seals at rest what has to be read again.
	data    keys.DataKey
	apiUses *uses.Recorder
	// fresh is set on the first start on a new SQLite file.
	fresh bool
}

func (b *backends) openSigning(ctx context.Context) (signing, error) {
	ring, fresh, err := b.openRing(ctx)
	if err != nil {
		return signing{}, err
	}
	data, err := ring.DataKey(ctx) // here, because a transaction that needs it cannot wait for another that makes it
	if err != nil {
		ring.Close()
		return signing{}, b.masterKeyTrouble(err)
	}
	cfg, apiUses := b.config, b.usesOf("APIs", b.db.UsedAPIs)
	return signing{
		ring: ring, fresh: fresh, apiUses: apiUses, data: data,
		minter: &token.Minter{
			Keys: ring, Issuer: cfg.Issuer, Audience: cfg.Audience, Used: apiUses.Used, Now: b.now,
			Issued: func(g token.Grant) { b.hourly.Issued(g.ClientID, g.Type, string(g.Granted)) },
		},
		verifier: &token.Verifier{Keys: ring, Issuer: cfg.Issuer, Audience: cfg.Audience, Now: b.now},
		cursors:  cursor.Sealer{Keys: ring.Derive("gatehouse cursor v1")},
	}, nil
}

// sealer returns a sealer for one purpose. Others cannot open what it seals.
func (s signing) sealer(purpose string) cursor.Sealer {
	return cursor.Sealer{Keys: s.ring.Derive(purpose)}
}
