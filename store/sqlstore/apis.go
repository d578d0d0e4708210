package sqlstore

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// apiColumns are the columns of an API. Lists are JSON.
var apiColumns = []column[store.API]{
	col("id", func(a *store.API) any { return &a.ID }),
	col("identifier", func(a *store.API) any { return (*optional)(&a.Identifier) }),
	col("name", func(a *store.API) any { return &a.Name }),
	col("scopes", func(a *store.API) any { return (*apiScopes)(&a.Scopes) }),
	col("clients", func(a *store.API) any { return &a.Clients }),
	col("listed_clients", func(a *store.API) any { return (*texts)(&a.ListedClients) }),
	col("access_token_lifetime_ms", func(a *store.API) any { return (*lifetime)(&a.AccessTokenLifetime) }),
	col("token_type", func(a *store.API) any { return &a.TokenType }),
	col("signing_alg", func(a *store.API) any { return &a.Signing.Alg }),
	col("signing_alg_before", func(a *store.API) any { return &a.Signing.Before }),
	col("signing_alg_from", func(a *store.API) any { return (*moment)(&a.Signing.From) }),
	col("claims", func(a *store.API) any { return (*texts)(&a.Claims) }),
	col("listed_in_metadata", func(a *store.API) any { return &a.ListedInMetadata }),
	col("introspection_clients", func(a *store.API) any { return (*texts)(&a.IntrospectionClients) }),
	col("created_at", func(a *store.API) any { return (*moment)(&a.CreatedAt) }),
	col("updated_at", func(a *store.API) any { return (*moment)(&a.UpdatedAt) }),
	col("last_used_at", func(a *store.API) any { return (*moment)(&a.LastUsedAt) }).byDatabase(),
}

var (
	apiTable   = tableOf("apis", "", apiColumns)
	apiRest    = tableOf("apis", "", apiColumns[1:])
	selectAPIs = "SELECT " + apiTable.selected + " FROM apis"
	apiByID    = selectAPIs + " WHERE id = ?"
	apiByName  = selectAPIs + " WHERE identifier = ?"
	listAPIs   = selectAPIs + " WHERE id > ? ORDER BY id LIMIT ?"
	apisOf     = selectAPIs + " WHERE INSTR(listed_clients, ?) > 0 OR INSTR(introspection_clients, ?) > 0 ORDER BY id"
	countAPIs  = "SELECT COUNT(*) FROM apis WHERE identifier IS NOT NULL"
	putAPI     = "UPDATE apis SET " + apiRest.set + " WHERE id = ?"
)

// An optional text is NULL in its column if it is empty, so that a unique key admits
// several that are.
type optional string

// Scan implements sql.Scanner.
func (o *optional) Scan(column any) error {
	switch column := column.(type) {
	case nil:
		*o = ""
	case string:
		*o = optional(column)
	case []byte:
		*o = optional(column)
	default:
		return fmt.Errorf("the column of a text holds %T", column)
	}
	return nil
}

// Value implements driver.Valuer.
func (o *optional) Value() (driver.Value, error) {
	if *o == "" {
		return nil, nil //nolint:nilnil // NULL
	}
	return string(*o), nil
}

// apiScopes are the scopes of an API on their way to or from a column.
type apiScopes []store.APIScope

// An apiScope is a store.APIScope as JSON.
type apiScope struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Sensitive   bool   `json:"sensitive,omitempty"`
}

// Value implements driver.Valuer.
func (s *apiScopes) Value() (driver.Value, error) {
	kept := make([]apiScope, len(*s))
	for i, scope := range *s {
		kept[i] = apiScope(scope)
	}
	text, err := json.Marshal(kept)
	return string(text), err
}

// Scan implements sql.Scanner.
func (s *apiScopes) Scan(column any) error {
	var kept []apiScope
	if err := scanList(column, &kept); err != nil {
		return err
	}
	*s = nil
	for _, k := range kept {
		*s = append(*s, store.APIScope(k))
	}
	return nil
}

func oneAPI(db *gorm.DB, query, key string) (store.API, error) {
	var a store.API
	if err := engine.Row(db, query, []any{key}, apiTable.dest(&a)...); err != nil {
		return store.API{}, err
	}
	return a, nil
}

