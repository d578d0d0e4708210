package apis

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/fields"
	"gatehouse/store"
)

// register adds clients to the store as they are.
func (w world) register(t *testing.T, clients ...store.Client) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx store.Tx) error {
		for _, c := range clients {
			c.AuthMethod, c.CreatedAt, c.UpdatedAt = store.NoSecret, w.Now(), w.Now()
			if err := tx.CreateClient(c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("creating clients: %v", err)
	}
}

func TestAppsThatHoldScopesOfAnAPIAreCounted(t *testing.T) {
	w := open(t)
	a := w.add(t, ordersInput())
	other := ordersInput()
	other.ID, other.Identifier = fields.Given("longer"), fields.Given("https://orders.example/longer")
	w.add(t, other)
	w.register(t,
		store.Client{ID: "a", Scope: "openid https://orders.example#orders:read"},
		store.Client{ID: "b", Scope: "https://orders.example#orders:read https://orders.example#orders:write https://orders.example#gone"},
		store.Client{ID: "c", Scope: "account https://orders.example/longer#orders:read"},
		store.Client{ID: "d", Origin: store.OriginDynamic},
	)
	got, err := w.Reach(t.Context(), a)
	if err != nil {
		t.Fatalf("counting: %v", err)
	}
	want := Reach{Registered: 3, Strangers: 1, Holders: 2, Holding: map[string]int{"orders:read": 2, "orders:write": 1, "gone": 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the reach of the API (-want +got):\n%s", diff)
	}
	own, err := w.Get(t.Context(), store.OwnAPI)
	if err != nil {
		t.Fatalf("looking up our own API: %v", err)
	}
	if got, err := w.Reach(t.Context(), own); err != nil || got.Holders != 1 || got.Holding["account"] != 1 {
		t.Errorf("the reach of our own API is %+v, %v; want one app with account", got, err)
	}
}

func TestTheCountOfAppsIsBounded(t *testing.T) {
	w := open(t)
	a := w.add(t, ordersInput())
	var many []store.Client
	for i := range counted + 1 {
		many = append(many, store.Client{ID: fmt.Sprintf("app-%04d", i), Scope: "https://orders.example#orders:read"})
	}
	w.register(t, many...)
	if got, err := w.Reach(t.Context(), a); err != nil || !got.More || got.Holders != counted {
		t.Errorf("%d holders, more %t, %v; want %d and more", got.Holders, got.More, err, counted)
	}
}
