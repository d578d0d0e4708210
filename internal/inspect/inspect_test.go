package inspect_test

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/inspect"
	"gatehouse/internal/token"
	"gatehouse/store"
)

func scopeOf(s string) authz.Scope { return authz.Scope(s) }
func bigOf(b []byte) *big.Int      { return new(big.Int).SetBytes(b) }

// said writes a report's steps in one line: + passed, - failed with the fault, . not looked at.
func said(r inspect.Report) string {
	var all []string
	for _, s := range r.Steps {
		switch s.Outcome {
		case inspect.Passed:
			all = append(all, "+"+string(s.Name))
		case inspect.Failed:
			all = append(all, "-"+string(s.Name)+"("+string(s.Why)+")")
		default:
			all = append(all, "."+string(s.Name))
		}
	}
	return strings.Join(all, " ")
}

func TestAGoodTokenPassesEveryStep(t *testing.T) {
	g := open(t)
	raw := g.start(orders).AccessToken
	for _, api := range []string{"", orders} {
		r := g.inspect(raw, api, "orders:read")
		if got, want := said(r), "+form +header +key +signature +issuer +audience +time +claims +session +scope"; got != want {
			t.Errorf("judged by %q: %s, want %s", api, got, want)
		}
		if status, code := r.Answer(); status != 0 || code != "" || r.Offline() {
			t.Errorf("answer = %d %q, offline %t; want that the token is taken", status, code, r.Offline())
		}
		if r.Kind != inspect.Access || r.API.Name != "Orders" || r.Person.Username != "ann" || r.App.Name != "Shop" || r.Record.ID != r.Claims.SessionID || r.Key.ID != r.KeyID {
			t.Errorf("the report %+v does not say whom it concerns, want ann, Shop, Orders, the session and the key", r)
		}
	}
}

// A bad token, and where it fails first.
type bad struct {
	name, api, scope string
	raw              string
	kind             inspect.Kind
	step             inspect.Name
	why              inspect.Why
	status           int
	code             string
}

