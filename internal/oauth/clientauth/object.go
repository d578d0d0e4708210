package clientauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"gatehouse/internal/oauth"
	"gatehouse/keys"
	"gatehouse/store"
)

// CheckObject checks that client signed a request object, and that it is for us and in force
// (RFC 9101 §6). Otherwise it returns InvalidRequestObject. It judges the claims before the
// signature, so that an object that cannot be valid leads to no fetch of keys. An object has
// no jti: it gives a code only to the person at the browser, so it may come more than once.
func (s *Assertions) CheckObject(ctx context.Context, client store.Client, raw string) error {
	payload, err := keys.Claims(raw)
	if err == nil {
		err = s.judgeObject(client, payload)
	}
	if err == nil {
		_, err = s.signed(ctx, client, raw, keys.VerifyRequestObject)
	}
	if passing(err) {
		return fmt.Errorf("reading the keys of client %s: %w", client.ID, err)
	}
	if err != nil {
		return oauth.InvalidRequestObject.Because("request object of client %s: %w", client.ID, err)
	}
	return nil
}

// judgeObject checks the claims that are not parameters (RFC 9101 §4, OIDC Core 1.0 §6.1).
// A sub that is the client would let the object pass as the client's credentials (§10.8).
func (s *Assertions) judgeObject(client store.Client, payload []byte) error {
	var a assertion
	if err := json.Unmarshal(payload, &a); err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	switch {
	case a.ClientID != client.ID:
		return errors.New("client_id is missing, or not the one outside")
	case a.Issuer != "" && a.Issuer != client.ID:
		return errors.New("iss is not the client")
	case a.Subject == client.ID:
		return errors.New("sub is the client, as in an assertion")
	case !slices.Contains(a.Audience.values, s.Issuer):
		return errors.New("aud is not the issuer")
	}
	return s.inForce(a, objectLife)
}
