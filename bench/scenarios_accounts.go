package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// seenTokens is small enough for any server that remembers tokens to remember them all.
const seenTokens = 100

// anotherToken returns an access token that was last used as many requests ago as
// there are sessions with tokens, so that its signature has to be checked.
func (f *fixture) anotherToken() string { return f.access[int(f.turn.Add(1))%len(f.access)] }

// seenToken returns one of a few that come again and again, like the token of a page
// that makes several requests.
func (f *fixture) seenToken() string { return f.access[int(f.turn.Add(1))%seenTokens] }

func (f *fixture) profile(token func() string) func() request {
	return func() request {
		return request{
			method: http.MethodGet, path: "/api/accounts/profile/", authorization: "Bearer " + token(),
			want: http.StatusOK, contains: `"username":"person`,
		}
	}
}

func (f *fixture) login() request {
	q := post("/api/accounts/login/", map[string]string{"username": f.crowd.anybody(), "password": knownPassword})
	q.want, q.contains = http.StatusOK, `"refresh"`
	return q
}

// asAdmin reads a page of the user list, which must be full.
func (f *fixture) asAdmin(path string) func() request {
	return func() request {
		return request{
			method: http.MethodGet, path: path, authorization: "Bearer " + f.admin,
			want: http.StatusOK, then: hasPeople(pageSize),
		}
	}
}

func (f *fixture) search() request {
	q := f.asAdmin("/api/accounts/admin/users/?search=" + url.QueryEscape(f.crowd.prefix()))()
	q.then = hasPeople(10)
	return q
}

// hasPeople counts people by a field that each has once; decoding a hundred people
// would take the rig longer than the server.
func hasPeople(want int) func(http.Header, []byte) error {
	return func(_ http.Header, body []byte) error {
		if n := countOf(body, `"username":`); n != want {
			return fmt.Errorf("the page has %d people, want %d", n, want)
		}
		return nil
	}
}

func (f *fixture) create() request {
	name := fmt.Sprintf("new-%s-%d", f.run, f.new.Add(1))
	q := post("/api/accounts/admin/users/", map[string]string{
		"username": name, "email": name + "@example.org", "password": knownPassword,
	})
	q.authorization, q.want, q.contains = "Bearer "+f.admin, http.StatusCreated, `"user"`
	return q
}

// post returns a POST request with a JSON body.
func post(path string, fields map[string]string) request {
	body, err := json.Marshal(fields)
	if err != nil {
		panic(fmt.Sprintf("encoding strings: %v", err)) // it cannot fail
	}
	return request{method: http.MethodPost, path: path, contentType: "application/json", body: string(body)}
}
