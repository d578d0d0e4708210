package grants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// device answers a poll (RFC 8628 §3.4, §3.5).
func (s Steps) device(ctx context.Context, req *request) (token.Set, error) {
	raw := req.form.Get("device_code")
	if raw == "" {
		return token.Set{}, oauth.InvalidRequest.Because("no device_code").Found(refusal.DeviceUnknown)
	}
	digest := store.DigestOf(raw)
	device, err := s.Codes.DeviceByDeviceCode(ctx, digest)
	if errors.Is(err, store.ErrNotFound) {
		return token.Set{}, oauth.InvalidGrant.Because("unknown device code").Found(refusal.DeviceUnknown)
	}
	if err != nil {
		return token.Set{}, fmt.Errorf("reading a device code: %w", err)
	}
	if device.ClientID != req.client.ID {
		return token.Set{}, oauth.InvalidGrant.Because("a device code of client %s came from %s", device.ClientID, req.client.ID).
			Comparing(refusal.DeviceClient, req.client.ID, device.ClientID)
	}
	reqctx.From(ctx).UserID = device.UserID
	if err := s.polled(ctx, device); err != nil {
		return token.Set{}, s.afterReplay(ctx, err, device.ClientID, device.UserID, device.SessionID)
	}
	set, err := s.startFrom(ctx, req, session.Grant{
		SessionID: device.SessionID, UserID: device.UserID, BrowserID: device.BrowserID, SignIn: device.SignIn, Foundation: device.Foundation,
		Granted: apis.Grant{Scope: authz.Scope(device.Scope), Resources: device.Resources}, Withdrawn: device.Withdrawn, Method: signin.ByDevice,
		Use: once(func(tx store.Tx) (bool, error) { return tx.UseDevice(digest) }),
	})
	return set, s.afterReplay(ctx, err, device.ClientID, device.UserID, device.SessionID)
}

// polled returns the refusal that answers a poll, or nil if the device gets its tokens.
func (s Steps) polled(ctx context.Context, device store.DeviceGrant) error {
	now := s.Now()
	switch {
	case device.Status == store.DeviceUsed:
		return errSpent
	case !now.Before(device.ExpiresAt):
		return oauth.ExpiredToken.Because("device code expired at %s", device.ExpiresAt).
			Comparing(refusal.DeviceExpired, now.UTC().Format(time.RFC3339), "before "+device.ExpiresAt.UTC().Format(time.RFC3339))
	}
	inTime, err := s.Codes.PollDevice(ctx, device.Device, now)
	if err != nil {
		return fmt.Errorf("noting a poll: %w", err)
	}
	switch {
	case !inTime:
		return oauth.SlowDown.Because("polled before the interval was over").Found(refusal.DeviceFast)
	case device.Status == store.DeviceDenied:
		return oauth.AccessDenied.Because("the person refused").Found(refusal.ConsentDenied)
	case device.Status == store.DevicePending:
		return oauth.AuthorizationPending.Because("the person has not answered")
	}
	return nil
}