func (d *DB) apiBy(ctx context.Context, query, key string) (a store.API, err error) {
	if !plausible(key) {
		return a, store.ErrNotFound
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		a, err = oneAPI(db, query, key)
		return err
	})
	return a, err
}

// APIByID implements store.APIs.
func (d *DB) APIByID(ctx context.Context, id string) (store.API, error) {
	return d.apiBy(ctx, apiByID, id)
}

// APIByIdentifier implements store.APIs.
func (d *DB) APIByIdentifier(ctx context.Context, identifier string) (store.API, error) {
	return d.apiBy(ctx, apiByName, identifier)
}

// ListAPIs implements store.APIs.
func (d *DB) ListAPIs(ctx context.Context, after string, limit int) (apis []store.API, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		apis, err = apiTable.all(db, listAPIs, text(after, 255), limit)
		return err
	})
	return apis, err
}

// CountAPIs implements store.APIs.
func (d *DB) CountAPIs(ctx context.Context) (n int64, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error { return engine.Row(db, countAPIs, nil, &n) })
	return n, err
}

// UsedAPIs implements store.APIs.
func (d *DB) UsedAPIs(ctx context.Context, ids []string, at time.Time) error {
	return d.used(ctx, "apis", ids, at)
}

// APIsOpenToAll implements store.APIs.
func (d *DB) APIsOpenToAll(ctx context.Context) (open bool, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		open, err = engine.Exists(db, "SELECT 1 FROM apis WHERE clients = ? LIMIT 1", store.ClientsAny)
		return err
	})
	return open, err
}

// LockAPIs implements store.APIsTx.
func (t *tx) LockAPIs() error { return t.lock("apis") }

// CountAPIs implements store.APIsTx.
func (t *tx) CountAPIs() (n int64, err error) {
	err = t.Do(func(db *gorm.DB) error { return engine.Row(db, countAPIs, nil, &n) })
	return n, err
}

// HasIdentifier implements store.APIsTx.
func (t *tx) HasIdentifier(identifier string) (found bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		found, err = engine.Exists(db, "SELECT 1 FROM apis WHERE identifier = ?", identifier)
		return err
	})
	return found, err
}

// APIsOf implements store.APIsTx. The lists are JSON, so an ID in one of them stands
// between quotation marks, as here.
func (t *tx) APIsOf(clientID string) (apis []store.API, err error) {
	quoted := strings.Trim(list([]string{clientID}), "[]")
	err = t.Do(func(db *gorm.DB) error {
		apis, err = apiTable.all(db, apisOf, quoted, quoted)
		return err
	})
	return apis, err
}

// forgetClient takes a client, whose row is locked, off the lists of all APIs. A writer
// that puts it on a list locks that row, so none comes to them that name it now.
func (t *tx) forgetClient(id string) error {
	apis, err := t.APIsOf(id)
	if err != nil || len(apis) == 0 {
		return err
	}
	if err := t.LockAPIs(); err != nil {
		return err
	}
	if apis, err = t.APIsOf(id); err != nil {
		return err
	}
	for _, a := range apis {
		a.Forget(id)
		if err := t.PutAPI(a); err != nil {
			return err
		}
	}
	return nil
}

// LockAPI implements store.APIsTx.
func (t *tx) LockAPI(id string) (a store.API, err error) {
	if !plausible(id) {
		return a, store.ErrNotFound
	}
	err = t.Do(func(db *gorm.DB) error {
		a, err = oneAPI(db, apiByID+t.Dialect.ForUpdate, id)
		return err
	})
	return a, err
}

// CreateAPI implements store.APIsTx.
func (t *tx) CreateAPI(a store.API) error {
	return t.Do(func(db *gorm.DB) error { return apiTable.add(db, a) })
}

// PutAPI implements store.APIsTx.
func (t *tx) PutAPI(a store.API) error {
	return t.change(putAPI, apiRest.values(&a, a.ID)...)
}

// DeleteAPI implements store.APIsTx.
func (t *tx) DeleteAPI(id string) error { return t.change("DELETE FROM apis WHERE id = ?", id) }

// change runs a statement for one row, and returns ErrNotFound if there is none.
func (t *tx) change(statement string, args ...any) error {
	return t.Do(func(db *gorm.DB) error {
		n, err := engine.Update(db, statement, args...)
		if err == nil && n == 0 {
			return store.ErrNotFound
		}
		return err
	})
}
