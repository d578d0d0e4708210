package protocol_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"gatehouse/internal/reqctx"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// concurrently sends a request without using the parts of the site that only one request
// at a time may use.
func (s *site) concurrently(r *http.Request) int {
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r.WithContext(reqctx.With(r.Context(), &reqctx.Info{ID: "RACE"})))
	return w.Code
}

// Of fifty concurrent redemptions one succeeds. The others are replays, so the session
// that it started has ended by the time they have their answers.
func TestFiftyRedemptionsAtOnce(t *testing.T) {
	testkit.Long(t)
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			s := openOn(t, dsn(t))
			s.addWebApps(t)
			s.signedIn(t)
			for round := range 3 {
				code := s.code(t, asking("own"))
				var won, refusals atomic.Int32
				var faults sync.Map
				var all sync.WaitGroup
				start := make(chan struct{})
				for range 50 {
					r := exchanging("own", code)
					all.Go(func() {
						<-start
						switch status := s.concurrently(r); status {
						case http.StatusOK:
							won.Add(1)
						case http.StatusBadRequest:
							refusals.Add(1)
						default:
							faults.Store(fmt.Sprint(status), true)
						}
					})
				}
				close(start)
				all.Wait()
				faults.Range(func(status, _ any) bool {
					t.Errorf("an answer with status %s, want an expected one", status)
					return true
				})
				if won.Load() != 1 || refusals.Load() != 49 {
					t.Errorf("round %d: %d successes, %d refusals, want 1 and 49", round, won.Load(), refusals.Load())
				}
				c, err := s.db.CodeByDigest(t.Context(), store.DigestOf(code))
				if err != nil {
					t.Fatalf("looking up the code: %v", err)
				}
				session, _, err := s.db.SessionWithUser(t.Context(), c.SessionID)
				if err != nil || session.EndedAt.IsZero() || session.EndReason != "code replayed" {
					t.Errorf(`session %+v, %v; want it ended because of "code replayed"`, session, err)
				}
			}
		})
	}
}
