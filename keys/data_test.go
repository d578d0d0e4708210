package keys

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store/sqlstore"
)

func mustData(t testing.TB, r *Ring) DataKey {
	t.Helper()
	d, err := r.DataKey(t.Context())
	if err != nil {
		t.Fatalf("opening the data key: %v", err)
	}
	return d
}

func TestTheDataKeySealsForOnePlace(t *testing.T) {
	d := mustData(t, openRing(t, options(&memory{}, newClock().Now)))
	sealed, err := d.Seal([]byte("secret"), []byte("here"))
	if err != nil || bytes.Contains(sealed, []byte("secret")) {
		t.Fatalf("sealed: %q, %v; want it encrypted", sealed, err)
	}
	if plain, err := d.Open(sealed, []byte("here")); err != nil || string(plain) != "secret" {
		t.Errorf("opened: %q, %v; want what was sealed", plain, err)
	}
	if _, err := d.Open(sealed, []byte("there")); err == nil {
		t.Error("it opens in another place, want an error")
	}
	if _, err := NewDataKey().Open(sealed, []byte("here")); err == nil {
		t.Error("another key opens it, want an error")
	}
	secret := d.secret.bytes()
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		if said := fmt.Sprintf(verb, d); bytes.Contains([]byte(said), secret[:]) || bytes.Contains([]byte(said), fmt.Appendf(nil, "%x", secret)) {
			t.Errorf("%s prints the key: %s, want it hidden", verb, said)
		}
	}
}

// TestTheDataKeyOutlivesTheMasterKey: what it sealed opens after a rewrap, with the new
// master key alone.
func TestTheDataKeyOutlivesTheMasterKey(t *testing.T) {
	s, c := underTestMaster(t)
	next := NewMasterKey()
	sealed, err := mustData(t, openRing(t, knowing(s, c, testMaster))).Seal([]byte("secret"), nil)
	if err != nil {
		t.Fatalf("sealing: %v", err)
	}
	if _, err := openRing(t, knowing(s, c, next, testMaster)).Rewrap(t.Context(), "cli"); err != nil {
		t.Fatalf("rewrapping the keys: %v", err)
	}
	after := openRing(t, knowing(s, c, next))
	if plain, err := mustData(t, after).Open(sealed, nil); err != nil || string(plain) != "secret" {
		t.Errorf("opened after the rewrap: %q, %v; want what was sealed", plain, err)
	}
	var wrong *WrongMasterKey
	if err := CheckData(MasterKeys{testMaster}, s.data); !errors.As(err, &wrong) || wrong.Want != next.ID() {
		t.Errorf("the old master key alone: %v, want a WrongMasterKey", err)
	}
	s.data[0].Sealed = append(bytes.Clone(s.data[0].Sealed[:40]), 0)
	if err := CheckData(MasterKeys{next}, s.data); err == nil || errors.As(err, &wrong) {
		t.Errorf("a damaged data key: %v, want it named as damaged", err)
	}
}

// TestReplicasAgreeOnTheDataKey on real databases, where each has its own connections.
func TestReplicasAgreeOnTheDataKey(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MySQL": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			at := dsn(t)
			dbs := []*sqlstore.DB{openDB(t, at), openDB(t, at)}
			rings := openTogether(t, dbs, 8)
			keys := make([]DataKey, len(rings))
			var wg sync.WaitGroup
			for i, r := range rings {
				wg.Go(func() { keys[i], _ = r.DataKey(t.Context()) })
			}
			wg.Wait()
			for i, k := range keys {
				if k.secret.IsZero() || k.secret.bytes() != keys[0].secret.bytes() {
					t.Errorf("replica %d has another data key than the first, want one for all", i)
				}
			}
			if rows, err := dbs[0].DataKeys(t.Context()); err != nil || len(rows) != 1 || time.Since(rows[0].CreatedAt) > time.Hour {
				t.Errorf("data keys on record: %+v, %v; want one", rows, err)
			}
		})
	}
}
