package clientauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/throttle"
	"gatehouse/keys"
	"gatehouse/store"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionLife is how far ahead an assertion may expire. Its jti has to be
	// remembered for as long.
	assertionLife = 5 * time.Minute
	// assertionSkew is how far ahead of ours a client's clock may be.
	assertionSkew = 10 * time.Second
	// objectLife is how far ahead a request object may expire. A client may sign one for
	// the whole of a person's visit.
	objectLife = time.Hour
	maxJTI     = 255
)

// Assertions verifies the assertions that clients sign to authenticate (RFC 7523).
type Assertions struct {
	// Once marks an assertion as used on every replica (RFC 7523 §3, rule 7).
	Once interface {
		UseOnce(ctx context.Context, key store.Digest, expires time.Time) (bool, error)
	}
	// Keys reads the keys behind a jwks_uri. Strangers does so for clients that no
	// administrator registered: whatever Keys may reach, it reaches nothing inside.
	Keys, Strangers KeyReader
	Issuer          string
	Now             func() time.Time
}

// A KeyReader reads the keys at a URL.
type KeyReader interface {
	Get(ctx context.Context, url string) ([]byte, error)
	// Renew reads them again, for an assertion whose key is not among them.
	Renew(ctx context.Context, url string) ([]byte, error)
}

// assertion holds the claims of a client assertion (RFC 7523 §3), and of a request object.
type assertion struct {
	Issuer, Subject, ClientID    string
	Audience                     audience
	JTI                          string
	Expires, IssuedAt, NotBefore float64
}

