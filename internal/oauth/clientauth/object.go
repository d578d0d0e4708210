package clientauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/keys"
	"gatehouse/store"
)

// CheckObject checks that client signed a request object, and that it is for us and in force
// (RFC 9101 §6). It returns when the object expires, or InvalidRequestObject. It judges the
// claims before the signature, so that an object that cannot be valid leads to no fetch of
// keys. An object has no jti: it gives a code only to the person at the browser, so it may
// come more than once.
func (s *Assertions) CheckObject(ctx context.Context, client store.Client, raw string) (expires time.Time, err error) {
	payload, err := keys.Claims(raw)
	if err == nil {
		expires, err = s.judgeObject(client, payload)
	}
	if err == nil {
		_, err = s.signed(ctx, client, raw, keys.VerifyRequestObject)
	}
	if passing(err) {
		return time.Time{}, fmt.Errorf("reading the keys of client %s: %w", client.ID, err)
	}
	if err != nil {
		return time.Time{}, oauth.InvalidRequestObject.Because("request object of client %s: %w", client.ID, err).Found(refusal.RequestInvalid)
	}
	return expires, nil
}

// judgeObject checks the claims that are not parameters (RFC 9101 §4, OIDC Core 1.0 §6.1).
// A sub that is the client would let the object pass as the client's credentials (§10.8).
func (s *Assertions) judgeObject(client store.Client, payload []byte) (expires time.Time, err error) {
	var a assertion
	if err := json.Unmarshal(payload, &a); err != nil {
		return time.Time{}, fmt.Errorf("claims: %w", err)
	}
	switch {
	case a.ClientID != client.ID:
		return time.Time{}, errors.New("client_id is missing, or not the one outside")
	case a.Issuer != "" && a.Issuer != client.ID:
		return time.Time{}, errors.New("iss is not the client")
	case a.Subject == client.ID:
		return time.Time{}, errors.New("sub is the client, as in an assertion")
	case !slices.Contains(a.Audience.values, s.Issuer):
		return time.Time{}, errors.New("aud is not the issuer")
	}
	return seconds(a.Expires), s.inForce(a, objectLife)
}
