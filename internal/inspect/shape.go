package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"time"

	"gatehouse/internal/token"
	"gatehouse/keys"
)

// longest is more than any token of ours has, in bytes.
const longest = 8 << 10

// opaque are the characters of a token that means something only to its issuer (RFC 6750
// §2.1).
var opaque = regexp.MustCompile(`^[A-Za-z0-9._~+/-]{16,}=*$`)

// form asks whether it is three parts of base64url, of which two are JSON.
func (l *inspection) form(ctx context.Context) (Why, bool, error) {
	claimed, err := keys.Peek(l.Token)
	if err != nil {
		return l.unreadable(), true, nil //nolint:nilerr // an unreadable token is a finding
	}
	l.Members = claimed.Payload
	l.Type, l.Algorithm, l.KeyID = text(claimed.Header["typ"]), text(claimed.Header["alg"]), text(claimed.Header["kid"])
	l.Claims, l.NotBefore = read(claimed.Payload)
	_, l.critical = claimed.Header["crit"]
	l.Kind = l.kind()
	return "", true, l.addressed(ctx)
}

// read returns the claims that have their types.
func read(members map[string]json.RawMessage) (claims token.Access, notBefore time.Time) {
	text, err := json.Marshal(members)
	if err != nil || json.Unmarshal(text, &claims) != nil {
		claims = token.Access{}
	}
	var seconds int64
	if json.Unmarshal(members["nbf"], &seconds) == nil && seconds != 0 {
		notBefore = time.Unix(seconds, 0).UTC()
	}
	return claims, notBefore
}

// unreadable returns the fault of a text that is not a signed token, and sets its kind.
func (l *inspection) unreadable() Why {
	parts := strings.Split(l.Token, ".")
	switch {
	case len(l.Token) > longest:
		l.Kind = Garbage
		return TooLong
	case strings.ContainsAny(l.Token, " \t\r\n"):
		l.Kind = Garbage
		return Broken
	case len(parts) == 5 && strings.HasPrefix(l.Token, "eyJ"): // RFC 7516 §7.1
		l.Kind = Encrypted
		return IsEncrypted
	case len(parts) == 1 && opaque.MatchString(l.Token):
		l.Kind = Opaque
		return IsOpaque
	}
	l.Kind = Garbage
	return NoToken
}

// kind returns what the token says that it is.
func (l *inspection) kind() Kind {
	has := func(name string) bool { _, there := l.Members[name]; return there }
	switch l.Type {
	case token.TypeAccess:
		return Access
	case token.TypeRefresh:
		return Refresh
	case token.TypeLogout:
		return Logout
	}
	switch {
	case has("azp") || has("nonce") || has("at_hash"):
		return ID
	case has("client_id") && has("scope"):
		return Access
	}
	return OtherJWT
}

// header asks whether the algorithm and the type are those of access tokens.
func (l *inspection) header(context.Context) (Why, bool, error) {
	if l.failed(Form) {
		return "", false, nil
	}
	return l.headerFault(), true, nil
}

func (l *inspection) headerFault() Why {
	switch {
	case strings.EqualFold(l.Algorithm, "none"):
		return AlgNone
	case strings.HasPrefix(l.Algorithm, "HS"):
		return AlgSymmetric
	case !keys.Accepts(l.Algorithm):
		return AlgOther
	case l.critical || l.KeyID == "" || l.Type == "":
		return HeaderOther
	case l.Kind == Refresh:
		return IsRefresh
	case l.Kind == Logout:
		return IsLogout
	case l.Kind == ID:
		return IsID
	case l.Kind != Access || l.Type != token.TypeAccess && l.Type != token.TypeID:
		return TypeOther
	case l.API != nil && l.API.TokenType != l.Type:
		return TypeUnlike
	}
	return ""
}

// key asks whether the key that the header names is in the ring.
func (l *inspection) key(ctx context.Context) (Why, bool, error) {
	if l.failed(Form) || !keys.Accepts(l.Algorithm) {
		return "", false, nil
	}
	all, err := l.Keys.List(ctx)
	if err != nil {
		return "", false, err
	}
	for _, k := range all {
		if k.ID == l.KeyID {
			l.Key = &k
		}
	}
	switch _, err := l.Keys.Verify(ctx, l.Token); {
	case err != nil && !errors.Is(err, keys.ErrInvalid):
		return "", false, err
	case !errors.Is(err, keys.ErrUnknownKey):
		return "", true, nil
	case l.Key != nil:
		return KeyGone, true, nil
	}
	return KeyUnknown, true, nil
}

// signature asks whether that key has signed it.
func (l *inspection) signature(ctx context.Context) (Why, bool, error) {
	if l.failed(Form) || !keys.Accepts(l.Algorithm) || l.failed(Key) {
		return "", false, nil
	}
	_, err := l.Keys.Verify(ctx, l.Token)
	if errors.Is(err, keys.ErrInvalid) {
		return Forged, true, nil
	}
	l.Proved = err == nil
	return "", true, err
}

// text returns a JSON string, or "" for anything else.
func text(raw json.RawMessage) (s string) {
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