func TestWhyATokenIsRefused(t *testing.T) {
	g := open(t)
	set := g.start(orders)
	good := set.AccessToken
	parts := strings.Split(good, ".")
	rs256 := `{"alg":"RS256","kid":"` + g.inspect(good, "", "").KeyID + `","typ":"at+jwt"}`
	bads := []bad{
		{"expired", orders, "", g.changed(good, token.TypeAccess, claims{"exp": g.now.Unix() - 1, "iat": g.now.Unix() - 400}), inspect.Access, inspect.Time, inspect.Expired, 401, "invalid_token"},
		{"from the future", orders, "", g.changed(good, token.TypeAccess, claims{"iat": g.now.Unix() + 120}), inspect.Access, inspect.Time, inspect.Early, 401, "invalid_token"},
		{"not yet", orders, "", g.changed(good, token.TypeAccess, claims{"nbf": g.now.Unix() + 9}), inspect.Access, inspect.Time, inspect.NotYet, 401, "invalid_token"},
		{"without exp", orders, "", g.changed(good, token.TypeAccess, claims{"exp": nil}), inspect.Access, inspect.Time, inspect.Endless, 401, "invalid_token"},
		{"for another API", issuer, "", good, inspect.Access, inspect.Audience, inspect.OtherAud, 401, "invalid_token"},
		{"for no API", "", "", g.changed(good, token.TypeAccess, claims{"aud": "https://nobody.example"}), inspect.Access, inspect.Audience, inspect.NoAPI, 401, "invalid_token"},
		{"of another issuer", orders, "", g.changed(good, token.TypeAccess, claims{"iss": issuer + "/"}), inspect.Access, inspect.Issuer, inspect.OtherIss, 401, "invalid_token"},
		{"tampered claims", orders, "", parts[0] + "." + encoded([]byte(`{"iss":"`+issuer+`","aud":"`+orders+`","role":"admin"}`)) + "." + parts[2], inspect.Access, inspect.Signature, inspect.Forged, 401, "invalid_token"},
		{"a signature of others", orders, "", reheaded(good, rs256, random), inspect.Access, inspect.Signature, inspect.Forged, 401, "invalid_token"},
		{"an unknown key", orders, "", reheaded(good, `{"alg":"RS256","kid":"nobody","typ":"at+jwt"}`, random), inspect.Access, inspect.Key, inspect.KeyUnknown, 401, "invalid_token"},
		{"alg none", orders, "", encoded([]byte(`{"alg":"none","kid":"x","typ":"at+jwt"}`)) + "." + parts[1] + ".e30", inspect.Access, inspect.Header, inspect.AlgNone, 401, "invalid_token"},
		{"alg none without a signature", orders, "", encoded([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", inspect.Access, inspect.Header, inspect.AlgNone, 401, "invalid_token"},
		{"HS256 with the public key", orders, "", reheaded(good, strings.Replace(rs256, "RS256", "HS256", 1), g.byHMAC()), inspect.Access, inspect.Header, inspect.AlgSymmetric, 401, "invalid_token"},
		{"another algorithm", orders, "", reheaded(good, strings.Replace(rs256, "RS256", "ES512", 1), random), inspect.Access, inspect.Header, inspect.AlgOther, 401, "invalid_token"},
		{"crit", orders, "", reheaded(good, strings.Replace(rs256, "{", `{"crit":["b64"],`, 1), random), inspect.Access, inspect.Header, inspect.HeaderOther, 401, "invalid_token"},
		{"a refresh token", orders, "", set.RefreshToken, inspect.Refresh, inspect.Header, inspect.IsRefresh, 401, "invalid_token"},
		{"an ID token", orders, "", g.changed(good, token.TypeID, claims{"azp": "shop", "client_id": nil, "scope": nil, "aud": "shop"}), inspect.ID, inspect.Header, inspect.IsID, 401, "invalid_token"},
		{"a logout token", orders, "", g.changed(good, token.TypeLogout, claims{"aud": "shop"}), inspect.Logout, inspect.Header, inspect.IsLogout, 401, "invalid_token"},
		{"another typ", orders, "", g.changed(good, "secevent+jwt", claims{"client_id": nil}), inspect.OtherJWT, inspect.Header, inspect.TypeOther, 401, "invalid_token"},
		{"the typ of other APIs", orders, "", g.changed(good, token.TypeID, nil), inspect.Access, inspect.Header, inspect.TypeUnlike, 401, "invalid_token"},
		{"no role and no auth_time", orders, "", g.changed(good, token.TypeAccess, claims{"auth_time": nil}), inspect.Access, inspect.Claims, inspect.Incomplete, 401, "invalid_token"},
		{"a person's of another app", orders, "", g.changed(good, token.TypeAccess, claims{"client_id": "phone"}), inspect.Access, inspect.Session, inspect.ClientGone, 401, "invalid_token"},
		{"a session of another person", orders, "", g.changed(good, token.TypeAccess, claims{"sub": "bob"}), inspect.Access, inspect.Session, inspect.Mismatched, 401, "invalid_token"},
		{"a scope that it has not", orders, "orders:write", good, inspect.Access, inspect.Scope, inspect.Lacking, 403, "insufficient_scope"},
		{"encrypted", orders, "", "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d", inspect.Encrypted, inspect.Form, inspect.IsEncrypted, 401, "invalid_token"},
		{"opaque", orders, "", "ya29.a0AfH6SMBx-opaque", inspect.Garbage, inspect.Form, inspect.NoToken, 401, "invalid_token"},
		{"an opaque one without dots", orders, "", "gho_16C7e42F292c6912E7710c838347Ae178B4a", inspect.Opaque, inspect.Form, inspect.IsOpaque, 401, "invalid_token"},
		{"garbage", orders, "", "<script>", inspect.Garbage, inspect.Form, inspect.NoToken, 401, "invalid_token"},
		{"nothing", orders, "", "", inspect.Garbage, inspect.Form, inspect.NoToken, 401, "invalid_token"},
		{"a line end inside", orders, "", good[:30] + "\n" + good[30:], inspect.Garbage, inspect.Form, inspect.Broken, 401, "invalid_token"},
		{"too long", orders, "", strings.Repeat("a", 9000), inspect.Garbage, inspect.Form, inspect.TooLong, 401, "invalid_token"},
	}
	for _, b := range bads {
		t.Run(b.name, func(t *testing.T) { b.judge(t, g) })
	}
}

func (b bad) judge(t *testing.T, g *rig) {
	t.Helper()
	r := g.inspect(b.raw, b.api, b.scope)
	fault, _ := r.Fault()
	if r.Kind != b.kind || fault.Name != b.step || fault.Why != b.why {
		t.Errorf("%s fails at %s because of %q, want a %s that fails at %s because of %q\n%s", r.Kind, fault.Name, fault.Why, b.kind, b.step, b.why, said(r))
	}
	if status, code := r.Answer(); status != b.status || code != b.code {
		t.Errorf("answer = %d %s, want %d %s", status, code, b.status, b.code)
	}
	if !r.Proved && (r.Person != nil || r.App != nil || r.Record != nil) {
		t.Error("a token that nobody signed leads to a person, an app or a session; want no record asked")
	}
	if len(r.Steps) != 10 {
		t.Errorf("%d steps, want all ten named", len(r.Steps))
	}
	// Package token is the judge: whatever the API that the token is for, it agrees.
	_, err := g.Tokens.AccessToAny(t.Context(), b.raw)
	if own := []inspect.Name{inspect.Audience, inspect.Session, inspect.Scope}; err == nil && b.why != inspect.TypeUnlike && fault.Name != own[0] && fault.Name != own[1] && fault.Name != own[2] {
		t.Errorf("the verifier takes the token, want it to refuse what fails at %s", fault.Name)
	}
}

func TestWhatTheRecordAloneRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		why inspect.Why
		do  func(*rig, store.Tx, inspect.Report) error
	}{
		"ended": {inspect.Ended, func(g *rig, tx store.Tx, r inspect.Report) error {
			_, err := tx.EndSession(r.Claims.SessionID, 0, store.EndedByAdmin, g.now)
			return err
		}},
		"inactive": {inspect.UserInactive, func(g *rig, tx store.Tx, _ inspect.Report) error {
			return tx.UpdateUser(g.ann.ID, store.UserChange{Active: new(false)})
		}},
		"deleted": {inspect.UserGone, func(g *rig, tx store.Tx, _ inspect.Report) error { return tx.DeleteUser(g.ann.ID) }},
	} {
		t.Run(name, func(t *testing.T) {
			g := open(t)
			other, ours := g.start(orders).AccessToken, g.start(issuer).AccessToken
			for raw, offline := range map[string]bool{other: true, ours: false} {
				if err := g.db.Write(t.Context(), func(tx store.Tx) error { return c.do(g, tx, g.inspect(raw, "", "")) }); err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Fatalf("changing the record: %v", err)
				}
				r := g.inspect(raw, "", "")
				if fault, _ := r.Fault(); fault.Name != inspect.Session || fault.Why != c.why || r.Offline() != offline {
					t.Errorf("fails at %s because of %q, offline %t; want the session because of %q, offline %t", fault.Name, fault.Why, r.Offline(), c.why, offline)
				}
			}
		})
	}
}

