package keys

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"
)

// A Document is the JWK Set (RFC 7517 §5) and how long it may be kept.
type Document struct {
	Body   []byte // shared; it must not be changed
	ETag   string // strong, with its quotes
	MaxAge time.Duration
}

// A jwks is a document and what it was made from.
type jwks struct {
	keys []*key
	body []byte
	etag string
}

// JWKS returns the public keys: all that are published, sign or verify.
func (r *Ring) JWKS(ctx context.Context) (Document, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return Document{}, err
	}
	return Document{Body: s.jwks.body, ETag: s.jwks.etag, MaxAge: r.maxAge(s.readAt)}, nil
}

// longestMaxAge is how long a retired key may go on being trusted by verifiers
// that keep the JWKS, so it is not long even where the schedule would allow it.
const longestMaxAge = time.Hour

// maxAge is how long the JWKS may be kept so that a verifier that keeps it never
// meets a kid that is not in it.
//
// A key that is not in the document was added after readAt, and signs, on any
// replica, PublishLead after it was made at the earliest. From that is taken what
// can lie between the clocks of replicas and between making a key and its being in
// the record (clockMargin). The one exception is an emergency: a key that follows
// a retired one signs at once.
//
// If the record cannot be read, readAt stands still and the answer falls to zero
// in time: the document is still served, but not kept.
func (r *Ring) maxAge(readAt time.Time) time.Duration {
	safe := r.options.PublishLead - r.clockMargin()
	age := min(safe-r.options.Now().Sub(readAt), safe, longestMaxAge)
	return max(age, 0).Truncate(time.Second)
}

// clockMargin is a minute, as much as replicas' clocks may differ elsewhere
// (package token), or half of a very short lead.
func (r *Ring) clockMargin() time.Duration { return min(time.Minute, r.options.PublishLead/2) }

// publish makes the document, or takes it from the view before if the same keys
// are in it. A key that has just gone may be in it until the next reading.
func (s *snapshot) publish(before *snapshot, now time.Time) error {
	keys := s.keys.inUse(now)
	sameKey := func(a, b *key) bool { return a.ID == b.ID }
	if before != nil && slices.EqualFunc(keys, before.jwks.keys, sameKey) {
		s.jwks = before.jwks
		return nil
	}
	body, err := keySet(keys)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(body)
	s.jwks = jwks{keys: keys, body: body, etag: `"` + base64.RawURLEncoding.EncodeToString(digest[:16]) + `"`}
	return nil
}
