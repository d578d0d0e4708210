package faults_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// An app is a client.
type app struct{ id, secret string }

// A person has an account.
type person struct {
	id             int64
	name, password string
}

func (p person) path() string { return fmt.Sprintf("/api/accounts/admin/users/%d/", p.id) }

// A question is a caller's request, and the answers that an honest caller may get.
type question struct {
	deed                // kind, session, person, used and what an answer acknowledges
	method, path string // GET, or POST if there is a body
	form         url.Values
	json         any
	as           app    // authenticated by client_secret_basic
	bearer       string // an access token
	at           *replica
	want         []int // the statuses of an honest answer; only 200 if empty
	// look judges an answer of such a status; an error makes it wrong.
	look func(a answer, d *deed) error
}

// An answer is what came back, read to its end.
type answer struct {
	outcome outcome
	status  int
	header  http.Header
	body    []byte
}

// A caller sends requests from an address and a network of its own, and keeps its cookies.
type caller struct {
	site   *site
	client *http.Client
}

func (s *site) caller(jar http.CookieJar) *caller {
	n := s.networks.Add(1)
	from := &net.TCPAddr{IP: net.IPv4(127, byte(1+n/250%250), byte(n%250), 7)}
	transport := &http.Transport{
		MaxIdleConnsPerHost: 4, IdleConnTimeout: 20 * time.Second,
		DialContext: (&net.Dialer{Timeout: 2 * time.Second, LocalAddr: from}).DialContext,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.transports = append(s.transports, transport)
	return &caller{site: s, client: &http.Client{
		Transport: transport, Jar: jar, Timeout: longest + 5*time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// hangUp closes the idle connections of all callers.
func (s *site) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.transports {
		t.CloseIdleConnections()
	}
}

// ask sends the request, and records the deed in the history.
func (c *caller) ask(q question) answer {
	d := q.deed
	base := c.site.issuer
	d.at = "balancer"
	if q.at != nil {
		base, d.at = q.at.base(), q.at.name
	}
	d.began = time.Now()
	a, err := c.send(base, q)
	d.ended = time.Now()
	d.status, d.requestID = a.status, a.header.Get("X-Request-Id")
	if err != nil {
		d.outcome, d.detail = cut, err.Error()
	} else {
		d.outcome = a.judged(q, &d)
	}
	if d.outcome != served {
		d.endsSession, d.endsPerson, d.demotes, d.elevated, d.recorded = false, false, false, false, false
	}
	a.outcome = d.outcome
	c.site.history.note(d)
	return a
}

func (c *caller) send(base string, q question) (answer, error) {
	none := answer{header: http.Header{}}
	r, err := q.build(base)
	if err != nil {
		return none, err
	}
	resp, err := c.client.Do(r)
	if err != nil {
		return none, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, err = io.ReadAll(resp.Body)
	return a, err
}

func (q question) build(base string) (*http.Request, error) {
	var body []byte
	kind := ""
	switch {
	case q.form != nil:
		body, kind = []byte(q.form.Encode()), "application/x-www-form-urlencoded"
	case q.json != nil:
		body, _ = json.Marshal(q.json)
		kind = "application/json"
	}
	method := q.method
	if method == "" {
		method = http.MethodGet
		if kind != "" {
			method = http.MethodPost
		}
	}
	r, err := http.NewRequestWithContext(context.Background(), method, base+q.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if q.as.id != "" {
		r.SetBasicAuth(q.as.id, q.as.secret)
	}
	if q.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+q.bearer)
	}
	return r, nil
}

// judged returns the outcome of the question.
func (a answer) judged(q question, d *deed) outcome {
	want := q.want
	if want == nil {
		want = []int{http.StatusOK}
	}
	comeBack := a.header.Get("Retry-After") != ""
	balanced := a.header.Get("X-Request-Id") == "" // the balancer itself answered
	switch {
	case balanced && a.status == http.StatusServiceUnavailable && comeBack:
		return away // the request reached no replica
	case balanced && (a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout):
		return cut
	case slices.Contains(want, a.status):
		if q.look == nil {
			return served
		}
		if err := q.look(a, d); err != nil {
			d.detail = err.Error()
			return wrong
		}
		return served
	case a.status == http.StatusServiceUnavailable && comeBack:
		return away
	case a.status == http.StatusTooManyRequests && comeBack:
		return throttled
	}
	d.detail = strings.TrimSpace(string(a.body[:min(len(a.body), 300)]))
	return wrong
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

func (a answer) read(into any) error { return json.Unmarshal(a.body, into) }

// digest names a secret in the history, so that it can be told from others.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:6])
}

// claims are those that the rig reads from a token.
type claims struct {
	SID string `json:"sid"`
	Sub string `json:"sub"`
	Exp int64  `json:"exp"`
	JTI string `json:"jti"`
}

// claimsOf reads a token without checking it, which a real holder must not do.
func claimsOf(token string) (c claims) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return claims{}
	}
	return c
}

func form(values ...string) url.Values {
	f := url.Values{}
	for i := 0; i < len(values); i += 2 {
		f.Set(values[i], values[i+1])
	}
	return f
}

type object map[string]any
