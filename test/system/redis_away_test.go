package system_test

import (
	"net/http"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// away checks that requests that need Redis wait until it is back, and that all others
// are served.
func (s *redisSite) away(t *testing.T, begin, end func()) {
	sessions := s.signIns(t, s.who, 6)
	builtIn := []tokens{s.signIn(t, s.a, s.who), s.signIn(t, s.b, s.who), s.signIn(t, s.a, s.who)}
	begin()
	for i, p := range s.pair() {
		s.needsRedis(t, p, sessions[2*i:], builtIn[i])
		s.needsNoRedis(t, p, sessions[2*i])
		p.ask(logout(builtIn[2].refresh)).is(t, http.StatusNoContent) // the record is enough
		s.throttledWithoutRedis(t, p)
	}
	end()
	for i, p := range s.pair() {
		took := testkit.Within(t, recovery, p.name+" serves again", func() error {
			return firstOf(p.ask(s.shop.refresh(sessions[2*i].refresh)).expect(http.StatusOK),
				p.ask(refresh(builtIn[i].refresh)).expect(http.StatusOK), p.ready())
		})
		t.Logf("%s served again after %s", p.name, took.Round(time.Millisecond))
		s.dead(t, "revoked while Redis was away", s.shop.refresh, sessions[2*i+1])
	}
	s.dead(t, "signed out while Redis was away", refresh, builtIn[2])
}

// needsRedis checks that requests that need the moving part are told to come back. It
// revokes the second session, which the record shows at once.
func (s *redisSite) needsRedis(t *testing.T, p *process, sessions []tokens, builtIn tokens) {
	t.Helper()
	requests := []request{
		s.shop.refresh(sessions[0].refresh), refresh(builtIn.refresh), s.shop.introspect(sessions[0].refresh),
		s.shop.revoke(sessions[1].refresh),
	}
	for _, r := range requests {
		if err := p.ask(r).away(5 * time.Second); err != nil {
			t.Errorf("without Redis: %v", err)
		}
	}
	testkit.Within(t, 5*time.Second, p.name+" reports that it is not ready", func() error {
		return p.ask(request{path: "/healthz/ready"}).away(5 * time.Second)
	})
}

func (s *redisSite) needsNoRedis(t *testing.T, p *process, session tokens) {
	t.Helper()
	for _, path := range documents {
		p.ask(request{path: path}).is(t, http.StatusOK)
	}
	p.ask(profile(session.access)).is(t, http.StatusOK)
	if a := p.ask(s.watch.introspect(session.access)); a.is(t, http.StatusOK) && a.field("sub") != s.who.Sub {
		t.Errorf("without Redis: %v, want the token's claims", a)
	}
	p.ask(s.shop.grant(s.who).comingFrom(s.network())).is(t, http.StatusOK)
	p.ask(login(s.who).comingFrom(s.network())).is(t, http.StatusOK)
}

// documents are the paths that anybody may read at any time.
var documents = []string{
	"/.well-known/jwks.json", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource", "/healthz/live", "/openapi.json",
}

// throttledWithoutRedis checks that guessing is slowed down, and earlier than usual.
func (s *redisSite) throttledWithoutRedis(t *testing.T, p *process) {
	t.Helper()
	wrong := s.who
	wrong.password = s.vault.Secret("wrong-password")
	from, judged := s.network(), 0
	for p.ask(s.shop.grant(wrong).comingFrom(from)).status == http.StatusBadRequest {
		if judged++; judged > freeTries {
			t.Fatalf("without Redis, %d wrong passwords were judged at %s, want at most %d", judged, p.name, freeTries)
		}
	}
	a := p.ask(login(wrong).comingFrom(from))
	if a.is(t, http.StatusTooManyRequests); a.comeBack() <= 0 {
		t.Errorf("%v, want a Retry-After", a)
	}
}
