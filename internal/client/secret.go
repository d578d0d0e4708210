package client

import (
	"context"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/secret"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// maxOverlap is how long an old secret may still work beside a new one.
const maxOverlap = 90 * 24 * time.Hour

// RotateSecret gives the client a new secret and returns it. The previous secret still
// works for overlap; older ones end at once, so that a client never has more than two. A client
// that is not as shown says any more is not changed: version.ErrChanged.
func (s *Service) RotateSecret(ctx context.Context, actor authz.Actor, id string, overlap time.Duration, shown version.Tag) (store.Client, string, error) {
	made := secret.New()
	c, err := s.ReplaceSecret(ctx, actor, id, made, overlap, shown)
	if err != nil {
		return store.Client{}, "", err
	}
	return c, made, nil
}

// ReplaceSecret is RotateSecret with a secret that the client's owner brings.
func (s *Service) ReplaceSecret(ctx context.Context, actor authz.Actor, id, text string, overlap time.Duration, shown version.Tag) (c store.Client, err error) {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return store.Client{}, err
	}
	if overlap < 0 || overlap > maxOverlap {
		return store.Client{}, fields.New("overlap", fmt.Sprintf("Give a number of seconds from 0 to %d.", int64(maxOverlap/time.Second)))
	}
	if fault := secret.Fault(text); fault != "" {
		return store.Client{}, fields.New("client_secret", fault)
	}
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		c, err = s.rotate(ctx, tx, actor, id, text, overlap, shown)
		return err
	})
	if err != nil {
		return store.Client{}, fmt.Errorf("rotating a client's secret: %w", err)
	}
	return c, nil
}

func (s *Service) rotate(ctx context.Context, tx store.Tx, actor authz.Actor, id, text string, overlap time.Duration, shown version.Tag) (store.Client, error) {
	if err := authz.ManageClients.AllowNow(tx, actor); err != nil {
		return store.Client{}, err
	}
	c, err := lock(tx, id, shown)
	if err != nil {
		return store.Client{}, err
	}
	if !hasSecret(c) {
		return store.Client{}, fields.New("non_field_errors", "A client with the method "+c.AuthMethod+" has no secret.")
	}
	now := s.Now()
	c.Secrets = append([]store.ClientSecret{kept(text, now)}, outgoing(c.Secrets, now, now.Add(overlap))...)
	c.UpdatedAt = now
	if err := tx.PutClient(c); err != nil {
		return store.Client{}, err
	}
	return c, record(ctx, tx, actor.String(), id, audit.ClientSecretRotated{OldUntil: now.Add(overlap).Format(time.RFC3339)}, now)
}

// outgoing returns the newest secret that still works, now ending no later than until, or
// nothing if until has passed.
func outgoing(secrets []store.ClientSecret, now, until time.Time) []store.ClientSecret {
	var newest *store.ClientSecret
	for _, s := range secrets {
		works := s.ExpiresAt.IsZero() || s.ExpiresAt.After(now)
		if works && (newest == nil || s.CreatedAt.After(newest.CreatedAt)) {
			newest = &s
		}
	}
	if newest == nil || !until.After(now) {
		return nil
	}
	if newest.ExpiresAt.IsZero() || newest.ExpiresAt.After(until) {
		newest.ExpiresAt = until
	}
	return []store.ClientSecret{*newest}
}

// hasSecret reports whether the client authenticates with a secret.
func hasSecret(c store.Client) bool {
	return c.AuthMethod == store.SecretBasic || c.AuthMethod == store.SecretPost
}

// settleSecrets gives a client its first secret if it needs one, and removes secrets
// that its method does not use.
func settleSecrets(c *store.Client, now time.Time) string {
	if !hasSecret(*c) {
		c.Secrets = nil
		return ""
	}
	if len(c.Secrets) > 0 {
		return ""
	}
	made := secret.New()
	c.Secrets = []store.ClientSecret{kept(made, now)}
	return made
}

// bring gives a new client the secret that was sent for it, or adds a fault.
func bring(c *store.Client, t fields.Text, now time.Time, faults *fields.Errors) {
	var fault string
	switch {
	case !t.Sent:
		return
	case !hasSecret(*c):
		fault = "A client with the method " + c.AuthMethod + " has no secret."
	default:
		fault = secret.Fault(t.Value)
	}
	if fault != "" {
		faults.Add("client_secret", fault)
		return
	}
	c.Secrets = []store.ClientSecret{kept(t.Value, now)}
}

// kept returns what is stored of a secret.
func kept(text string, now time.Time) store.ClientSecret {
	return store.ClientSecret{Digest: store.DigestOf(text), CreatedAt: now}
}
