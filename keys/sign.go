package keys

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"gatehouse/store"
)

// Sign makes a token of type typ with the key in force of an algorithm; Usable says which
// algorithms have one.
func (r *Ring) Sign(ctx context.Context, algorithm, typ string, claims any) (string, error) {
	k, err := r.inForce(ctx, algorithm)
	if err != nil {
		return "", err
	}
	return r.mint(ctx, k, typ, claims)
}

// SigningKeyID returns the kid of the key in force of the first of the algorithms that has
// one, or of RS256.
func (r *Ring) SigningKeyID(ctx context.Context, algorithms ...string) (string, error) {
	usable, err := r.Usable(ctx, algorithms...)
	if err != nil {
		return "", err
	}
	k, err := r.inForce(ctx, usable)
	if err != nil {
		return "", err
	}
	return k.ID, nil
}

// SignWith makes a token with the key kid, which may have been superseded. The same
// claims give the same token, byte for byte, if the key's algorithm is deterministic, as
// RS256 and Ed25519 are. If the key is gone or was retired, the error is ErrUnknownKey.
func (r *Ring) SignWith(ctx context.Context, kid, typ string, claims any) (string, error) {
	k, err := r.find(ctx, kid)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return r.mint(ctx, k, typ, claims)
}

// Usable returns the first of the algorithms that has a key in force, or RS256.
func (r *Ring) Usable(ctx context.Context, algorithms ...string) (string, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return "", err
	}
	now := r.options.Now()
	for _, a := range algorithms {
		if a == store.RS256 || s.rings[a].signing(now) != nil {
			return a, nil
		}
	}
	return store.RS256, nil
}

// Algorithms returns the algorithms that have keys, published or in force.
func (r *Ring) Algorithms(ctx context.Context) (known []string, err error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	now := r.options.Now()
	for _, a := range store.SigningAlgorithms() {
		if len(s.rings[a].inUse(now)) > 0 {
			known = append(known, a)
		}
	}
	return known, nil
}

func (r *Ring) inForce(ctx context.Context, algorithm string) (*key, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	k := s.rings[algorithm].signing(r.options.Now())
	if k == nil || k.pair == nil {
		// All were retired at once; the next is being made (keepSchedule).
		return nil, fmt.Errorf("signing a token: no key of %.32q in force: %w", algorithm, store.ErrUnavailable)
	}
	return k, nil
}

// longestSignature is that of a key of keyBits.
const longestSignature = keyBits / 8

// mint writes the compact serialisation (RFC 7515 §7.1).
func (r *Ring) mint(ctx context.Context, k *key, typ string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	head, err := json.Marshal(header{Algorithm: k.Algorithm, KeyID: k.ID, Type: typ})
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	token := make([]byte, 0, (len(head)+len(payload)+longestSignature)*4/3+8)
	token = base64.RawURLEncoding.AppendEncode(token, head)
	token = append(token, '.')
	token = base64.RawURLEncoding.AppendEncode(token, payload)
	signature, err := r.signature(ctx, k, token)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	token = append(token, '.')
	token = base64.RawURLEncoding.AppendEncode(token, signature)
	if len(token) > maxTokenBytes {
		return "", fmt.Errorf("signing a token: it has %d bytes, and at most %d are accepted", len(token), maxTokenBytes)
	}
	if typ == r.options.Remember {
		r.verified.Add(sha256.Sum256(token), Verified{Type: typ, KeyID: k.ID, Payload: payload, Memo: &atomic.Pointer[any]{}})
	}
	return string(token), nil
}
