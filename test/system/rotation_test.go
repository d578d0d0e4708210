package system_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestNoVerifierMeetsAnUnknownKey rotates the keys every few seconds while two servers
// sign in turns. A verifier that caches the key set of either for as long as it was
// told must verify every token.
func TestNoVerifierMeetsAnUnknownKey(t *testing.T) {
	t.Parallel()
	// A set may be cached for half of the lead, less its age, in full seconds.
	s := open(t, append(onMariaDB(t), "GATEHOUSE_KEY_ROTATE_EVERY=5s", "GATEHOUSE_KEY_PUBLISH_LEAD=4s")...)
	verifiers := []*verifier{{from: s.a}, {from: s.b}}
	signers, fetched, kept := map[string]int{}, 0, 0
	for end, turn := time.Now().Add(16*time.Second), 0; time.Now().Before(end); turn++ {
		access := s.of(turn).ask(s.watch.token("grant_type", "client_credentials")).must(t, http.StatusOK).tokens().access
		for _, v := range verifiers {
			kid, err := v.verify(access)
			if err != nil {
				t.Errorf("a token of %s, with the keys of %s: %v", s.of(turn).name, v.from.name, err)
			}
			signers[kid]++
		}
		time.Sleep(25 * time.Millisecond)
	}
	for _, v := range verifiers {
		fetched, kept = fetched+v.fetched, kept+v.kept
	}
	t.Logf("%d keys signed; the key set was fetched %d times and kept %d times", len(signers), fetched, kept)
	if len(signers) < 3 || kept < fetched {
		t.Errorf("%d keys signed, and the key set was kept %d times and fetched %d times, want at least 3 keys and more kept than fetched", len(signers), kept, fetched)
	}
}

// A verifier is a resource server that only uses our key set.
type verifier struct {
	from          *process
	keys          map[string]*rsa.PublicKey
	until         time.Time
	fetched, kept int
}

// verify returns the kid of the token's key.
func (v *verifier) verify(token string) (kid string, err error) {
	if err := v.fetch(); err != nil {
		return "", err
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("not a token: %q", token)
	}
	var head struct {
		Algorithm string `json:"alg"`
		ID        string `json:"kid"`
	}
	decoded, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err := firstOf(err, json.Unmarshal(decoded, &head)); err != nil || head.Algorithm != "RS256" {
		return "", fmt.Errorf("head %s: %w", decoded, err)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	key := v.keys[head.ID]
	if err != nil || key == nil {
		return head.ID, fmt.Errorf("key %s is unknown: %w", head.ID, err)
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return head.ID, rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
}

// fetch fetches the key set again once its lifetime is over.
func (v *verifier) fetch() error {
	asked := time.Now()
	if asked.Before(v.until) {
		v.kept++
		return nil
	}
	a := v.from.ask(request{path: "/.well-known/jwks.json"})
	var set struct {
		Keys []struct{ Kid, N, E string }
	}
	if err := firstOf(a.expect(http.StatusOK), json.Unmarshal(a.body, &set)); err != nil {
		return err
	}
	_, age, _ := strings.Cut(a.header.Get("Cache-Control"), "max-age=")
	seconds, err := strconv.Atoi(age)
	if err != nil {
		return err
	}
	v.fetched++
	v.until = asked.Add(time.Duration(seconds) * time.Second)
	v.keys = map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		n, err := base64.RawURLEncoding.DecodeString(k.N)
		if err != nil || k.E != "AQAB" {
			return fmt.Errorf("key %+v: %w", k, err)
		}
		v.keys[k.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
	}
	return nil
}
