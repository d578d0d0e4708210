package token

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"

	"gatehouse/store"
)

// ID holds the claims of an ID token (OIDC Core 1.0 §2). Times are Unix seconds.
type ID struct {
	Issuer          string   `json:"iss"`
	Subject         string   `json:"sub"`
	Audience        string   `json:"aud"`
	AuthorizedParty string   `json:"azp"`
	Expires         int64    `json:"exp"`
	IssuedAt        int64    `json:"iat"`
	AuthTime        int64    `json:"auth_time"`
	Nonce           string   `json:"nonce,omitempty"`
	ACR             string   `json:"acr,omitempty"`
	AMR             []string `json:"amr,omitempty"`
	SessionID       string   `json:"sid"`
	AccessHash      string   `json:"at_hash,omitempty"`

	// More holds the claims about the user that the client asked for.
	More map[string]any `json:"-"`
}

// Identity is what an ID token has besides what its session says.
type Identity struct {
	// Nonce comes from the authorization request; it is empty at a refresh (§12.2).
	Nonce string
	// Claims are the claims about the user that the client asked for in the ID token.
	Claims map[string]any
	// Signing is what it is signed with.
	Signing store.SigningChoice
}

// maxMoreBytes bounds the claims about the user in an ID token, as JSON, so that we still
// accept the token when it comes back. Only the userinfo endpoint has the rest.
const maxMoreBytes = 3 << 10

// bounded returns the claims without the longest ones that would go beyond the bound, so
// that nobody loses their groups in an app because they have a long address.
func bounded(claims map[string]any) map[string]any {
	type claim struct {
		name  string
		bytes int
	}
	var all []claim
	for name, value := range claims {
		text, err := json.Marshal(map[string]any{name: value})
		if err != nil {
			continue
		}
		all = append(all, claim{name, len(text)})
	}
	slices.SortFunc(all, func(a, b claim) int { return cmp.Or(cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.name, b.name)) })
	kept, bytes := map[string]any{}, 0
	for _, c := range all {
		if bytes += c.bytes; bytes <= maxMoreBytes {
			kept[c.name] = claims[c.name]
		}
	}
	return kept
}

// identity makes the claims of an ID token, if more is not nil. It describes the sign-in
// as the access token of the same answer does, and lives as long. As a hint it is
// accepted longer (Verifier.Hint).
func (m *Minter) identity(access Access, more *Identity) *ID {
	if more == nil {
		return nil
	}
	return &ID{
		Issuer: m.Issuer, Subject: access.Subject, Audience: access.ClientID, AuthorizedParty: access.ClientID,
		Expires: access.Expires, IssuedAt: access.IssuedAt, AuthTime: access.AuthTime,
		Nonce: more.Nonce, ACR: access.ACR, AMR: access.AMR, SessionID: access.SessionID,
		More: bounded(more.Claims),
	}
}

// MarshalJSON adds More.
func (id ID) MarshalJSON() ([]byte, error) {
	type plain ID
	return merged(plain(id), id.More)
}

// merged encodes claims with more. The token's own claims come last, so that no attribute
// of a user can replace one.
func merged(claims any, more map[string]any) ([]byte, error) {
	own, err := json.Marshal(claims)
	if err != nil || len(more) == 0 {
		return own, err
	}
	all := maps.Clone(more)
	if err := json.Unmarshal(own, &all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// accessHash returns at_hash: the left half of the access token's hash, by the hash function
// of the ID token's own algorithm (OIDC Core 1.0 §3.1.3.6). That of Ed25519 is SHA-512 (RFC
// 8032 §5.1).
func accessHash(access, algorithm string) string {
	if algorithm == store.Ed25519 {
		sum := sha512.Sum512([]byte(access))
		return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
	}
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// Hint reads an ID token that comes back as id_token_hint. It may have expired (OIDC Core
// 1.0 §3.1.2.1, RP-Initiated Logout 1.0 §2): it names a user whom the client knew, and
// does not give access to anything.
func (v *Verifier) Hint(ctx context.Context, raw string) (ID, error) {
	id, err := open[ID](ctx, v, raw, TypeID)
	if err != nil {
		return ID{}, err
	}
	switch {
	case id.Issuer != v.Issuer || id.Subject == "" || id.Audience == "" || id.SessionID == "":
		return ID{}, because(ErrInvalid, "id_token_hint: iss %.100q, sub, aud or sid is wrong", id.Issuer)
	case id.AuthorizedParty != id.Audience: // an access token of type JWT
		return ID{}, because(ErrInvalid, "id_token_hint: azp %.100q, aud %.100q", id.AuthorizedParty, id.Audience)
	case id.IssuedAt <= 0 || id.IssuedAt > v.Now().Add(skew).Unix():
		return ID{}, because(ErrInvalid, "id_token_hint: iat %d", id.IssuedAt)
	}
	return id, nil
}
