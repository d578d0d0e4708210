package keys

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"gatehouse/store"
)

const (
	// maxTokenBytes is many times what a token of ours has.
	maxTokenBytes = 8 << 10
	// verifiedTokens is how many verified tokens are remembered: about 3 MB when full.
	verifiedTokens = 4096
	// askEvery is how often an unknown kid may lead to a reading of the record.
	askEvery = time.Second
)

// Verified is a token that a key of ours signed. Who it is for and whether it
// has expired is for the caller to judge.
type Verified struct {
	Type, KeyID string
	// Payload is shared; it must not be changed.
	Payload []byte
}

// Verify checks form and signature of a token. Whatever is wrong with it, the
// error is ErrInvalid. A token that was verified before costs no RSA; its key
// must still be in use.
func (r *Ring) Verify(ctx context.Context, raw string) (Verified, error) {
	if len(raw) > maxTokenBytes {
		return Verified{}, invalid("%d bytes, %d are accepted", len(raw), maxTokenBytes)
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
	r.verified.Add(digest, verified)
	return verified, nil
}

func (r *Ring) verifyNew(ctx context.Context, raw string) (Verified, error) {
	t, err := split(raw)
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
	if err := r.rs256.verify([]byte(t.input), t.signature, k.public); err != nil {
		return Verified{}, invalid("signature: %w", err)
	}
	return Verified{Type: t.header.Type, KeyID: k.ID, Payload: t.payload}, nil
}

// parts are those of a token in compact serialisation (RFC 7515 §7.1).
type parts struct {
	header    header
	payload   []byte
	signature []byte
	input     string // what is signed
}

// split reads a token. Nothing in it is trusted yet, but whatever we would not
// write ourselves is refused here, so one token has one spelling.
func split(raw string) (parts, error) {
	if n := strings.Count(raw, "."); n != 2 {
		return parts{}, invalid("%d dots, want 2", n)
	}
	last := strings.LastIndexByte(raw, '.')
	t := parts{input: raw[:last]}
	head, payload, _ := strings.Cut(t.input, ".")
	text, err := decodeSegment(head)
	if err != nil {
		return parts{}, invalid("header: %w", err)
	}
	if t.header, err = parseHeader(text); err != nil {
		return parts{}, invalid("%w", err)
	}
	// One algorithm for every key (RFC 8725 §3.1): neither "none" nor an HMAC keyed
	// with a public key gets any further.
	if t.header.Algorithm != algorithm {
		return parts{}, invalid("alg %.32q", t.header.Algorithm)
	}
	if t.payload, err = decodeSegment(payload); err != nil {
		return parts{}, invalid("payload: %w", err)
	}
	if t.signature, err = decodeSegment(raw[last+1:]); err != nil {
		return parts{}, invalid("signature: %w", err)
	}
	return t, nil
}

// decodeSegment decodes base64url without padding (RFC 7515 §2), in its one
// canonical form: encoding/base64 would skip line ends, and ignore bits that
// belong to no byte.
func decodeSegment(segment string) ([]byte, error) {
	if segment == "" || strings.ContainsAny(segment, "\r\n") {
		return nil, fmt.Errorf("empty, or with line ends")
	}
	return base64.RawURLEncoding.Strict().DecodeString(segment)
}

func invalid(reason string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(reason, args...))
}
