package keys

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"gatehouse/store"
)

const (
	// maxTokenBytes is many times the size of our tokens.
	maxTokenBytes = 8 << 10
	// verifiedTokens is how many verified tokens are remembered: about 3 MB when full.
	verifiedTokens = 4096
	// askEvery is how often an unknown kid may lead to a reading of the record.
	askEvery = time.Second
)

// Verified is a token that one of our keys signed. The caller judges its audience
// and its expiry.
type Verified struct {
	Type, KeyID string
	// Payload is shared; it must not be changed.
	Payload []byte
	// Memo is for what the caller makes of the payload. It lives as long as the token is
	// remembered, and every caller with the same token shares it.
	Memo *atomic.Pointer[any]
}

// Verify checks the form and the signature of a token. Every refusal is ErrInvalid.
// A token that was verified before needs no arithmetic, but its key must still be in use.
func (r *Ring) Verify(ctx context.Context, raw string) (Verified, error) {
	if len(raw) > maxTokenBytes {
		return Verified{}, invalid("%d bytes, want at most %d", len(raw), maxTokenBytes)
	}
	s, err := r.snapshot(ctx)
	if err != nil {
		return Verified{}, err
	}
	digest := store.DigestOf(raw)
	if known, ok := r.verified.Get(digest); ok && s.usable(known.KeyID, r.options.Now()) != nil {
		return known, nil
	}
	verified, err := r.verifyNew(ctx, raw)
	if err != nil {
		return Verified{}, err
	}
	if verified.Type == r.options.Remember {
		r.verified.Add(digest, verified)
	}
	return verified, nil
}

func (r *Ring) verifyNew(ctx context.Context, raw string) (Verified, error) {
	t, err := split(raw, r.ours)
	if err != nil {
		return Verified{}, err
	}
	k, err := r.find(ctx, t.header.KeyID)
	switch {
	case isUnknown(err):
		return Verified{}, invalid("%w", err)
	case err != nil:
		return Verified{}, fmt.Errorf("verifying a token: %w", err)
	}
	// The key says which algorithm it is for, never the token (RFC 8725 §3.1).
	if t.header.Algorithm != k.Algorithm {
		return Verified{}, invalid("alg %.32q, and key %s is for %s", t.header.Algorithm, k.ID, k.Algorithm)
	}
	if err := r.primitives[k.Algorithm].verify([]byte(t.input), t.signature, k.pair); err != nil {
		return Verified{}, invalid("signature: %w", err)
	}
	r.headers.Store(t.head, t.header)
	return Verified{Type: t.header.Type, KeyID: k.ID, Payload: t.payload, Memo: &atomic.Pointer[any]{}}, nil
}

// ours returns the parsed form of a header segment if one of our keys has signed that
// very spelling before. There are as many as keys times types of tokens.
func (r *Ring) ours(segment string) (header, bool) {
	h, ok := r.headers.Load(segment)
	if !ok {
		return header{}, false
	}
	return h.(header), true
}

// parts are the parts of a token in compact serialisation (RFC 7515 §7.1).
type parts struct {
	head      string // the header's segment
	header    header
	payload   []byte
	signature []byte
	input     string // what is signed
}

// split parses a token. It trusts nothing in it yet, but refuses every spelling that
// we would not write ourselves, so one token has one spelling. A header that known
// returns is not parsed again.
func split(raw string, known func(segment string) (header, bool)) (parts, error) {
	if n := strings.Count(raw, "."); n != 2 {
		return parts{}, invalid("%d dots, want 2", n)
	}
	last := strings.LastIndexByte(raw, '.')
	t := parts{input: raw[:last]}
	var payload string
	t.head, payload, _ = strings.Cut(t.input, ".")
	var err error
	var ok bool
	if t.header, ok = known(t.head); !ok {
		if t.header, err = readHeader(t.head); err != nil {
			return parts{}, err
		}
	}
	if t.payload, err = decodeSegment(payload); err != nil {
		return parts{}, invalid("payload: %w", err)
	}
	if t.signature, err = decodeSegment(raw[last+1:]); err != nil {
		return parts{}, invalid("signature: %w", err)
	}
	return t, nil
}

// readHeader parses a header that is not known yet. "none" and an HMAC keyed with a public
// key are refused here; the key says later which of our algorithms it is for.
func readHeader(segment string) (header, error) {
	text, err := decodeSegment(segment)
	if err != nil {
		return header{}, invalid("header: %w", err)
	}
	h, err := parseHeader(text)
	if err != nil {
		return header{}, invalid("%w", err)
	}
	if !Accepts(h.Algorithm) {
		return header{}, invalid("alg %.32q", h.Algorithm)
	}
	return h, nil
}

// decodeSegment decodes base64url without padding (RFC 7515 §2). It accepts only the
// canonical form: encoding/base64 on its own would skip line ends and ignore bits
// that do not belong to a byte.
func decodeSegment(segment string) ([]byte, error) {
	if segment == "" || strings.ContainsAny(segment, "\r\n") {
		return nil, fmt.Errorf("empty, or with line ends")
	}
	return base64.RawURLEncoding.Strict().DecodeString(segment)
}

func invalid(reason string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(reason, args...))
}
