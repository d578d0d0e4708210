package system_test

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// TestTheMasterKeyIsReplaced follows the steps in docs/operations.md, replica by
// replica. At every step each replica accepts what the other has made: tokens, pages
// of lists, keys.
func TestTheMasterKeyIsReplaced(t *testing.T) {
	t.Parallel()
	s := open(t, onMariaDB(t)...)
	s.create(t, "other", "user")
	session := s.signIn(t, s.a, s.root)
	s.agree(t, "at first")
	old := s.settings[len(s.settings)-1]
	both := []string{
		"GATEHOUSE_MASTER_KEY=" + s.vault.Keep(newMasterKey()),
		strings.Replace(old, "MASTER_KEY=", "MASTER_KEY_PREVIOUS=", 1),
	}
	s.a.stop(t)
	s.a = s.start(t, "A with both", both...)
	s.agree(t, "when one of them has both")
	s.b.stop(t)
	s.b = s.start(t, "B with both", both...)
	s.agree(t, "when both have both")

	s.settings = append(s.settings, both...)
	s.run(t, "", "keys", "rewrap")
	s.agree(t, "after rewrapping")
	s.settings = append(s.settings, "GATEHOUSE_MASTER_KEY_PREVIOUS=")
	s.a.stop(t)
	s.a = s.start(t, "A with the new one")
	s.agree(t, "when one of them has only the new one")
	if _, said, code := s.finish(t, s.withSetting(t, old, "serve"), ""); code == 0 || !strings.Contains(said, "wrong master key") {
		t.Errorf("with the old key: code %d, want a failure that says \"wrong master key\":\n%s", code, said)
	}
	s.b.ask(refresh(session.refresh)).is(t, http.StatusOK)
}

func newMasterKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

var nextPage = regexp.MustCompile(`<[^>]*(/api/[^>]*)>; rel="next"`)

// agree makes a token and a page at each server and uses them at the other one. Then
// it makes the next key, which both must publish.
func (s *site) agree(t *testing.T, when string) {
	t.Helper()
	for _, end := range [][2]*process{{s.a, s.b}, {s.b, s.a}} {
		here, there := end[0], end[1]
		access := s.signIn(t, here, s.root).access
		there.ask(profile(access)).must(t, http.StatusOK)
		page := here.ask(request{path: "/api/accounts/admin/users/?limit=1", bearer: access}).must(t, http.StatusOK)
		next := nextPage.FindStringSubmatch(page.header.Get("Link"))
		if next == nil {
			t.Fatalf("%s: the next page is missing, want a link to it: %s", when, page)
		}
		there.ask(request{path: next[1], bearer: access}).must(t, http.StatusOK)
	}
	s.a.ask(request{method: http.MethodPost, path: "/api/admin/keys/", bearer: s.signIn(t, s.a, s.root).access}).must(t, http.StatusOK, http.StatusCreated)
	all := s.generations(t)
	for _, p := range s.pair() {
		testkit.Within(t, patience, p.name+" publishes all keys "+when, func() error { return p.publishes(all) })
	}
}

// withSetting returns the command with one more setting.
func (s *site) withSetting(t *testing.T, setting string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := s.command(t, args...)
	cmd.Env = append(cmd.Env, setting)
	return cmd
}
