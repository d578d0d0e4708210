package system_test

import (
	"crypto/rand"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// A vault remembers every secret of a site, to look for them where none may be.
type vault struct {
	mu      sync.Mutex
	secrets []string
}

// secret makes up something that must be seen nowhere.
func (v *vault) secret(what string) string {
	return v.keep("Canary-" + what + "-" + rand.Text())
}

// keep remembers a secret that the server made.
func (v *vault) keep(secret string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets = append(v.secrets, secret)
	return secret
}

// tokenStart begins every token of ours: the base64url of `{"alg":"RS256"`. Fewer
// letters would also be found in a hash now and then.
var tokenStart = regexp.MustCompile(`eyJhbGciOiJSUzI1NiI[A-Za-z0-9_-]{3,}`)

// search looks for secrets, and for tokens.
func (v *vault) search(t *testing.T, where string, text ...string) {
	t.Helper()
	whole := strings.Join(text, "")
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, secret := range v.secrets {
		if at := strings.Index(whole, secret); at >= 0 {
			t.Errorf("%s shows a secret, %s: …%s…", where, secret, whole[max(0, at-200):min(len(whole), at+200)])
		}
	}
	if token := tokenStart.FindString(whole); token != "" {
		t.Errorf("%s shows a token: %s…", where, token)
	}
}
