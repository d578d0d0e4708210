package sqlstore

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// A clientRow is an app; its lists are JSON.
type clientRow struct {
	ID                     string `gorm:"primaryKey"`
	Name                   string
	AuthMethod             string
	FirstParty             bool
	Disabled               bool
	GrantTypes             string
	Scope                  string
	RedirectURIs           string `gorm:"column:redirect_uris"`
	PostLogoutRedirectURIs string `gorm:"column:post_logout_redirect_uris"`
	BackchannelLogoutURI   string `gorm:"column:backchannel_logout_uri"`
	BackchannelSession     bool
	JWKS                   string `gorm:"column:jwks"`
	JWKSURI                string `gorm:"column:jwks_uri"`
	AssertionAudience      string
	Secrets                string
	AccessTokenLifetimeMs  int64
	RefreshTokenIdleMs     int64
	RefreshTokenLifetimeMs int64
	Created                int64 `gorm:"column:created_at"`
	Updated                int64 `gorm:"column:updated_at"`
}

// TableName implements gorm's Tabler.
func (clientRow) TableName() string { return "clients" }

// A clientSecret is a store.ClientSecret as JSON; times are Unix milliseconds.
type clientSecret struct {
	Digest  string `json:"sha256"`
	Created int64  `json:"created"`
	Expires int64  `json:"expires,omitempty"`
}

func rowOfClient(c store.Client) clientRow {
	secrets := make([]clientSecret, 0, len(c.Secrets))
	for _, s := range c.Secrets {
		secrets = append(secrets, clientSecret{hex.EncodeToString(s.Digest[:]), millis(s.CreatedAt), millis(s.ExpiresAt)})
	}
	return clientRow{
		ID: c.ID, Name: c.Name, AuthMethod: c.AuthMethod, FirstParty: c.FirstParty, Disabled: c.Disabled,
		GrantTypes: list(c.GrantTypes), Scope: c.Scope,
		RedirectURIs: list(c.RedirectURIs), PostLogoutRedirectURIs: list(c.PostLogoutRedirectURIs), Secrets: list(secrets),
		BackchannelLogoutURI: c.BackchannelLogoutURI, BackchannelSession: c.BackchannelSession,
		JWKS: c.JWKS, JWKSURI: c.JWKSURI, AssertionAudience: c.AssertionAudience,
		AccessTokenLifetimeMs:  c.AccessTokenLifetime.Milliseconds(),
		RefreshTokenIdleMs:     c.RefreshTokenIdle.Milliseconds(),
		RefreshTokenLifetimeMs: c.RefreshTokenLifetime.Milliseconds(),
		Created:                millis(c.CreatedAt), Updated: millis(c.UpdatedAt),
	}
}

func (r clientRow) client() (store.Client, error) {
	c := store.Client{
		ID: r.ID, Name: r.Name, AuthMethod: r.AuthMethod, FirstParty: r.FirstParty, Disabled: r.Disabled, Scope: r.Scope,
		BackchannelLogoutURI: r.BackchannelLogoutURI, BackchannelSession: r.BackchannelSession,
		JWKS: r.JWKS, JWKSURI: r.JWKSURI, AssertionAudience: r.AssertionAudience,
		AccessTokenLifetime:  time.Duration(r.AccessTokenLifetimeMs) * time.Millisecond,
		RefreshTokenIdle:     time.Duration(r.RefreshTokenIdleMs) * time.Millisecond,
		RefreshTokenLifetime: time.Duration(r.RefreshTokenLifetimeMs) * time.Millisecond,
		CreatedAt:            instant(r.Created), UpdatedAt: instant(r.Updated),
	}
	var secrets []clientSecret
	for _, l := range []struct {
		text string
		into any
	}{
		{r.GrantTypes, &c.GrantTypes}, {r.RedirectURIs, &c.RedirectURIs},
		{r.PostLogoutRedirectURIs, &c.PostLogoutRedirectURIs}, {r.Secrets, &secrets},
	} {
		if l.text == "[]" {
			continue
		}
		if err := json.Unmarshal([]byte(l.text), l.into); err != nil {
			return c, fmt.Errorf("reading the lists of client %q: %w", r.ID, err)
		}
	}
	for _, s := range secrets {
		secret := store.ClientSecret{CreatedAt: instant(s.Created), ExpiresAt: instant(s.Expires)}
		if n, err := hex.Decode(secret.Digest[:], []byte(s.Digest)); err != nil || n != len(secret.Digest) {
			return c, fmt.Errorf("reading the secrets of client %q", r.ID)
		}
		c.Secrets = append(c.Secrets, secret)
	}
	return c, nil
}

