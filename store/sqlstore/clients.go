package sqlstore

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// clientColumns are the columns of a client. Lists are JSON.
var clientColumns = []column[store.Client]{
	col("id", func(c *store.Client) any { return &c.ID }),
	col("name", func(c *store.Client) any { return &c.Name }),
	col("auth_method", func(c *store.Client) any { return &c.AuthMethod }),
	col("auth_method_pinned", func(c *store.Client) any { return &c.AuthMethodPinned }),
	col("first_party", func(c *store.Client) any { return &c.FirstParty }),
	col("disabled", func(c *store.Client) any { return &c.Disabled }),
	col("origin", func(c *store.Client) any { return &c.Origin }),
	col("grant_types", func(c *store.Client) any { return (*texts)(&c.GrantTypes) }),
	col("scope", func(c *store.Client) any { return &c.Scope }),
	col("redirect_uris", func(c *store.Client) any { return (*texts)(&c.RedirectURIs) }),
	col("post_logout_redirect_uris", func(c *store.Client) any { return (*texts)(&c.PostLogoutRedirectURIs) }),
	col("require_par", func(c *store.Client) any { return &c.RequirePAR }),
	col("require_pkce", func(c *store.Client) any { return &c.RequirePKCE }),
	col("require_signed_request_object", func(c *store.Client) any { return &c.RequireSignedRequestObject }),
	col("backchannel_logout_uri", func(c *store.Client) any { return &c.BackchannelLogoutURI }),
	col("backchannel_session", func(c *store.Client) any { return &c.BackchannelSession }),
	col("jwks", func(c *store.Client) any { return &c.JWKS }).orEmpty(),
	col("jwks_uri", func(c *store.Client) any { return &c.JWKSURI }),
	col("assertion_audience", func(c *store.Client) any { return &c.AssertionAudience }),
	col("secrets", func(c *store.Client) any { return (*clientSecrets)(&c.Secrets) }),
	col("rotation", func(c *store.Client) any { return &c.Rotation }),
	col("id_token_alg", func(c *store.Client) any { return &c.IDTokenSigning.Alg }),
	col("id_token_alg_before", func(c *store.Client) any { return &c.IDTokenSigning.Before }),
	col("id_token_alg_from", func(c *store.Client) any { return (*moment)(&c.IDTokenSigning.From) }),
	col("refresh_token_alg", func(c *store.Client) any { return &c.RefreshSigning.Alg }),
	col("refresh_token_alg_before", func(c *store.Client) any { return &c.RefreshSigning.Before }),
	col("refresh_token_alg_from", func(c *store.Client) any { return (*moment)(&c.RefreshSigning.From) }),
	col("id_token_claims", func(c *store.Client) any { return (*texts)(&c.IDTokenClaims) }),
	col("access_token_lifetime_ms", func(c *store.Client) any { return (*lifetime)(&c.AccessTokenLifetime) }),
	col("refresh_token_idle_ms", func(c *store.Client) any { return (*lifetime)(&c.RefreshTokenIdle) }),
	col("refresh_token_lifetime_ms", func(c *store.Client) any { return (*lifetime)(&c.RefreshTokenLifetime) }),
	col("max_sessions", func(c *store.Client) any { return &c.MaxSessions }),
	col("registration_digest", func(c *store.Client) any { return (*optionalDigest)(&c.Registration.Token) }),
	col("application_type", func(c *store.Client) any { return &c.Registration.ApplicationType }),
	col("registered_from", func(c *store.Client) any { return &c.Registration.From }).upTo(64),
	col("ask_since", func(c *store.Client) any { return (*moment)(&c.AskSince) }),
	col("created_at", func(c *store.Client) any { return (*moment)(&c.CreatedAt) }),
	col("updated_at", func(c *store.Client) any { return (*moment)(&c.UpdatedAt) }),
	col("last_used_at", func(c *store.Client) any { return (*moment)(&c.LastUsedAt) }).byDatabase(),
	col("generation", func(c *store.Client) any { return (*number)(&c.Generation) }).byDatabase().from(clientNow),
}

