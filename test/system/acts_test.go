package system_test

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
)

// A person has an account. The exported fields are those that JSON lists.
type person struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	Role     string `json:"role"`
	Active   bool   `json:"is_active"`
	Sub      string `json:"sub"`

	name, password string
}

func (p person) path() string { return fmt.Sprintf("/api/accounts/admin/users/%d/", p.ID) }

// An app is a confidential client.
type app struct{ id, secret string }

// tokens are those that the holder of a session has.
type tokens struct{ access, refresh string }

// tokens reads the tokens from an answer of either API.
func (a answer) tokens() tokens {
	if access := a.field("access_token"); access != "" {
		return tokens{access, a.field("refresh_token")}
	}
	return tokens{a.field("access"), a.field("refresh")}
}

type object map[string]any

func (c app) token(values ...string) request {
	return request{path: "/oauth/token", as: c, form: form(values...)}
}

func (c app) grant(p person) request {
	return c.token("grant_type", "password", "username", p.name, "password", p.password)
}

func (c app) refresh(token string) request {
	return c.token("grant_type", "refresh_token", "refresh_token", token)
}

func (c app) revoke(token string) request {
	return request{path: "/oauth/revoke", as: c, form: form("token", token)}
}

func (c app) introspect(token string) request {
	return request{path: "/oauth/introspect", as: c, form: form("token", token)}
}

func login(p person) request {
	return request{path: "/api/accounts/login/", json: object{"username": p.name, "password": p.password}}
}

func refresh(token string) request {
	return request{path: "/api/accounts/token/refresh/", json: object{"refresh": token}}
}

func logout(token string) request {
	return request{path: "/api/accounts/logout/", json: object{"refresh": token}}
}

func profile(access string) request {
	return request{path: "/api/accounts/profile/", bearer: access}
}

func (r request) comingFrom(address string) request {
	r.from = address
	return r
}

func form(values ...string) url.Values {
	f := url.Values{}
	for i := 0; i < len(values); i += 2 {
		f.Set(values[i], values[i+1])
	}
	return f
}

// signIn starts a session in the built-in app, or in the given one.
func (s *site) signIn(t *testing.T, p *process, who person, in ...app) tokens {
	t.Helper()
	r := login(who)
	if len(in) > 0 {
		r = in[0].grant(who)
	}
	r.from = s.network()
	got := again(func() answer { return p.ask(r) }).must(t, http.StatusOK).tokens()
	if got.access == "" || got.refresh == "" {
		t.Fatalf("signing in: %v", errTokens)
	}
	return got
}

// signIns starts n sessions of who in the shop.
func (s *site) signIns(t *testing.T, who person, n int) []tokens {
	t.Helper()
	sessions := make([]tokens, n)
	slots := make(chan struct{}, 4) // a password waits for its turn to be hashed
	answers := crowd(n, func(i int) answer {
		slots <- struct{}{}
		defer func() { <-slots }()
		r := s.shop.grant(who).comingFrom(s.network())
		return again(func() answer { return s.of(i).ask(r) })
	})
	for i, a := range answers {
		if sessions[i] = a.must(t, http.StatusOK).tokens(); sessions[i].refresh == "" {
			t.Fatalf("signing in: %v", errTokens)
		}
	}
	return sessions
}

// newcomer makes a person over HTTP, as the administrator.
func (s *site) newcomer(t *testing.T, name, role string) person {
	t.Helper()
	p := person{name: name, password: s.vault.Secret("password")}
	a := s.a.ask(request{path: "/api/accounts/admin/users/", bearer: s.rootToken(t), json: object{
		"username": name, "email": name + "@people.example", "password": p.password, "role": role,
	}}).must(t, http.StatusCreated)
	var made struct{ User *person }
	made.User = &p
	read(t, string(a.body), &made)
	return p
}

// rootToken returns an access token of the administrator.
func (s *site) rootToken(t *testing.T) string {
	t.Helper()
	if s.rootAccess == "" || s.a.ask(profile(s.rootAccess)).status != http.StatusOK {
		s.rootAccess = s.signIn(t, s.a, s.root).access
	}
	return s.rootAccess
}

// crowd lets n callers act at the same moment, and returns their answers.
func crowd(n int, act func(i int) answer) []answer {
	answers := make([]answer, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			answers[i] = act(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return answers
}

// tally counts answers by status; 0 stands for a missing answer.
func tally(answers []answer) map[int]int {
	counts := map[int]int{}
	for _, a := range answers {
		counts[a.status]++
	}
	return counts
}