// UnmarshalJSON implements json.Unmarshaler. The names of claims are unique and case-sensitive
// (RFC 7519 §4); encoding/json on its own would use the last of two, and treat "EXP" as "exp".
func (a *assertion) UnmarshalJSON(text []byte) error {
	members, err := keys.ParseObject(text)
	if err != nil {
		return err
	}
	for name, value := range map[string]any{
		"iss": &a.Issuer, "sub": &a.Subject, "client_id": &a.ClientID, "aud": &a.Audience, "jti": &a.JTI, "exp": &a.Expires, "iat": &a.IssuedAt, "nbf": &a.NotBefore,
	} {
		if given, ok := members[name]; ok {
			if err := json.Unmarshal(given, value); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// audience is one string or an array of them (RFC 7519 §4.1.3).
type audience struct {
	values []string
	array  bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		a.values = []string{one}
		return nil
	}
	a.array = true
	return json.Unmarshal(text, &a.values)
}

// claimed returns the sub of an assertion before anything is verified.
func claimed(raw string) (string, error) {
	payload, err := keys.Claims(raw)
	if err != nil {
		return "", err
	}
	var a assertion
	if err := json.Unmarshal(payload, &a); err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	return a.Subject, nil
}

// verify checks that client signed the assertion, that it is for us and in force, and
// that it comes for the first time. Otherwise it returns InvalidClient.
func (s *Assertions) verify(r *http.Request, client store.Client, raw string) error {
	payload, err := s.signed(r.Context(), client, raw, keys.VerifyAssertion)
	if passing(err) {
		return fmt.Errorf("reading the keys of client %s: %w", client.ID, err)
	}
	if err != nil {
		return oauth.InvalidClient.Because("assertion of client %s: %w", client.ID, err).Found(refusal.AssertionInvalid)
	}
	var a assertion
	if err := json.Unmarshal(payload, &a); err != nil {
		return oauth.InvalidClient.Because("assertion of client %s: claims: %w", client.ID, err).Found(refusal.AssertionInvalid)
	}
	if err := s.judge(r, client, a); err != nil {
		return oauth.InvalidClient.Because("assertion of client %s: %w", client.ID, refusal.Else(err, refusal.Fact{Kind: refusal.AssertionInvalid}))
	}
	// This comes last, so that it uses up only an assertion that is otherwise valid.
	first, err := s.Once.UseOnce(r.Context(), store.DigestOf("client assertion\x00"+client.ID+"\x00"+a.JTI), seconds(a.Expires))
	if err != nil {
		return fmt.Errorf("marking an assertion as used: %w", err)
	}
	if !first {
		return oauth.InvalidClient.Because("assertion of client %s was replayed", client.ID).Found(refusal.AssertionReplayed)
	}
	return nil
}

// signed returns the payload of a token that client signed, as verify reads it. A client adds a key by
// publishing it and signing with it at once (OIDC Core 1.0 §10.1.1), so an unknown key may
// be behind the jwks_uri by now.
func (s *Assertions) signed(ctx context.Context, client store.Client, raw string, verify func(set []byte, raw string) ([]byte, error)) ([]byte, error) {
	set, err := s.keySet(ctx, client)
	if err != nil {
		return nil, err
	}
	payload, err := verify(set, raw)
	if client.JWKS != "" || !errors.Is(err, keys.ErrMissingKey) {
		return payload, err
	}
	renewed, fault := s.keysOf(client).Renew(ctx, client.JWKSURI)
	switch {
	case passing(fault):
		return nil, fault
	case fault != nil, bytes.Equal(renewed, set):
		return nil, err
	}
	return verify(renewed, raw)
}

// passing reports whether the keys could not be read now, which says nothing of the client.
func passing(err error) bool {
	_, limited := errors.AsType[*throttle.Limited](err)
	return limited || errors.Is(err, store.ErrUnavailable)
}

func (s *Assertions) keySet(ctx context.Context, client store.Client) ([]byte, error) {
	switch {
	case client.JWKS != "":
		return []byte(client.JWKS), nil
	case client.JWKSURI != "":
		return s.keysOf(client).Get(ctx, client.JWKSURI)
	}
	return nil, errors.New("none registered")
}

func (s *Assertions) keysOf(client store.Client) KeyReader {
	if client.Origin == store.OriginRegistered {
		return s.Keys
	}
	return s.Strangers
}

// judge checks the claims (RFC 7523 §3).
func (s *Assertions) judge(r *http.Request, client store.Client, a assertion) error {
	switch {
	case a.Issuer != client.ID || a.Subject != client.ID:
		return errors.New("iss or sub is not the client")
	case a.JTI == "" || len(a.JTI) > maxJTI:
		return errors.New("jti is missing or too long")
	case !s.addressed(r, client, a.Audience):
		return refusal.With(errors.New("aud is not us"), refusal.Fact{Kind: refusal.AssertionAudience, Expected: s.Issuer})
	}
	return s.inForce(a, assertionLife)
}

// inForce checks the times of a token that may expire at most life ahead.
func (s *Assertions) inForce(a assertion, life time.Duration) error {
	now := s.Now()
	latest := now.Add(assertionSkew)
	switch {
	case a.Expires <= 0 || !now.Before(seconds(a.Expires)):
		return clock("exp is missing or has passed", a.Expires, now)
	case seconds(a.Expires).After(latest.Add(life)):
		return clock("exp is too far ahead", a.Expires, latest.Add(life))
	case seconds(a.IssuedAt).After(latest), seconds(a.NotBefore).After(latest):
		return clock("iat or nbf is in the future", max(a.IssuedAt, a.NotBefore), now)
	}
	return nil
}

// clock returns a refusal because of a time in a token.
func clock(reason string, given float64, bound time.Time) error {
	f := refusal.Fact{Kind: refusal.AssertionClock, Expected: bound.UTC().Format(time.RFC3339)}
	if given > 0 {
		f.Given = seconds(given).Format(time.RFC3339)
	}
	return refusal.With(errors.New(reason), f)
}

// TokenPath is the path of the token endpoint.
const TokenPath = "/oauth/token" //nolint:gosec // G101: a path, not a credential

// addressed reports whether the audience is this server: an assertion for another one
// must not work here. FAPI 2.0 requires the issuer as the only audience; older clients
// name the endpoint.
func (s *Assertions) addressed(r *http.Request, client store.Client, given audience) bool {
	if client.AssertionAudience == "issuer" {
		return !given.array && slices.Equal(given.values, []string{s.Issuer})
	}
	base := strings.TrimSuffix(s.Issuer, "/")
	for _, ours := range []string{s.Issuer, base + TokenPath, base + r.URL.Path} {
		if slices.Contains(given.values, ours) {
			return true
		}
	}
	return false
}

// seconds converts a NumericDate, which may have a fraction (RFC 7519 §2).
func seconds(n float64) time.Time {
	const farthest = 1 << 40
	return time.UnixMilli(int64(min(max(n, -farthest), farthest) * 1000)).UTC()
}
