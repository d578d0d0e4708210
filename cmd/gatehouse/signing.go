package main

import (
	"context"
	"fmt"
	"time"

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
	// by makes the signatures with RSA.
	by keys.Implementation
}

func (b *backends) openSigning(ctx context.Context) (signing, error) {
	by, err := b.chooseSigner()
	if err != nil {
		return signing{}, err
	}
	ring, fresh, err := b.openRing(ctx, by.Signer)
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
		ring: ring, fresh: fresh, by: by, apiUses: apiUses, data: data,
		minter: &token.Minter{
			Keys: ring, Issuer: cfg.Issuer, Audience: cfg.Audience, Used: apiUses.Used, Now: b.now,
			Issued: func(g token.Grant) { b.hourly.Issued(g.ClientID, g.Type, string(g.Granted)) },
		},
		verifier: &token.Verifier{Keys: ring, Issuer: cfg.Issuer, Audience: cfg.Audience, Now: b.now},
		cursors:  cursor.Sealer{Keys: ring.Derive("gatehouse cursor v1")},
	}, nil
}

// chooseSigner returns what makes the signers of keys.
func (b *backends) chooseSigner() (keys.Implementation, error) {
	chosen, err := keys.Choose(b.config.Signer)
	if err != nil {
		return chosen, fmt.Errorf("GATEHOUSE_SIGNER: %w", err)
	}
	b.metrics.Signer(chosen.Name, chosen.Library)
	return chosen, nil
}

// tellSigner logs what makes signatures. It comes after the greeting, which people read.
func (a *app) tellSigner(ctx context.Context) {
	if a.by.Wrong {
		a.log.WarnContext(ctx, "signatures with RSA are not made by OpenSSL, which failed", "signer", a.by.Name, "library", a.by.Library, "error", a.by.Instead)
		return
	}
	a.log.InfoContext(ctx, "signatures with RSA", "signer", a.by.Name, "library", a.by.Library)
}

// A chooser makes sure that there are keys of an algorithm.
type chooser interface {
	Choose(ctx context.Context, algorithm, actor string) (from time.Time, err error)
	Algorithms(ctx context.Context) ([]string, error)
}

// choosing returns the server's ring or, for a command, one that is opened when an algorithm
// is chosen, and only then.
func (b *backends) choosing(s signing) chooser {
	if s.ring != nil {
		return s.ring
	}
	return briefly{b}
}

// briefly opens a ring for one choice.
type briefly struct{ *backends }

// Choose implements chooser.
func (b briefly) Choose(ctx context.Context, algorithm, actor string) (from time.Time, err error) {
	err = b.with(ctx, func(ring *keys.Ring) error {
		from, err = ring.Choose(ctx, algorithm, actor)
		return err
	})
	return from, err
}

// Algorithms implements chooser.
func (b briefly) Algorithms(ctx context.Context) (all []string, err error) {
	err = b.with(ctx, func(ring *keys.Ring) error {
		all, err = ring.Algorithms(ctx)
		return err
	})
	return all, err
}

// with calls f with the ring. Only a server makes the very first key.
func (b briefly) with(ctx context.Context, f func(*keys.Ring) error) error {
	known, err := b.db.SigningKeys(ctx)
	if err != nil {
		return err
	}
	if len(known) == 0 {
		return errNoKeys
	}
	ring, _, err := b.openRing(ctx, nil) // it signs nothing
	if err != nil {
		return err
	}
	defer ring.Close()
	return f(ring)
}

// sealer returns a sealer for one purpose. Others cannot open what it seals.
func (s signing) sealer(purpose string) cursor.Sealer {
	return cursor.Sealer{Keys: s.ring.Derive(purpose)}
}
