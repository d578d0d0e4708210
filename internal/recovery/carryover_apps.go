package recovery

import (
	"context"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/client"
	"gatehouse/store"
)

func (c *CarryOver) clients(ctx context.Context, done *Carried) error {
	after := ""
	for {
		some, err := c.Restored.ListClients(ctx, after, page)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, app := range some {
			if err := c.client(ctx, app, done); err != nil {
				return err
			}
		}
		after = some[len(some)-1].ID
	}
}

// client reduces an app to what both databases allow, and disables it if it was deleted
// after the backup.
func (c *CarryOver) client(ctx context.Context, was store.Client, done *Carried) error {
	now := was
	_, fate, err := c.ask(was.CreatedAt, func(db Replaced) error {
		since, err := db.ClientByID(ctx, was.ID)
		if err == nil {
			now = least(was, since)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case fate == untold:
		done.Untold = append(done.Untold, was.ID)
		return nil
	case fate == gone:
		now.Disabled = true
	}
	changed := client.Change(was, withCredentials(now, was))
	credentials := !sameCredentials(was, now)
	if len(changed.After) == 0 && !credentials {
		return nil
	}
	if now.Disabled != was.Disabled {
		done.Disabled = append(done.Disabled, was.ID)
	}
	if fields := narrowed(changed.After); len(fields) > 0 {
		done.Narrowed = append(done.Narrowed, was.ID+" ("+strings.Join(fields, ", ")+")")
	}
	if credentials {
		changed.After["credentials"] = "as they were given since the backup"
		done.Credentials = append(done.Credentials, was.ID)
	}
	now.UpdatedAt = c.Now()
	return c.write(ctx, audit.ClientSubject(was.ID), changed, func(tx store.Tx) error {
		return tx.PutClient(now)
	})
}

// least returns the app with the rights that it has in both databases. Its credentials
// are the newer ones: the app uses those, and older ones may have been replaced because
// they leaked. If the app has become public since, it keeps its older method, without
// any credentials, so that nobody can authenticate as the app.
func least(was, since store.Client) store.Client {
	now := withCredentials(was, since)
	now.Disabled = was.Disabled || since.Disabled
	now.FirstParty = was.FirstParty && since.FirstParty
	now.AuthMethodPinned = was.AuthMethodPinned || since.AuthMethodPinned
	now.RequirePAR = was.RequirePAR || since.RequirePAR
	now.RequirePKCE = was.RequirePKCE || since.RequirePKCE
	now.RequireSignedRequestObject = was.RequireSignedRequestObject || since.RequireSignedRequestObject
	now.GrantTypes = common(was.GrantTypes, since.GrantTypes)
	now.Scope = strings.Join(common(strings.Fields(was.Scope), strings.Fields(since.Scope)), " ")
	now.RedirectURIs = common(was.RedirectURIs, since.RedirectURIs)
	now.IDTokenClaims = common(was.IDTokenClaims, since.IDTokenClaims)
	now.PostLogoutRedirectURIs = common(was.PostLogoutRedirectURIs, since.PostLogoutRedirectURIs)
	if since.AskSince.After(was.AskSince) {
		now.AskSince = since.AskSince
	}
	if was.BackchannelLogoutURI != since.BackchannelLogoutURI {
		now.BackchannelLogoutURI = ""
	}
	if was.Rotation != since.Rotation {
		now.Rotation = store.RotationStrict
	}
	if since.Public() {
		now.AuthMethod = was.AuthMethod
	}
	return now
}

// withCredentials returns c with the credentials of other.
func withCredentials(c, other store.Client) store.Client {
	c.AuthMethod, c.Secrets, c.JWKS, c.JWKSURI, c.AssertionAudience = other.AuthMethod, other.Secrets, other.JWKS, other.JWKSURI, other.AssertionAudience
	return c
}

// common returns the elements of was that since has, too.
func common(was, since []string) (both []string) {
	for _, one := range was {
		if slices.Contains(since, one) {
			both = append(both, one)
		}
	}
	return both
}

func sameCredentials(a, b store.Client) bool {
	return slices.Equal(a.Secrets, b.Secrets) && a.AuthMethod == b.AuthMethod && a.JWKS == b.JWKS && a.JWKSURI == b.JWKSURI && a.AssertionAudience == b.AssertionAudience
}

// narrowed returns the names of the fields that changed, but for "disabled".
func narrowed(after map[string]any) (fields []string) {
	for field := range after {
		if field != "disabled" {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// keys adds the signing keys that were made after the backup, so that their signatures
// are still valid, and retires those that were retired.
func (c *CarryOver) keys(ctx context.Context, done *Carried) error {
	was, err := c.Restored.SigningKeys(ctx)
	if err != nil || len(was) == 0 {
		return err
	}
	since, err := c.Replaced.SigningKeys(ctx)
	if err != nil {
		return err
	}
	last := map[string]int64{}  // the generation, by algorithm
	under := was[0].MasterKeyID // that of RS256 comes first
	for _, k := range was {
		last[k.Algorithm] = k.Generation
		if k.Algorithm == store.RS256 {
			under = k.MasterKeyID
		}
	}
	for _, k := range since {
		i := slices.IndexFunc(was, func(w store.SigningKey) bool { return w.ID == k.ID })
		switch {
		case i < 0 && k.Generation > last[k.Algorithm]:
			err = c.addKey(ctx, k, under, done)
		case i >= 0 && was[i].RetiredAt.IsZero() && !k.RetiredAt.IsZero():
			err = c.Restored.RetireSigningKey(ctx, k.ID, k.RetiredAt, c.event(ctx, k, audit.KeyRetired{Algorithm: k.Algorithm, Generation: k.Generation}))
			done.Retired = append(done.Retired, k.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *CarryOver) addKey(ctx context.Context, k store.SigningKey, under string, done *Carried) error {
	resealed, err := c.Reseal(k, under)
	if err != nil {
		done.Unsealed = append(done.Unsealed, k.ID)
		return nil //nolint:nilerr // the key is reported, and nothing else depends on it
	}
	done.Keys = append(done.Keys, k.ID)
	return c.Restored.AddSigningKey(ctx, resealed, c.event(ctx, k, audit.KeyCreated{Algorithm: k.Algorithm, Generation: k.Generation, SignFrom: k.SignFrom.Format(time.RFC3339)}))
}

func (c *CarryOver) event(ctx context.Context, k store.SigningKey, what audit.Kind) store.AuditEvent {
	return audit.Event{Actor: c.Actor, Subject: audit.KeySubject(k.ID), What: what}.Record(ctx, c.Now())
}
