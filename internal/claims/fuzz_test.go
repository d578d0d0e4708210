package claims_test

import (
	"encoding/json"
	"slices"
	"testing"

	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
)

// The input must be JSON. The part that is kept requests nothing beyond the limit, and
// parses to the same again.
func FuzzParse(f *testing.F) {
	for _, s := range [][2]string{
		{`{"userinfo":{"name":null,"email":{"essential":true}},"id_token":{"sub":{"value":"s"}}}`, "openid email"}, {`{"id_token":{"acr":{"essential":true,"values":["x",1]}}}`, ""},
		{`{}]`, "profile"}, {`{"userinfo":{"email":null},"userinfo":{"name":null}}`, "profile"}, {`{"USERINFO":{"phone_number":null}}`, "phone"}, {"null", ""}, {`{"userinfo":null}`, ""}, {" {} ", ""},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, raw, limit string) {
		r, err := claims.Parse(raw)
		if err != nil {
			return
		}
		if raw != "" && !json.Valid([]byte(raw)) || len(raw) > 4096 {
			t.Errorf("%q was read, want JSON of at most 4096 bytes alone", raw)
		}
		r.Subject()
		r.ACR()
		kept := r.Within(authz.Scope(limit))
		if !kept.Scope().Within(authz.Scope(limit)) || !kept.Scope().Within(r.Scope()) {
			t.Errorf("%q within %q asks for %q, want no more than the limit", raw, limit, kept.Scope())
		}
		again, err := claims.Parse(kept.String())
		if err != nil || again.String() != kept.String() || !slices.Equal(again.FromIDToken(), kept.FromIDToken()) || !slices.Equal(again.FromUserinfo(), kept.FromUserinfo()) {
			t.Errorf("%q is read again as %q, %v; want the same", kept, again, err)
		}
	})
}
