package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// Run sends the requests of all rows to the server of world, and compares the answers.
func Run(t *testing.T, world World) {
	rows := load(t)
	p := &player{
		t: t, world: world, people: census(rows), held: map[string]tokens{},
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	declared := declarations(t)
	equal, different := 0, 0
	for _, r := range rows {
		p.settle(r.N)
		if setup := setups[r.N]; setup != nil {
			setup(p)
		}
		got := p.ask(r, declared[r.N])
		if p.judge(r, got, declared[r.N]) {
			equal++
		} else {
			different++
		}
	}
	t.Logf("%d rows: %d answered as before, %d differ as declared", len(rows), equal, different)
}

// judge reports whether the row was answered as before. A difference must be declared
// exactly.
func (p *player) judge(r row, got answer, d *divergence) (equal bool) {
	p.t.Helper()
	how := p.difference(r, got)
	switch {
	case how == "" && d == nil:
		return true
	case how == "":
		p.t.Errorf("#%d %s: answered as before, want it to differ as declared: %s", r.N, r.Name, d.why)
	case d == nil:
		p.t.Errorf("#%d %s %s %s: the answer differs, want it as recorded: %s", r.N, r.Name, r.Method, r.Path, how)
	case got.status != d.status || !d.fits(got.body):
		p.t.Errorf("#%d %s: answer %d %s, want %d %s as declared", r.N, r.Name, got.status, got.body, d.status, d.body)
	}
	return false
}

// ask sends the row's request with today's tokens.
func (p *player) ask(r row, d *divergence) answer {
	p.t.Helper()
	var fill *strings.Replacer
	if text := fmt.Sprint(r.Path, r.Headers, r.Raw, string(r.JSON)); strings.Contains(text, "<access>") || strings.Contains(text, "<refresh>") || strings.Contains(text, "<jwt>") {
		own := p.holds(r.Actor)
		if make := special[r.N]; make != nil {
			own = make(p, own)
		}
		p.last = own
		fill = strings.NewReplacer("<access>", own.access, "<refresh>", own.refresh, "<jwt>", own.access)
	} else {
		fill = strings.NewReplacer()
	}
	path := r.Path
	if d != nil && d.path != "" {
		path = d.path
	}
	request, err := http.NewRequestWithContext(p.ctx(), r.Method, p.world.URL+fill.Replace(path), bytes.NewReader([]byte(fill.Replace(r.body()))))
	if err != nil {
		p.t.Fatalf("#%d: making the request: %v", r.N, err)
	}
	request.Header.Set("User-Agent", "replay")
	for name, value := range r.Headers {
		request.Header.Set(name, fill.Replace(value))
	}
	if host := r.Headers["Host"]; host != "" {
		request.Host = host
	}
	if request.Header.Get("Transfer-Encoding") != "" {
		request.ContentLength = -1
		request.Header.Del("Transfer-Encoding")
	}
	if request.Header.Get("Connection") != "" {
		request.Header.Del("Connection")
	}
	return p.send(r, request)
}

func (p *player) send(r row, request *http.Request) answer {
	p.t.Helper()
	response, err := p.client.Do(request)
	if err != nil {
		p.t.Fatalf("#%d: sending the request: %v", r.N, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatalf("#%d: reading the body: %v", r.N, err)
	}
	if response.StatusCode == http.StatusCreated {
		var made struct {
			User struct {
				ID int64 `json:"id"`
			} `json:"user"`
		}
		if err := json.Unmarshal(body, &made); err == nil {
			p.made(r.N, made.User.ID)
		}
	}
	if os.Getenv("REPLAY_SHOW") != "" {
		fmt.Fprintf(os.Stderr, "%d\t%d\t%.300s\n", r.N, response.StatusCode, body)
	}
	return answer{response.StatusCode, string(body)}
}
