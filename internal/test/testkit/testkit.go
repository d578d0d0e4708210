// Package testkit is shared by the tests that run servers. It builds the program once
// (Program) and ends it with the tests (NoOrphans), searches output for secrets (Vault),
// and waits for conditions (Within).
package testkit

import (
	"crypto/rand"
	"flag"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Parallel lets n tests run at a time unless -parallel sets a number. It is for tests that
// wait more than they work. TestMain calls it before it runs them.
func Parallel(n int) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set(strconv.Itoa(n)) // n is a valid value
	}
}

// Within calls f until it returns no error, and returns how long that took. It fails the
// test if a call that began after the limit still fails. The duration of a call does not
// count, because a busy machine may be slow to answer.
func Within(t testing.TB, limit time.Duration, what string, f func() error) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		asked := time.Since(began)
		err := f()
		if err == nil {
			return asked
		}
		if asked > limit {
			t.Fatalf("after %s, it is still not true that %s: %v", asked.Round(time.Millisecond), what, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Took returns how long f takes. If that exceeds the limit, it runs f again, up to five
// times in all, because a busy machine may have been doing something else.
func Took(limit time.Duration, f func()) (took time.Duration) {
	for range 5 {
		began := time.Now()
		f()
		if took = time.Since(began); took <= limit {
			break
		}
	}
	return took
}

// A Vault remembers the secrets of a test, and searches text that must not contain them.
type Vault struct {
	mu      sync.Mutex
	secrets []string
}

// canary is the prefix of secrets that a vault makes.
const canary = "Canary-"

// Secret makes a secret that must not be visible anywhere.
func (v *Vault) Secret(what string) string { return v.Keep(canary + what + "-" + rand.Text()) }

// Keep remembers a secret that the server made.
func (v *Vault) Keep(secret string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets = append(v.secrets, secret)
	return secret
}

// tokenStart matches the start of every token of ours: the base64url of
// `{"alg":"RS256"`. A shorter pattern would sometimes match a hash.
var tokenStart = regexp.MustCompile(`eyJhbGciOiJSUzI1NiI[A-Za-z0-9_-]{3,}`)

// Search fails the test if the text contains a secret or a token. where names the text.
func (v *Vault) Search(t testing.TB, where string, text ...string) {
	t.Helper()
	all := strings.Join(text, "")
	if at := strings.Index(all, canary); at >= 0 {
		t.Errorf("%s shows a secret, want none: …%s…", where, around(all, at))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, secret := range v.secrets {
		if strings.HasPrefix(secret, canary) {
			continue // the search for canary finds these
		}
		if at := strings.Index(all, secret); at >= 0 {
			t.Errorf("%s shows a secret, want none: …%s…", where, around(all, at))
		}
	}
	if token := tokenStart.FindString(all); token != "" {
		t.Errorf("%s shows the token %s…, want no token", where, token)
	}
}

func around(text string, at int) string { return text[max(0, at-200):min(len(text), at+200)] }
