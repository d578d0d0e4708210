// Package testkit is what the tests of whole servers share, however many they run:
// the program itself, built once (Program), which ends with the tests (NoOrphans);
// secrets that must be seen nowhere (Vault); and waiting for what takes a moment.
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

// Parallel lets n tests run at a time that wait more than they work, unless -parallel
// says how many. TestMain calls it before it runs them.
func Parallel(n int) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set(strconv.Itoa(n)) // it is a number
	}
}

// Within waits until f returns no error, and returns how long it took. It fails the
// test if f still does when asked later than the limit: what a busy machine needs to
// answer does not count.
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
			t.Fatalf("after %s it still does not hold that %s: %v", asked.Round(time.Millisecond), what, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Took is how long f takes at best: as long as that is more than the limit it is done
// again, up to five times, for what else a busy machine did meanwhile does not count.
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

// A Vault remembers every secret of a site, to look for them where none may be.
type Vault struct {
	mu      sync.Mutex
	secrets []string
}

// canary begins what a vault makes up.
const canary = "Canary-"

// Secret makes up something that must be seen nowhere.
func (v *Vault) Secret(what string) string { return v.Keep(canary + what + "-" + rand.Text()) }

// Keep remembers a secret that the server made.
func (v *Vault) Keep(secret string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets = append(v.secrets, secret)
	return secret
}

// tokenStart begins every token of ours: the base64url of `{"alg":"RS256"`. Fewer
// letters would also be found in a hash now and then.
var tokenStart = regexp.MustCompile(`eyJhbGciOiJSUzI1NiI[A-Za-z0-9_-]{3,}`)

// Search looks for secrets, and for tokens.
func (v *Vault) Search(t testing.TB, where string, text ...string) {
	t.Helper()
	whole := strings.Join(text, "")
	if at := strings.Index(whole, canary); at >= 0 {
		t.Errorf("%s shows a secret, want none: …%s…", where, around(whole, at))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, secret := range v.secrets {
		if strings.HasPrefix(secret, canary) {
			continue // they are many, and would have been found
		}
		if at := strings.Index(whole, secret); at >= 0 {
			t.Errorf("%s shows a secret, want none: …%s…", where, around(whole, at))
		}
	}
	if token := tokenStart.FindString(whole); token != "" {
		t.Errorf("%s shows the token %s…, want no token", where, token)
	}
}

func around(text string, at int) string { return text[max(0, at-200):min(len(text), at+200)] }
