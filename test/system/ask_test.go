package system_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A request is what a caller sends. The default method is GET, or POST with a body.
type request struct {
	method, path string
	form         url.Values
	json         any
	body         string
	as           app    // authenticated by client_secret_basic
	bearer       string // an access token
	from         string // the address from which the request comes
	header       http.Header
}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	took   time.Duration
	err    error
	asked  string // the request and the server, for messages
}

// ask sends r to the server.
func (p *process) ask(r request) answer {
	began := time.Now()
	req, err := p.build(r)
	if err != nil {
		return answer{err: err, asked: r.path}
	}
	a := answer{asked: req.Method + " " + r.path + " at " + p.name}
	resp, err := p.client.Do(req)
	if err != nil {
		a.err = err
		return a
	}
	defer resp.Body.Close()
	a.status, a.header = resp.StatusCode, resp.Header
	a.body, a.err = io.ReadAll(resp.Body)
	a.took = time.Since(began)
	return a
}

func (p *process) build(r request) (*http.Request, error) {
	body, kind, err := r.content()
	if err != nil {
		return nil, err
	}
	if r.method == "" {
		r.method = http.MethodGet
		if body != nil {
			r.method = http.MethodPost
		}
	}
	req, err := http.NewRequest(r.method, p.base+r.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, r.header)
	if kind != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", kind)
	}
	if r.from != "" {
		req.Header.Set("X-Forwarded-For", r.from)
	}
	if r.as.id != "" {
		req.SetBasicAuth(r.as.id, r.as.secret)
	}
	if r.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	return req, nil
}

func (r request) content() (body []byte, kind string, err error) {
	switch {
	case r.form != nil:
		return []byte(r.form.Encode()), "application/x-www-form-urlencoded", nil
	case r.json != nil:
		body, err = json.Marshal(r.json)
		return body, "application/json", err
	case r.body != "":
		return []byte(r.body), "application/json", nil
	}
	return nil, "", nil
}

func (a answer) String() string {
	if a.err != nil {
		return fmt.Sprintf("%s: %v", a.asked, a.err)
	}
	return fmt.Sprintf("%s: %d %s", a.asked, a.status, strings.TrimSpace(string(a.body[:min(len(a.body), 400)])))
}

// expect returns an error unless the status is one of statuses.
func (a answer) expect(statuses ...int) error {
	if a.err != nil || !slices.Contains(statuses, a.status) {
		return fmt.Errorf("%v, want %v", a, statuses)
	}
	return nil
}

// must ends the test unless the status is one of statuses.
func (a answer) must(t *testing.T, statuses ...int) answer {
	t.Helper()
	if err := a.expect(statuses...); err != nil {
		t.Fatalf("the answer: %v", err)
	}
	return a
}

// is fails the test unless the status is one of statuses.
func (a answer) is(t *testing.T, statuses ...int) bool {
	t.Helper()
	err := a.expect(statuses...)
	if err != nil {
		t.Errorf("the answer: %v", err)
	}
	return err == nil
}

// field returns a member of the answer's JSON object, or "" if it is not a string.
func (a answer) field(name string) string {
	var object map[string]any
	if json.Unmarshal(a.body, &object) != nil {
		return ""
	}
	text, _ := object[name].(string)
	return text
}

// comeBack returns the duration in Retry-After, or 0.
func (a answer) comeBack() time.Duration {
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// away returns an error unless the answer says, in time, that the server is
// unavailable, and not that the caller's token, password or name is wrong.
func (a answer) away(limit time.Duration) error {
	switch {
	case a.err != nil || a.status != http.StatusServiceUnavailable:
		return fmt.Errorf("%v, want 503", a)
	case a.comeBack() <= 0:
		return fmt.Errorf("%v, want a Retry-After", a)
	case a.took > limit:
		return fmt.Errorf("%v came after %s, want it within %s", a, a.took, limit)
	}
	return nil
}

// again repeats a request that is answered 503 because too many passwords wait to be
// hashed: a caller that comes back as told is served.
func again(ask func() answer) answer {
	for try := 0; ; try++ {
		a := ask()
		if a.err != nil || a.status != http.StatusServiceUnavailable || a.comeBack() <= 0 || try == 20 {
			return a
		}
		time.Sleep(a.comeBack())
	}
}

var errTokens = errors.New("no tokens in the answer")
