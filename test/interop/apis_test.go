package interop_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// A call is a token that is sent to an API, and what the API must answer.
type call struct {
	name, token, path string
	status            int
	challenge         string // begins WWW-Authenticate; empty: the header is absent
}

const (
	metadataPath = "/.well-known/oauth-protected-resource"

	nothingSent  = `Bearer scope="orders:read"`
	invalidToken = `Bearer error="invalid_token"`
	tooLittle    = `Bearer error="insufficient_scope", scope="orders:read"`
	// described ends every challenge (RFC 9728 §5.1).
	described = `, resource_metadata="` + orders + metadataPath + `"`
)

// calls are those that every API of the documentation answers alike.
func (p *publisher) calls(t *testing.T, foreign string) []call {
	t.Helper()
	root, ann := p.signIn(t, "root", orders, "orders:read"), p.signIn(t, "ann", orders, "orders:read")
	small, other := p.signIn(t, "root", orders, "orders:write"), p.signIn(t, "root", billing, "billing:pay")
	all := []call{
		{"good", root.Access, "/orders", http.StatusOK, ""},
		{"good, for a role", root.Access, "/reports", http.StatusOK, ""},
		{"of a client for itself", p.own(t), "/orders", http.StatusOK, ""},
		{"of a client for itself, for a role", p.own(t), "/reports", http.StatusForbidden, ""},
		{"of a person without the role", ann.Access, "/reports", http.StatusForbidden, ""},
		{"absent", "", "/orders", http.StatusUnauthorized, nothingSent},
		{"with too little scope", small.Access, "/orders", http.StatusForbidden, tooLittle},
		{"with too little scope, for a role", small.Access, "/reports", http.StatusForbidden, tooLittle},
	}
	for name, token := range map[string]string{
		"of another API": other.Access, "of another issuer": foreign, "refresh": root.Refresh, "ID": p.idToken(t), "garbage": "a.b.c",
	} {
		all = append(all, call{name, token, "/orders", http.StatusUnauthorized, invalidToken})
	}
	return append(all, p.forged(t, claimsOf(t, root.Access))...)
}

// forged are tokens that the server never makes, or made long ago.
func (p *publisher) forged(t *testing.T, good claims) []call {
	t.Helper()
	all := []call{
		{"with a scope named alike", p.sign(t, "at+jwt", good.with("scope", "orders:reader orders")), "/orders", http.StatusForbidden, tooLittle},
		{"with a role named alike", p.sign(t, "at+jwt", good.with("role", "administrator")), "/reports", http.StatusForbidden, ""},
	}
	for name, token := range map[string]string{
		"of another API, with our scope": p.sign(t, "at+jwt", good.with("aud", billing)),
		"of an API named alike":          p.sign(t, "at+jwt", good.with("aud", orders+".evil.example")),
		"of no API":                      p.sign(t, "at+jwt", good.with("aud", nil)),
		"of an issuer named alike":       p.sign(t, "at+jwt", good.with("iss", p.issuer+"/")),
		"expired":                        p.sign(t, "at+jwt", good.with("exp", time.Now().Add(-5*time.Minute).Unix())),
		"that never expires":             p.sign(t, "at+jwt", good.with("exp", nil)),
		"of another kind":                p.sign(t, "logout+jwt", good),
		"of the kind of ID tokens":       p.sign(t, "JWT", good),
		"without a signature":            unsigned(t, good),
		"signed by the public key":       p.confused(t, good),
	} {
		all = append(all, call{name, token, "/orders", http.StatusUnauthorized, invalidToken})
	}
	return all
}

// TestAPIs: the APIs of docs/apis.md answer alike in every language.
func TestAPIs(t *testing.T) {
	p, abroad := publish(t), publish(t)
	calls := p.calls(t, abroad.signIn(t, "root", orders, "orders:read").Access)
	judge := func(s server) func(*testing.T) {
		return func(t *testing.T) { p.judge(t, serveAPI(t, p.issuer, s), calls) }
	}
	t.Run("Go", judge(goServer))
	t.Run("Express", judge(expressServer))
	t.Run("Spring", judge(springServer))
	t.Run("Python", func(t *testing.T) {
		for name, s := range pythonServers(t) {
			t.Run(name, judge(s))
		}
	})
}

// judge begins while the issuer is away: that is not a fault of the token.
func (p *publisher) judge(t *testing.T, base string, calls []call) {
	t.Helper()
	p.down.Store(true)
	if status, _ := calls[0].send(t, base); status < http.StatusInternalServerError {
		t.Errorf("a good token while the keys cannot be had: status %d, want 500 or more", status)
	}
	p.down.Store(false)
	testkit.Within(t, 30*time.Second, "the API has the keys", func() error {
		if status, _ := calls[0].send(t, base); status >= http.StatusInternalServerError {
			return errors.New(http.StatusText(status))
		}
		return nil
	})
	for _, c := range calls {
		want := c.challenge
		if want != "" {
			want += described
		}
		if status, challenge := c.send(t, base); status != c.status || challenge != want {
			t.Errorf("%s, token %s: status %d, WWW-Authenticate: %s; want %d, %s", c.path, c.name, status, challenge, c.status, want)
		}
	}
	p.describes(t, base)
	p.asksForKeysSeldom(t, base, calls[0])
}

// asksForKeysSeldom sends tokens whose kid is unknown. They fetch the keys at most twice in
// ten seconds, and keep no good token out, even while the issuer is away. An API that may
// not ask just now may say that it cannot tell.
func (p *publisher) asksForKeysSeldom(t *testing.T, base string, good call) {
	t.Helper()
	_, rest, _ := strings.Cut(good.token, ".")
	unknown := call{token: segment(t, map[string]string{"alg": "RS256", "typ": "at+jwt", "kid": "unknown"}) + "." + rest, path: good.path}
	began, before := time.Now(), p.fetched.Load()
	for range 50 {
		if status, _ := unknown.send(t, base); status != http.StatusUnauthorized && status < http.StatusInternalServerError {
			t.Fatalf("a token with an unknown kid: status %d, want 401 or a fault", status)
		}
	}
	fetched, most := p.fetched.Load()-before, 2*int64(time.Since(began)/(10*time.Second)+1)
	if fetched > most {
		t.Errorf("50 tokens with an unknown kid fetched the keys %d times in %s, want %d times at most", fetched, time.Since(began), most)
	}
	p.down.Store(true)
	defer p.down.Store(false)
	unknown.send(t, base)
	if status, _ := good.send(t, base); status != http.StatusOK {
		t.Errorf("a good token after them, while the issuer is away: status %d, want 200", status)
	}
}
