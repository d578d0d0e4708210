package protocol_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"gatehouse/store"
)

// At the bound of sessions of a person in an app, the app learns when to come again, and
// its code stays good. An hour later, the session that was least recently used makes room.
func TestSessionsOfAPersonInAnAppAreBounded(t *testing.T) {
	s := openWeb(t)
	s.sessions.MaxSessions = 2
	first := granted(t, s.exchange(t, "own", s.code(t, asking("own"))))
	granted(t, s.exchange(t, "own", s.code(t, asking("own"))))
	code := s.code(t, asking("own"))
	a := s.exchange(t, "own", code)
	refused(t, a, http.StatusTooManyRequests, "temporarily_unavailable")
	if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds > 3660 || seconds < 3000 {
		t.Errorf("Retry-After = %q, want about an hour", a.header.Get("Retry-After"))
	}
	if kept, err := s.db.CodeByDigest(t.Context(), store.DigestOf(code)); err != nil || !kept.UsedAt.IsZero() {
		t.Errorf("code = %+v, %v, want one that is not used", kept, err)
	}
	granted(t, s.exchange(t, "web", s.code(t, asking("web")))) // another app
	s.advance(time.Hour + time.Minute)                         // the last use may be on record to the minute
	granted(t, s.exchange(t, "own", s.code(t, asking("own"))))
	refused(t, s.refresh(t, "own", first.text("refresh_token")), 400, "invalid_grant")
}
