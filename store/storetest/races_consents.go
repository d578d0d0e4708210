package storetest

import (
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
)

// raceToNarrow: a person takes scopes away from an app while they allow it the same ones.
// Each act reads the consent in its transaction. In the end a scope is either granted or
// taken away, as by the act that came last, and no act undoes another's.
func raceToNarrow(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	s := newSession(ann.ID)
	start(t, db, s)
	for range 10 {
		consent(t, db, store.Consent{UserID: ann.ID, ClientID: s.ClientID, Scope: "openid email", GrantedAt: odd()})
		many(callers/5, func(i int) {
			err := db.Write(t.Context(), func(tx store.Tx) error {
				c, err := tx.LockConsent(ann.ID, s.ClientID)
				if err != nil {
					return err
				}
				// Ten callers: for each scope, one that grants it and one that takes it away.
				scope := []string{"email", "phone", "address", "account", "https://api.example#read"}[i/2]
				if i%2 == 0 {
					c.Scope, c.Withdrawn = with(c.Scope, scope), without(c.Withdrawn, scope)
				} else {
					c.Scope, c.Withdrawn = without(c.Scope, scope), with(c.Withdrawn, scope)
				}
				return tx.PutConsent(c)
			})
			if err != nil {
				t.Errorf("changing a consent at the same time: %v", err)
			}
		})
		c, err := db.ConsentOf(t.Context(), ann.ID, s.ClientID)
		if err != nil {
			t.Fatalf("looking up the consent: %v", err)
		}
		all := strings.Fields(c.Scope + " " + c.Withdrawn)
		slices.Sort(all)
		same(t, "granted or taken away", all, []string{"account", "address", "email", "https://api.example#read", "openid", "phone"})
		same(t, "what the session may not use", session(t, db, s.ID).Withdrawn, c.Withdrawn)
	}
}

func with(scope, token string) string {
	return strings.TrimSpace(without(scope, token) + " " + token)
}

func without(scope, token string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(scope), func(t string) bool { return t == token }), " ")
}
