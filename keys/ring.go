// Package keys owns Gatehouse's signing keys: it makes, seals, publishes, rotates
// and erases them, signs tokens and verifies their signatures. Package token owns
// the contents of tokens; nothing here depends on OAuth.
//
// A key is first published, then signs, then only verifies, and finally is gone
// (see State). The record in SQL decides; a Ring is one process's view of it, at
// most a second old.
package keys

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"gatehouse/internal/clock"
	"gatehouse/store"
)

var (
	// ErrInvalid says that none of our keys has signed a token, or that it is not
	// written as we write them. The reason is wrapped with it, for the log.
	ErrInvalid = errors.New("keys: invalid token")

	// ErrUnknownKey says that the ring does not have a key, or that it is gone.
	ErrUnknownKey = errors.New("keys: unknown key")

	// ErrUnknownAlgorithm says that no key of ours signs with an algorithm.
	ErrUnknownAlgorithm = errors.New("keys: unknown algorithm")
)

// Options are what a Ring is opened with.
type Options struct {
	Store store.Keys
	// Masters open the signing keys. The first seals those of a new database.
	Masters MasterKeys
	Now     func() time.Time
	Log     *slog.Logger
	// Signer makes the signers of the keys; nil: plain crypto/rsa.
	Signer Signer

	// RotateEvery is how long a key signs; 0: until Rotate is called.
	RotateEvery time.Duration
	// PublishLead is how long a key is in the JWKS before it signs. It bounds the
	// JWKS's max-age.
	PublishLead time.Duration
	// VerifyFor is how long a key verifies after it last signed: the longest life
	// of a token plus VerifyMargin.
	VerifyFor time.Duration
	// Remember is the type of tokens that come back often: access tokens. A token of
	// that type that was made or verified here is verified again without RSA.
	Remember string
	// SignSlots is how many signatures are made at once; 0: one per core.
	SignSlots int
}

// VerifyMargin is how much longer a key verifies than its last token lives, because
// the replicas' clocks may differ.
const VerifyMargin = 5 * time.Minute

func (o *Options) complete() error {
	if !o.Masters.complete() {
		return errors.New("opening the key ring: no master key")
	}
	if o.PublishLead <= 0 || o.VerifyFor <= 0 {
		return errors.New("opening the key ring: PublishLead and VerifyFor must be positive")
	}
	if o.RotateEvery != 0 && o.RotateEvery < o.PublishLead {
		return fmt.Errorf("opening the key ring: RotateEvery %s is shorter than PublishLead %s", o.RotateEvery, o.PublishLead)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Signer == nil {
		o.Signer = plainSigner
	}
	if o.SignSlots <= 0 {
		o.SignSlots = runtime.GOMAXPROCS(0)
	}
	return nil
}

// A Ring holds the keys in force. Its methods are safe for concurrent use. Until the
// very first key is made they wait, as long as the context allows.
//
// Each algorithm has a schedule of its own. That of RS256 begins with the database; any
// other begins when the algorithm is first chosen (Choose).
type Ring struct {
	options Options
	// primitives has all algorithms.
	primitives map[string]primitive
	generate   func() (*rsa.PrivateKey, error)

	current  atomic.Pointer[snapshot]
	stale    atomic.Pointer[error] // why the last reading of the record failed, or nil
	reading  gate                  // one at a time, so that an older reading never replaces a newer one
	askedAt  time.Time             // of the last reading for an unknown kid; guarded by reading
	changing gate                  // one key is made at a time
	slots    gate                  // for signatures
	verified *lru.Cache[store.Digest, Verified]
	headers  sync.Map // segment → header, of tokens that were verified

	ready      chan struct{} // closed once a key is in force
	readyOnce  sync.Once
	stop       context.CancelFunc
	background sync.WaitGroup
}

// Open reads the record and unseals its keys. The error for a wrong master key is a
// *WrongMasterKey. If the record is empty, Open makes the first key in the
// background, because that takes long enough to delay listening.
func Open(ctx context.Context, o Options) (*Ring, error) {
	r, err := newRing(o)
	if err != nil {
		return nil, err
	}
	if err := r.start(ctx); err != nil {
		return nil, fmt.Errorf("opening the key ring: %w", err)
	}
	return r, nil
}

func (r *Ring) start(ctx context.Context) error {
	if err := r.reload(ctx); err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	if !r.Ready() {
		r.background.Go(func() { r.makeFirst(background) })
	}
	return nil
}

func newRing(o Options) (*Ring, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	primitives, err := newPrimitives()
	if err != nil {
		return nil, fmt.Errorf("opening the key ring: %w", err)
	}
	cache, err := lru.New[store.Digest, Verified](verifiedTokens)
	if err != nil {
		return nil, fmt.Errorf("opening the key ring: %w", err)
	}
	return &Ring{
		options: o, primitives: primitives, generate: generateKey, verified: cache,
		reading: make(gate, 1), changing: make(gate, 1), slots: make(gate, o.SignSlots),
		ready: make(chan struct{}),
	}, nil
}

// Close stops the work that Open began and waits for its end.
func (r *Ring) Close() {
	r.stop()
	r.background.Wait()
}

// Ready reports whether a key is in force.
func (r *Ring) Ready() bool {
	s := r.current.Load()
	return s != nil && s.rings[store.RS256].signing(r.options.Now()) != nil
}

// snapshot returns the current snapshot, and waits until the first key was in force.
func (r *Ring) snapshot(ctx context.Context) (*snapshot, error) {
	select {
	case <-r.ready:
		return r.current.Load(), nil
	default:
	}
	select {
	case <-r.ready:
		return r.current.Load(), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the first signing key: %w: %w", store.ErrUnavailable, ctx.Err())
	}
}

// recordNow is the time in the precision of the record.
func (r *Ring) recordNow() time.Time { return clock.Millis(r.options.Now)() }
