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

// Sign makes a token of type typ with the key in force.
func (r *Ring) Sign(ctx context.Context, typ string, claims any) (string, error) {
	k, err := r.inForce(ctx)
	if err != nil {
		return "", err
	}
	return r.mint(ctx, k, typ, claims)
}

// SigningKeyID returns the kid of the key in force.
func (r *Ring) SigningKeyID(ctx context.Context) (string, error) {
	k, err := r.inForce(ctx)
	if err != nil {
		return "", err
	}
	return k.ID, nil
}

// SignWith makes a token with the key kid, which may have been superseded. The same
// claims give the same token, byte for byte, because RS256 is deterministic. If the
// key is gone or was retired, the error is ErrUnknownKey.
func (r *Ring) SignWith(ctx context.Context, kid, typ string, claims any) (string, error) {
	k, err := r.find(ctx, kid)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return r.mint(ctx, k, typ, claims)
}

func (r *Ring) inForce(ctx context.Context) (*key, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	k := s.keys.signing(r.options.Now())
	if k == nil || k.pair == nil {
		// All were retired at once; the next is being made (keepSchedule).
		return nil, fmt.Errorf("signing a token: no signing key in force: %w", store.ErrUnavailable)
	}
	return k, nil
}

// mint writes the compact serialisation (RFC 7515 §7.1).
func (r *Ring) mint(ctx context.Context, k *key, typ string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	head, err := json.Marshal(header{Algorithm: algorithm, KeyID: k.ID, Type: typ})
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	token := make([]byte, 0, (len(head)+len(payload)+k.public.Size())*4/3+8)
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