var (
	clientTable   = tableOf("clients", "c.", clientColumns)
	clientRest    = tableOf("clients", "", clientColumns[1:])
	clientByID    = selectClients + " WHERE c.id = ?"
	listClients   = selectClients + " WHERE c.id > ? ORDER BY c.id LIMIT ?"
	selectClients = "SELECT " + clientTable.selected + " FROM clients c LEFT JOIN generations gc ON gc.user_id = 0 AND gc.client_id = c.id"
	putClient     = "UPDATE clients SET " + clientRest.set + " WHERE id = ?"
)

// A clientSecret is a store.ClientSecret as JSON; times are Unix milliseconds.
type clientSecret struct {
	Digest  string `json:"sha256"`
	Created int64  `json:"created"`
	Expires int64  `json:"expires,omitempty"`
}

// clientSecrets are secrets on their way to or from a column.
type clientSecrets []store.ClientSecret

// Value implements driver.Valuer.
func (s *clientSecrets) Value() (driver.Value, error) {
	kept := make([]clientSecret, 0, len(*s))
	for _, s := range *s {
		kept = append(kept, clientSecret{hex.EncodeToString(s.Digest[:]), millis(s.CreatedAt), millis(s.ExpiresAt)})
	}
	return list(kept), nil
}

// Scan implements sql.Scanner.
func (s *clientSecrets) Scan(column any) error {
	var kept []clientSecret
	if err := scanList(column, &kept); err != nil {
		return err
	}
	*s = nil
	for _, k := range kept {
		secret := store.ClientSecret{CreatedAt: instant(k.Created), ExpiresAt: instant(k.Expires)}
		if n, err := hex.Decode(secret.Digest[:], []byte(k.Digest)); err != nil || n != len(secret.Digest) {
			return errors.New("a secret has no digest")
		}
		*s = append(*s, secret)
	}
	return nil
}

func oneClient(db *gorm.DB, query, id string) (store.Client, error) {
	var c store.Client
	if err := engine.Row(db, query, []any{id}, clientTable.dest(&c)...); err != nil {
		return store.Client{}, err
	}
	return c, nil
}

// ClientByID implements store.Clients.
func (d *DB) ClientByID(ctx context.Context, id string) (c store.Client, err error) {
	if !plausible(id) {
		return c, store.ErrNotFound
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		c, err = oneClient(db, clientByID, id)
		return err
	})
	return c, err
}

// ClientNamed implements store.Clients. It reads every ID: there are few.
func (d *DB) ClientNamed(ctx context.Context, lower string) (found bool, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		found, err = engine.Exists(db, "SELECT 1 FROM clients WHERE LOWER(CAST(id AS CHAR)) = ? LIMIT 1", lower)
		return err
	})
	return found, err
}

// ListClients implements store.Clients.
func (d *DB) ListClients(ctx context.Context, after string, limit int) (clients []store.Client, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		clients, err = clientTable.all(db, listClients, text(after, 255), limit)
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
		c, err = oneClient(db, clientByID+t.Dialect.ForUpdate, id)
		return err
	})
	return c, err
}

// CreateClient implements store.ClientsTx.
func (t *tx) CreateClient(c store.Client) error {
	return t.Do(func(db *gorm.DB) error { return clientTable.add(db, c) })
}

// PutClient implements store.ClientsTx.
func (t *tx) PutClient(c store.Client) error {
	return t.change(putClient, clientRest.values(&c, c.ID)...)
}

// DeleteClient implements store.ClientsTx.
func (t *tx) DeleteClient(id string, at time.Time) error {
	c, err := t.LockClient(id)
	if err != nil {
		return err
	}
	if err := t.forgetClient(id); err != nil {
		return err
	}
	return t.Do(func(db *gorm.DB) error {
		raised, err := t.raiseClient(db, store.End{ClientID: id, At: at})
		if err != nil {
			return err
		}
		pending := store.PendingEnd{
			End: store.End{ClientID: id, Reason: store.EndedClientDeleted, At: at}, Generation: raised, Gone: true, LogoutURI: c.BackchannelLogoutURI,
		}
		if err := t.bury(db, pending); err != nil {
			return err
		}
		if err := db.Exec("UPDATE generations SET erased = generation WHERE user_id = 0 AND client_id = ?", id).Error; err != nil {
			return err
		}
		if err := db.Exec("DELETE FROM client_documents WHERE client_id = ?", id).Error; err != nil {
			return err
		}
		return db.Exec("DELETE FROM clients WHERE id = ?", id).Error
	})
}
