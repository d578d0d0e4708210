package token_test

import (
	"encoding/json"
	"errors"
	"testing"

	"gatehouse/internal/token"
	"gatehouse/store"
)

// Whatever payload our key may have signed, an accepted token is of its type, for us, in
// time and complete.
func FuzzClaims(f *testing.F) {
	g := start(f)
	for _, typ := range []string{token.TypeAccess, token.TypeRefresh, token.TypeID, token.TypeLogout} {
		for _, c := range []claims{
			g.goodAccess(), g.goodRefresh(), g.goodAccess().with(claims{"exp": 1e300}), g.goodAccess().with(claims{"exp": g.now.Unix()}), g.goodAccess().with(claims{"sid": absent, "role": absent, "auth_time": absent, "acr": absent, "amr": absent, "sub": "shop"}),
			g.goodRefresh().with(claims{"gen": -1}), g.goodRefresh().with(claims{"role": "king"}), g.goodAccess().with(claims{"nbf": g.now.Unix() + 1}), g.goodAccess().with(claims{"aud": []string{audience}}),
		} {
			text, err := json.Marshal(c)
			if err != nil {
				f.Fatalf("marshalling the JSON: %v", err)
			}
			f.Add(typ, text)
		}
	}
	f.Add(token.TypeAccess, []byte(`null`))
	f.Add(token.TypeID, []byte(`{"iss":"x","ISS":"y"}`))
	f.Fuzz(func(t *testing.T, typ string, payload []byte) {
		if typ == "" || !json.Valid(payload) {
			return
		}
		raw, err := g.ring.Sign(t.Context(), store.RS256, typ, json.RawMessage(payload))
		if err != nil {
			return // too long for a token
		}
		now := g.now.Unix()
		access, err := g.verifier.Access(t.Context(), raw)
		if accepted(t, err) && (typ != token.TypeAccess || access.Issuer != issuer || access.Audience != audience || access.Subject == "" || access.ClientID == "" || access.JTI == "" ||
			access.Expires <= now || access.IssuedAt > now+60 || (access.SessionID == "") != (access.Role == "")) {
			t.Errorf("%s %s is the access token %+v, want a refusal", typ, payload, access)
		}
		refresh, err := g.verifier.Refresh(t.Context(), raw)
		if accepted(t, err) && (typ != token.TypeRefresh || refresh.Issuer != issuer || refresh.Audience != issuer && refresh.Audience != issuer+"/oauth/token" || refresh.SessionID == "" || refresh.Gen < 1 || !refresh.Role.Valid() || refresh.Expires <= now) {
			t.Errorf("%s %s is the refresh token %+v, want a refusal", typ, payload, refresh)
		}
		hint, err := g.verifier.Hint(t.Context(), raw)
		if accepted(t, err) && (typ != token.TypeID || hint.Issuer != issuer || hint.Subject == "" || hint.Audience == "" || hint.SessionID == "") {
			t.Errorf("%s %s is the hint %+v, want a refusal", typ, payload, hint)
		}
	})
}

// accepted reports whether err is nil. It fails on errors other than ErrInvalid.
func accepted(t *testing.T, err error) bool {
	t.Helper()
	if err != nil && !errors.Is(err, token.ErrInvalid) {
		t.Errorf("verifying the token: err = %v, want nil or ErrInvalid", err)
	}
	return err == nil
}
