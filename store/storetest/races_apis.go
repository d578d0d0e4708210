package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"gatehouse/store"
)

var errNoRoom = errors.New("not here")

// raceForRoom: each caller counts and then adds, after LockAPIs.
func raceForRoom(t *testing.T, db store.DB) {
	const most = 3
	won := winners(t, func(i int) (bool, error) {
		return true, db.Write(t.Context(), func(tx store.Tx) error {
			if err := tx.LockAPIs(); err != nil {
				return err
			}
			n, err := tx.CountAPIs()
			switch {
			case err != nil:
				return err
			case n >= most:
				return errNoRoom
			}
			return tx.CreateAPI(newAPI(fmt.Sprintf("a%d", i)))
		})
	}, errNoRoom)
	if won != most {
		t.Errorf("%d added one, want %d", won, most)
	}
}

// raceForIdentifier: every other caller creates a client whose ID is the identifier that
// the others want for an API.
func raceForIdentifier(t *testing.T, db store.DB) {
	wantOne(t, winners(t, func(i int) (bool, error) {
		return true, db.Write(t.Context(), func(tx store.Tx) error {
			if err := tx.LockAPIs(); err != nil {
				return err
			}
			a := newAPI("contested")
			if i%2 == 0 {
				return createUnlessClient(tx, a)
			}
			found, err := tx.HasIdentifier(a.Identifier)
			switch {
			case err != nil:
				return err
			case found:
				return errNoRoom
			}
			return tx.CreateClient(newClient(a.Identifier))
		})
	}, errNoRoom, store.ErrConflict))
}

func createUnlessClient(tx store.Tx, a store.API) error {
	_, err := tx.LockClient(a.Identifier)
	switch {
	case err == nil:
		return errNoRoom
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	return tx.CreateAPI(a)
}

// raceToList: clients are deleted while others put them on the list of an API, after
// LockClient and LockAPIs.
func raceToList(t *testing.T, db store.DB) {
	a := newAPI("orders")
	a.ListedClients, a.IntrospectionClients = nil, nil
	addAPI(t, db, a)
	for i := range callers / 2 {
		write(t, db, func(tx store.Tx) error { return tx.CreateClient(newClient(fmt.Sprintf("c%d", i))) })
	}
	winners(t, func(i int) (bool, error) {
		id := fmt.Sprintf("c%d", i/2)
		return true, db.Write(t.Context(), func(tx store.Tx) error {
			if i%2 == 0 {
				return tx.DeleteClient(id, odd())
			}
			return list(tx, a.ID, id)
		})
	}, store.ErrNotFound)
	if got := readAPI(t, db, a.ID).ListedClients; len(got) > 0 {
		t.Errorf("the API lists %s, which were deleted; want none", got)
	}
}

func list(tx store.Tx, api, client string) error {
	if _, err := tx.LockClient(client); err != nil {
		return err
	}
	if err := tx.LockAPIs(); err != nil {
		return err
	}
	a, err := tx.LockAPI(api)
	if err != nil {
		return err
	}
	a.ListedClients = append(slices.Clone(a.ListedClients), client)
	return tx.PutAPI(a)
}
