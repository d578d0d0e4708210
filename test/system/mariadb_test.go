package system_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
)

// TestMariaDBFaults checks that, while the record is unavailable, nobody is told that a
// token, a password or a name is wrong, and that everything works once it is back.
func TestMariaDBFaults(t *testing.T) {
	t.Parallel()
	server := testdb.StartMySQL(t)
	s := open(t, "GATEHOUSE_DATABASE="+server.DSN)
	nils := s.newcomer(t, "nils", "user")
	faults := []struct {
		name       string
		begin, end func()
	}{
		{"hangs", server.Pause, server.Resume},
		{"is killed", server.Stop, server.Start},
	}
	for i, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			shop, builtIn := s.signIns(t, nils, 4), []tokens{s.signIn(t, s.a, nils), s.signIn(t, s.b, nils)}
			root := s.rootToken(t)
			fault.begin()
			s.withoutRecord(t, fmt.Sprintf("olga%d", i), nils, shop, builtIn, root)
			fault.end()
			for i, p := range s.pair() {
				took := testkit.Within(t, recovery, p.name+" serves again", func() error {
					return firstOf(p.ask(s.shop.refresh(shop[i].refresh)).expect(http.StatusOK),
						p.ask(refresh(builtIn[i].refresh)).expect(http.StatusOK), p.ask(s.shop.grant(nils)).expect(http.StatusOK), p.ready())
				})
				t.Logf("%s served again after %s", p.name, took.Round(time.Millisecond))
			}
		})
	}
	s.showsNoSecret(t)
}

// withoutRecord sends both servers every kind of request at once.
func (s *site) withoutRecord(t *testing.T, stranger string, who person, shop, builtIn []tokens, root string) {
	t.Helper()
	password := s.vault.Secret("password")
	var requests []request
	for i := range s.pair() {
		name := fmt.Sprintf("%s%d", stranger, i)
		requests = append(requests,
			s.shop.refresh(shop[i].refresh), refresh(builtIn[i].refresh),
			s.shop.grant(who), login(who), login(person{name: name, password: password}),
			request{path: "/api/accounts/signup/", json: object{"username": name, "email": name + "@people.example", "password": password}},
			s.watch.introspect(shop[i].access), s.shop.introspect(shop[i].refresh), s.shop.revoke(shop[2+i].access),
			profile(shop[i].access),
			request{path: "/api/accounts/admin/users/", bearer: root},
			request{path: "/api/admin/stats/", bearer: root},
			request{method: http.MethodPatch, path: who.path(), bearer: root, json: object{"first_name": "Nils"}},
		)
	}
	half := len(requests) / 2
	answers := crowd(len(requests), func(i int) answer {
		return s.of(i / half).ask(requests[i].comingFrom(s.network()))
	})
	slowest := answers[0]
	for _, a := range answers {
		if err := a.away(5 * time.Second); err != nil {
			t.Errorf("without the record: %v", err)
		}
		if a.took > slowest.took {
			slowest = a
		}
	}
	t.Logf("the slowest 503 came after %s: %s", slowest.took.Round(time.Millisecond), slowest.asked)
	for _, p := range s.pair() {
		for _, path := range documents {
			if a := p.ask(request{path: path}); a.is(t, http.StatusOK) && a.took > 5*time.Second {
				t.Errorf("%v took %s, want at most 5s", a.asked, a.took)
			}
		}
		testkit.Within(t, 5*time.Second, p.name+" reports that it is not ready", func() error {
			return p.ask(request{path: "/healthz/ready"}).away(5 * time.Second)
		})
	}
}
