package interop_test

import (
	"crypto/rand"
	"net/http"
	"slices"
	"sync"
	"testing"

	"golang.org/x/oauth2"
)

// TestOneFlowOverTwoReplicas begins a flow on one replica, and continues and ends it on
// the other.
func TestOneFlowOverTwoReplicas(t *testing.T) {
	s := open(t, onBoth(t)...)
	p, b := s.relyingParty(t, s.shop), s.browser(t)
	b.at["/login"] = s.other
	p.config.Endpoint.TokenURL = s.other + "/oauth/token"
	tokens, id := p.signIn(b)
	if want := []string{"/login", "/consent"}; !slices.Equal(b.asked, want) || id.Subject != s.sub {
		t.Errorf("the pages %v signed in %s, want %v and %s", b.asked, id.Subject, want, s.sub)
	}
	s.userinfo(t, tokens, http.StatusOK)
	fresh, err := p.refresh(tokens)
	if err != nil {
		t.Fatalf("refreshing the tokens: %v", err)
	}
	s.userinfo(t, fresh, http.StatusOK)
	b.visit(p.logoutURL(fresh), shopBye)
	s.dead(t, p, fresh)
}

// userinfo checks the status of userinfo at both replicas.
func (s *site) userinfo(t *testing.T, tokens *oauth2.Token, want int) {
	t.Helper()
	for _, base := range []string{s.issuer, s.other} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/oauth/userinfo", nil)
		if err != nil {
			t.Fatalf("making the request: %v", err)
		}
		tokens.SetAuthHeader(r)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("sending the request: %v", err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("userinfo at %s: %s, want %d", base, resp.Status, want)
		}
	}
}

// dead fails the test unless a session is over at both replicas.
func (s *site) dead(t *testing.T, p *relyingParty, tokens *oauth2.Token) {
	t.Helper()
	for _, base := range []string{s.issuer, s.other} {
		p.config.Endpoint = tokenEndpoint(base)
		_, err := p.refresh(tokens)
		over(t, err)
	}
	s.userinfo(t, tokens, http.StatusUnauthorized)
}

// A code is an unredeemed authorization code, with its PKCE verifier.
type code struct{ value, verifier string }

func (p *relyingParty) code(b *browser) code {
	p.t.Helper()
	p.config.Endpoint = p.provider.Endpoint()
	verifier := oauth2.GenerateVerifier()
	return code{b.visit(p.config.AuthCodeURL(rand.Text(), oauth2.S256ChallengeOption(verifier)), shopBack).Get("code"), verifier}
}

// tokenEndpoint returns a replica's token endpoint. It fixes the authentication style:
// to detect it, the library would present a dead token twice, and report the second
// answer.
func tokenEndpoint(base string) oauth2.Endpoint {
	return oauth2.Endpoint{TokenURL: base + "/oauth/token", AuthStyle: oauth2.AuthStyleInHeader}
}

// redeem redeems the code at a replica. It may be called from many goroutines.
func (p *relyingParty) redeem(base string, c code) (*oauth2.Token, error) {
	config := p.config
	config.Endpoint = tokenEndpoint(base)
	return config.Exchange(p.t.Context(), c.value, oauth2.VerifierOption(c.verifier))
}

// TestACodeIsRedeemedOnce redeems a code 50 times at once at two replicas: one wins,
// and another use of the code ends its session (RFC 6749 §4.1.2).
func TestACodeIsRedeemedOnce(t *testing.T) {
	for _, kind := range backends() {
		t.Run(kind.name, func(t *testing.T) {
			s := open(t, kind.settings(t)...)
			p, b := s.relyingParty(t, s.shop), s.browser(t)
			s.dead(t, p, s.oneOf(t, p, p.code(b), 50))

			// The same in sequence: the session lives until the code comes back.
			again := p.code(b)
			tokens := s.oneOf(t, p, again, 1)
			s.userinfo(t, tokens, http.StatusOK)
			_, err := p.redeem(s.other, again)
			over(t, err)
			s.dead(t, p, tokens)
		})
	}
}

// oneOf redeems the code n times at once, at the replicas in turn, and returns the
// winner's tokens.
func (s *site) oneOf(t *testing.T, p *relyingParty, c code, n int) *oauth2.Token {
	t.Helper()
	won, lost := make([]*oauth2.Token, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		base := []string{s.issuer, s.other}[i%2]
		all.Go(func() { won[i], lost[i] = p.redeem(base, c) })
	}
	all.Wait()
	var winners []*oauth2.Token
	for i := range n {
		if lost[i] == nil {
			winners = append(winners, won[i])
			continue
		}
		over(t, lost[i])
	}
	if len(winners) != 1 {
		t.Fatalf("%d of %d redemptions succeeded, want 1", len(winners), n)
	}
	return winners[0]
}
