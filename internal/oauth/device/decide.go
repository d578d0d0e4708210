package device

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/store"
)

// NeedsSignIn reports whether the person has to sign in again before they may allow what
// the device asks for: some of it is sensitive, and their sign-in is no longer fresh.
func (d *Endpoint) NeedsSignIn(asked Request, b oauth.Browser) bool {
	return apis.Sensitive(asked.Asked) && !b.Fresh(d.Now())
}

// Decide records the answer of the person who is signed in at b. Of several answers the
// first counts, and only that one is in the audit log. It returns oauth.ErrMoved if the
// person has to sign in first.
func (d *Endpoint) Decide(ctx context.Context, typed string, b oauth.Browser, allow bool) error {
	if !b.SignedIn() {
		return oauth.ErrMoved
	}
	req, err := d.Find(ctx, typed)
	if err != nil {
		return err
	}
	if allow && d.NeedsSignIn(req, b) {
		return oauth.ErrMoved
	}
	device := req.grant
	device.Status = store.DeviceDenied
	if allow {
		device.Status = store.DeviceApproved
	}
	device.UserID, device.BrowserID, device.SignIn = b.User.ID, b.Session.ID, b.Session.SignIn
	device.Foundation.User, device.Foundation.Consent = b.User.Generation, store.Unread
	if err := d.record(ctx, req.Client, device, b.User); err != nil {
		return fmt.Errorf("answering a device: %w", err)
	}
	return nil
}

// record records a decision. What the person allows a device is a consent to its client,
// so that they can take it away like any other.
func (d *Endpoint) record(ctx context.Context, client store.Client, device store.DeviceGrant, user store.User) error {
	now := d.Now()
	allowed := device.Status == store.DeviceApproved
	subject := audit.UserSubject(user.Sub)
	event := audit.Event{
		Actor: subject, Subject: subject, SessionID: device.SessionID, ClientID: device.ClientID,
		What: audit.DeviceDecided{Allowed: allowed, Scope: device.Scope, From: device.IP},
	}
	return d.DB.Write(ctx, func(tx store.Tx) error {
		// The gate comes first, so that of many answers at once only the one that counts
		// locks the consent.
		decided, err := tx.DecideDevice(device, now)
		if err == nil && !decided {
			return oauth.MessageDevice.Because("a user code that has just been decided")
		}
		if err == nil && allowed {
			err = remember(tx, client, user.ID, device, now)
		}
		if err != nil {
			return err
		}
		return tx.Audit(event.Record(ctx, now))
	})
}

// remember adds what a device is allowed to the person's earlier consent to its client.
func remember(tx store.Tx, client store.Client, userID int64, device store.DeviceGrant, now time.Time) error {
	if client.Origin == store.OriginDocument {
		err := tx.AllowClientDocument(client.ID, now)
		if errors.Is(err, store.ErrNotFound) {
			return oauth.MessageDevice.Because("a client whose document is no longer kept")
		}
		if err != nil {
			return err
		}
	}
	before, err := tx.LockConsent(userID, client.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	consent := authz.Consent(before, authz.Scope(device.Scope))
	consent.UserID, consent.ClientID, consent.Client, consent.GrantedAt = userID, client.ID, client.Generation, now
	return tx.PutConsent(consent)
}
