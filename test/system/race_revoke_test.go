package system_test

import (
	"net/http"
	"testing"
	"time"
)

// raceToRevoke refreshes a session at one server while it is revoked at the other, 50
// times over. In either order, the session must be dead once both have returned.
func (s *site) raceToRevoke(t *testing.T) {
	ben := s.newcomer(t, "ben", "user")
	sessions := s.signIns(t, ben, callers)
	answers := crowd(2*callers, func(i int) answer {
		pair := i / 2
		if i%2 == 0 {
			time.Sleep(time.Duration(pair%10) * 2 * time.Millisecond) // so that each comes first sometimes
			return s.of(pair).ask(s.shop.refresh(sessions[pair].refresh))
		}
		return s.of(pair + 1).ask(s.shop.revoke([]string{sessions[pair].refresh, sessions[pair].access}[pair%2]))
	})
	won := 0
	for i, before := range sessions {
		refreshed, revoked := answers[2*i], answers[2*i+1]
		revoked.is(t, http.StatusOK)
		if refreshed.is(t, http.StatusOK, http.StatusBadRequest) && refreshed.status == http.StatusOK {
			won++
			s.dead(t, "refreshed while it was revoked", s.shop.refresh, refreshed.tokens())
		}
		s.dead(t, "revoked", s.shop.refresh, before)
	}
	t.Logf("%d of %d refreshes came before the revocation", won, callers)
}
