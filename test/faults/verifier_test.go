package faults_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A verifier is a resource server: it caches the key set for as long as its
// Cache-Control says, and never fetches it earlier.
type verifier struct {
	site   *site
	caller *caller

	mu     sync.Mutex
	keys   map[string]*rsa.PublicKey
	until  time.Time
	recent []string // tokens that were verified before
}

// verify verifies the token and one that was issued earlier, and records both.
func (v *verifier) verify(token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.load()
	v.note(token)
	if len(v.recent) > 0 {
		if old := v.recent[0]; time.Now().Unix() < claimsOf(old).Exp-1 {
			v.note(old)
		}
	}
	if v.recent = append(v.recent, token); len(v.recent) > 100 {
		v.recent = v.recent[1:]
	}
}

func (v *verifier) note(token string) {
	if v.keys == nil {
		return // it could not be loaded yet
	}
	now := time.Now()
	d := deed{kind: "verify", at: "a resource server", began: now, ended: now, session: claimsOf(token).SID}
	if !v.holds(token) {
		d.outcome = wrong
		d.detail = "kid " + kidOf(token)
	}
	v.site.history.note(d)
}

func (v *verifier) holds(token string) bool {
	parts := strings.Split(token, ".")
	key := v.keys[kidOf(token)]
	if key == nil || len(parts) != 3 {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return err == nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
}

func kidOf(token string) string {
	head, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	var header struct{ Kid string }
	if err != nil || json.Unmarshal(text, &header) != nil {
		return ""
	}
	return header.Kid
}

// load fetches the key set when the copy is too old. A resource server that cannot
// reach it continues with the copy.
func (v *verifier) load() {
	if time.Now().Before(v.until) {
		return
	}
	asked := time.Now()
	if v.caller == nil {
		v.caller = v.site.caller(nil)
	}
	a := v.caller.ask(question{deed: deed{kind: "jwks"}, path: "/.well-known/jwks.json"})
	if a.outcome != served {
		return
	}
	var set struct {
		Keys []struct{ Kid, N, E string }
	}
	if a.read(&set) != nil {
		return
	}
	v.keys = map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		n, _ := base64.RawURLEncoding.DecodeString(k.N)
		e, _ := base64.RawURLEncoding.DecodeString(k.E)
		v.keys[k.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	v.until = asked.Add(maxAge(a.header))
}

// maxAge reads Cache-Control (RFC 9111 §5.2.2.1).
func maxAge(h http.Header) time.Duration {
	for part := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(part), "max-age="); ok {
			seconds, _ := strconv.Atoi(text)
			return time.Duration(seconds) * time.Second
		}
	}
	return 0
}
