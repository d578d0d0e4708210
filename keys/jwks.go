package keys

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"
)

// A Document is the JWK Set (RFC 7517 §5) and how long a verifier may cache it.
type Document struct {
	Body   []byte // shared; it must not be changed
	ETag   string // strong, with its quotes
	MaxAge time.Duration
}

// A jwks is a document and the keys that it was made from.
type jwks struct {
	keys []*key
	body []byte
	etag string
}

// JWKS returns the public keys of all keys that are published, sign or verify.
func (r *Ring) JWKS(ctx context.Context) (Document, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return Document{}, err
	}
	return Document{Body: s.jwks.body, ETag: s.jwks.etag, MaxAge: r.maxAge(s.readAt)}, nil
}

// longestMaxAge bounds maxAge, because a verifier that caches the JWKS keeps
// trusting a retired key for that long.
const longestMaxAge = time.Hour

// maxAge returns how long a verifier may cache the JWKS and never meet a kid that
// is missing from it.
//
// A key that is missing from the document was added after readAt, and no replica
// signs with it until PublishLead after it was made. clockMargin, which is
// subtracted, covers the difference between the replicas' clocks and the delay
// between making a key and recording it. The one exception is an emergency: the
// successor of a retired key signs at once.
//
// While the record cannot be read, readAt stands still and the result falls to
// zero: the document is still served, but not cached.
func (r *Ring) maxAge(readAt time.Time) time.Duration {
	safe := r.options.PublishLead - r.clockMargin()
	age := min(safe-r.options.Now().Sub(readAt), safe, longestMaxAge)
	return max(age, 0).Truncate(time.Second)
}

// clockMargin is a minute, the difference between replicas' clocks that package
// token allows, too, or half of a very short lead.
func (r *Ring) clockMargin() time.Duration { return min(time.Minute, r.options.PublishLead/2) }

// publish makes the document, or reuses that of the previous snapshot if it has the
// same keys. A key that has just gone may stay in it until the next reading.
func (s *snapshot) publish(before *snapshot, now time.Time) error {
	var keys []*key
	for _, ring := range s.all() {
		keys = append(keys, ring.inUse(now)...)
	}
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