func TestAnExpiredTokenStillSaysThatItsSessionHasEnded(t *testing.T) {
	g := open(t)
	raw := g.start(orders).AccessToken
	sid := g.inspect(raw, "", "").Claims.SessionID
	g.now = g.now.Add(time.Hour)
	if err := g.db.Write(t.Context(), func(tx store.Tx) error {
		_, err := tx.EndSession(sid, 0, store.EndedLogout, g.now)
		return err
	}); err != nil {
		t.Fatalf("ending the session: %v", err)
	}
	r := g.inspect(raw, "", "")
	if fault, _ := r.Fault(); fault.Why != inspect.Expired || r.Step(inspect.Session).Why != inspect.Ended || r.Record.EndReason != store.EndedLogout {
		t.Errorf("said %s, want expired first, and the end of the session with its reason", said(r))
	}
}

// broken is a ring that cannot be read.
type broken struct{ error }

func (b broken) AccessToAny(context.Context, string) (token.Access, error) {
	return token.Access{}, b.error
}
func (b broken) InTime(int64, int64, int64) error { return nil }

func TestAFaultOfOursIsNotOneOfTheToken(t *testing.T) {
	g := open(t)
	raw := g.start(orders).AccessToken
	fire := errors.New("disk on fire")
	g.Tokens = broken{fire}
	if r, err := g.Inspect(t.Context(), inspect.Question{Token: raw}); !errors.Is(err, fire) || len(r.Steps) > 0 {
		t.Errorf("the report is %s, %v; want none, and the fault", said(r), err)
	}
	if _, err := g.Inspect(t.Context(), inspect.Question{Token: raw}); err != nil && strings.Contains(err.Error(), raw) {
		t.Errorf("the error has the token in it: %v", err)
	}
}
