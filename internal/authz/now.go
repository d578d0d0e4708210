package authz

import (
	"errors"

	"gatehouse/store"
)

// AllowNow is Allow by the record of a transaction, under lock: the actor may have lost the
// role, or the account, since the request began.
func (p Permission) AllowNow(tx interface {
	LockUser(id int64) (store.User, error)
}, a Actor,
) error {
	if a.Operator {
		return nil
	}
	row, err := tx.LockUser(a.UserID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if a.Role = row.Role; err != nil || !row.Active {
		a.Role = ""
	}
	return p.Allow(a)
}