const clientColumns = "id, name, auth_method, first_party, disabled, grant_types, scope, redirect_uris, post_logout_redirect_uris, " +
	"backchannel_logout_uri, backchannel_session, COALESCE(jwks, ''), jwks_uri, assertion_audience, " +
	"secrets, access_token_lifetime_ms, refresh_token_idle_ms, refresh_token_lifetime_ms, created_at, updated_at"

// clientRows reads clientColumns.
func clientRows(db *gorm.DB, rest string, args ...any) (clients []store.Client, err error) {
	err = engine.Rows(db, "SELECT "+clientColumns+" FROM clients "+rest, args, func(s engine.Scanner) error {
		var r clientRow
		err := s.Scan(&r.ID, &r.Name, &r.AuthMethod, &r.FirstParty, &r.Disabled, &r.GrantTypes, &r.Scope, &r.RedirectURIs, &r.PostLogoutRedirectURIs,
			&r.BackchannelLogoutURI, &r.BackchannelSession, &r.JWKS, &r.JWKSURI, &r.AssertionAudience,
			&r.Secrets, &r.AccessTokenLifetimeMs, &r.RefreshTokenIdleMs, &r.RefreshTokenLifetimeMs, &r.Created, &r.Updated)
		if err != nil {
			return err
		}
		c, err := r.client()
		clients = append(clients, c)
		return err
	})
	return clients, err
}

func oneClient(db *gorm.DB, rest string, args ...any) (store.Client, error) {
	found, err := clientRows(db, rest, args...)
	switch {
	case err != nil:
		return store.Client{}, err
	case len(found) == 0:
		return store.Client{}, store.ErrNotFound
	}
	return found[0], nil
}

// ClientByID implements store.Clients.
func (d *DB) ClientByID(ctx context.Context, id string) (c store.Client, err error) {
	if !plausible(id) {
		return c, store.ErrNotFound
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		c, err = oneClient(db, "WHERE id = ?", id)
		return err
	})
	return c, err
}

// ListClients implements store.Clients.
func (d *DB) ListClients(ctx context.Context, after string, limit int) (clients []store.Client, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		clients, err = clientRows(db, "WHERE id > ? ORDER BY id LIMIT ?", text(after, 255), limit)
		return err
	})
	return clients, err
}

// LockClient implements store.ClientsTx.
func (t *tx) LockClient(id string) (c store.Client, err error) {
	if !plausible(id) {
		return c, store.ErrNotFound
	}
	err = t.Do(func(db *gorm.DB) error {
		c, err = oneClient(db, "WHERE id = ?"+t.Dialect.ForUpdate, id)
		return err
	})
	return c, err
}

// CreateClient implements store.ClientsTx.
func (t *tx) CreateClient(c store.Client) error {
	row := rowOfClient(c)
	return t.Do(func(db *gorm.DB) error { return db.Create(&row).Error })
}

// PutClient implements store.ClientsTx.
func (t *tx) PutClient(c store.Client) error {
	row := rowOfClient(c)
	return t.Do(func(db *gorm.DB) error {
		done := db.Select("*").Where("id = ?", c.ID).Updates(&row)
		if done.Error == nil && done.RowsAffected == 0 {
			return store.ErrNotFound
		}
		return done.Error
	})
}

// EndClientSessions implements store.ClientsTx.
func (t *tx) EndClientSessions(id, reason string, at time.Time) ([]string, error) {
	return t.endWhere("client_id = ?", reason, at, id)
}

// DeleteClient implements store.ClientsTx. Codes go before sessions: see voidGrants.
func (t *tx) DeleteClient(id string, at time.Time) ([]string, error) {
	if _, err := t.LockClient(id); err != nil {
		return nil, err
	}
	for _, table := range []string{"auth_codes", "device_grants", "pushed_requests", "consents", "logout_notices"} {
		err := t.Do(func(db *gorm.DB) error { return db.Exec("DELETE FROM "+table+" WHERE client_id = ?", id).Error })
		if err != nil {
			return nil, err
		}
	}
	ended, err := t.EndClientSessions(id, "client deleted", at)
	if err != nil {
		return nil, err
	}
	return ended, t.Do(func(db *gorm.DB) error {
		return db.Exec("DELETE FROM clients WHERE id = ?", id).Error
	})
}
