package faults_test

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
func (v *vault) secret(what string) string { return v.keep("Canary-" + what + "-" + rand.Text()) }

// keep remembers a secret that the server made.
func (v *vault) keep(secret string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets = append(v.secrets, secret)
	return secret
}

// tokenStart begins every token of ours: the base64url of `{"alg":"RS256"`.
var tokenStart = regexp.MustCompile(`eyJhbGciOiJSUzI1NiI[A-Za-z0-9_-]{3,}`)

// search looks for secrets, and for tokens.
func (v *vault) search(t *testing.T, where, text string) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	// Few words of a canary are looked for first: the logs are long, the secrets many.
	if strings.Contains(text, "Canary-") {
		t.Errorf("%s shows a canary: …%s…", where, around(text, strings.Index(text, "Canary-")))
	}
	for _, secret := range v.secrets {
		if !strings.HasPrefix(secret, "Canary-") && strings.Contains(text, secret) {
			t.Errorf("%s shows a secret: …%s…", where, around(text, strings.Index(text, secret)))
		}
	}
	if token := tokenStart.FindString(text); token != "" {
		t.Errorf("%s shows a token: %s…", where, token)
	}
}

func around(text string, at int) string { return text[max(0, at-200):min(len(text), at+200)] }
