package oauth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/grant"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/throttle"
	"gatehouse/internal/token"
	"gatehouse/store"
)

const (
	// deviceLife is how long a person has to type the code: a guesser has as long.
	deviceLife = 10 * time.Minute
	// pollInterval is the seconds that a device waits between polls, at first.
	pollInterval = 5
	// userCodeLetters are easy to read and to type and spell no words (RFC 8628
	// §6.1): 20^8 codes, 34 bits, beside a bound on the tries.
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLength  = 8
)

// Devices lets devices in that have no browser (RFC 8628).
type Devices struct {
	DB interface {
		AddDevice(ctx context.Context, g store.DeviceGrant) error
		DeviceByUserCode(ctx context.Context, user store.Digest) (store.DeviceGrant, error)
		DecideDevice(ctx context.Context, g store.DeviceGrant, now time.Time) (bool, error)
		Audit(ctx context.Context, e store.AuditEvent) error
	}
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	// Limits counts wrong codes by network.
	Limits interface {
		UserCode(ctx context.Context) (*throttle.Attempt, error)
	}
	// Page is the address of the page for user codes.
	Page string
	Now  func() time.Time
}

// A DeviceAnswer answers a device (RFC 8628 §3.2).
type DeviceAnswer struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	Page       string `json:"verification_uri"`
	PageToOpen string `json:"verification_uri_complete"`
	ExpiresIn  int    `json:"expires_in"` // seconds
	Interval   int    `json:"interval"`   // seconds
}

// Begin gives a device its codes. The client has authenticated.
func (d *Devices) Begin(ctx context.Context, client store.Client, rawScope string) (DeviceAnswer, error) {
	if !slices.Contains(client.GrantTypes, grant.DeviceCode) {
		return DeviceAnswer{}, UnauthorizedClient.Because("client %s is not registered for devices", client.ID)
	}
	scope, err := ParseScope(rawScope)
	if err == nil {
		scope, err = grantedScope(client, scope)
	}
	if err != nil {
		return DeviceAnswer{}, err
	}
	for range 3 { // a user code may be taken, three in a row are not
		answer, err := d.add(ctx, client, scope)
		if !errors.Is(err, store.ErrConflict) {
			return answer, err
		}
	}
	return DeviceAnswer{}, errors.New("making a user code: all were taken")
}

func (d *Devices) add(ctx context.Context, client store.Client, scope authz.Scope) (DeviceAnswer, error) {
	device, user := newSecret(), newUserCode()
	now := d.Now()
	err := d.DB.AddDevice(ctx, store.DeviceGrant{
		Device: store.DigestOf(device), User: store.DigestOf(user), SessionID: rand.Text(),
		ClientID: client.ID, Scope: string(scope), Status: store.DevicePending, IP: reqctx.From(ctx).IPString(),
		CreatedAt: now, ExpiresAt: now.Add(deviceLife), Interval: pollInterval,
	})
	if err != nil {
		return DeviceAnswer{}, fmt.Errorf("keeping a device code: %w", err)
	}
	shown := readable(user)
	return DeviceAnswer{
		DeviceCode: device, UserCode: shown, Page: d.Page, PageToOpen: d.Page + "?user_code=" + url.QueryEscape(shown),
		ExpiresIn: int(deviceLife / time.Second), Interval: pollInterval,
	}, nil
}

func newUserCode() string {
	code := make([]byte, userCodeLength)
	for i := range code {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(userCodeLetters)))) // never fails, as documented
		code[i] = userCodeLetters[n.Int64()]
	}
	return string(code)
}

// readable is a code as it is shown: in two groups.
func readable(code string) string { return code[:userCodeLength/2] + "-" + code[userCodeLength/2:] }

// canonical is what was typed, without case and whatever stands between the letters.
func canonical(typed string) (code string, ok bool) {
	code = strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '_' || r == '.' {
			return -1
		}
		return r
	}, strings.ToUpper(typed[:min(len(typed), 64)]))
	return code, len(code) == userCodeLength && strings.Trim(code, userCodeLetters) == ""
}

// A DeviceRequest is what a person is asked about a device.
type DeviceRequest struct {
	Client    store.Client
	Scopes    []ScopeText
	UserCode  string
	IP        string // where the device is
	CreatedAt time.Time

	grant store.DeviceGrant
}

// Find returns the request of a user code, as typed. A code that is not known, was
// decided or has expired is a *Shown, and counts: after a few from one network
// the answer is *throttle.Limited, to a right one too (RFC 8628 §5.1).
func (d *Devices) Find(ctx context.Context, typed string) (DeviceRequest, error) {
	attempt, err := d.Limits.UserCode(ctx)
	if err != nil {
		return DeviceRequest{}, fmt.Errorf("typing a user code: %w", err)
	}
	req, err := d.find(ctx, typed)
	if _, wrong := errors.AsType[*Shown](err); wrong {
		attempt.Failed(ctx)
	} else {
		attempt.Abandoned(ctx)
	}
	return req, err
}

func (d *Devices) find(ctx context.Context, typed string) (DeviceRequest, error) {
	code, ok := canonical(typed)
	if !ok {
		return DeviceRequest{}, WordsDevice.Because("not a user code")
	}
	device, err := d.DB.DeviceByUserCode(ctx, store.DigestOf(code))
	if errors.Is(err, store.ErrNotFound) {
		return DeviceRequest{}, WordsDevice.Because("an unknown user code")
	}
	if err != nil {
		return DeviceRequest{}, fmt.Errorf("reading a user code: %w", err)
	}
	client, err := d.Clients.ClientByID(ctx, device.ClientID)
	gone := errors.Is(err, store.ErrNotFound)
	if err != nil && !gone {
		return DeviceRequest{}, fmt.Errorf("reading a client: %w", err)
	}
	if gone || client.Disabled || device.Status != store.DevicePending || !d.Now().Before(device.ExpiresAt) {
		return DeviceRequest{}, WordsDevice.Because("a user code that waits no longer")
	}
	return DeviceRequest{
		Client: client, Scopes: Explain(authz.Scope(device.Scope)), UserCode: readable(code),
		IP: device.IP, CreatedAt: device.CreatedAt, grant: device,
	}, nil
}

// Decide says what the person who is signed in in b answered. Of several answers
// the first counts.
func (d *Devices) Decide(ctx context.Context, typed string, b Browser, allow bool) error {
	if !b.SignedIn() {
		return ErrMoved
	}
	req, err := d.Find(ctx, typed)
	if err != nil {
		return err
	}
	device, now := req.grant, d.Now()
	device.Status = store.DeviceDenied
	if allow {
		device.Status = store.DeviceApproved
	}
	device.UserID, device.BrowserID, device.AuthTime, device.AMR = b.User.ID, b.Session.ID, b.Session.AuthTime, b.Session.AMR
	// The evidence comes first: no row, no act.
	subject := audit.UserSubject(b.User.Sub)
	event := audit.Event{
		Actor: subject, Subject: subject, SessionID: device.SessionID, ClientID: device.ClientID,
		What: audit.DeviceDecided{Allowed: allow, Scope: device.Scope, From: device.IP},
	}
	if err := d.DB.Audit(ctx, event.Record(ctx, now)); err != nil {
		return fmt.Errorf("recording the answer about a device: %w", err)
	}
	decided, err := d.DB.DecideDevice(ctx, device, now)
	if err != nil {
		return fmt.Errorf("answering a device: %w", err)
	}
	if !decided {
		return WordsDevice.Because("a user code that was decided meanwhile")
	}
	return nil
}

// device answers a poll (RFC 8628 §3.4, §3.5). The person is asked for as they
// are at this moment, not as when they said yes.
func (g Grants) device(ctx context.Context, req *request) (token.Set, error) {
	raw := req.form.Get("device_code")
	if raw == "" {
		return token.Set{}, InvalidRequest.Because("no device_code")
	}
	digest := store.DigestOf(raw)
	device, err := g.Codes.DeviceByDeviceCode(ctx, digest)
	if errors.Is(err, store.ErrNotFound) {
		return token.Set{}, InvalidGrant.Because("unknown device code")
	}
	if err != nil {
		return token.Set{}, fmt.Errorf("reading a device code: %w", err)
	}
	if device.ClientID != req.client.ID {
		return token.Set{}, InvalidGrant.Because("a device code of client %s came from %s", device.ClientID, req.client.ID)
	}
	if err := g.polled(ctx, device); err != nil {
		return token.Set{}, g.afterReplay(ctx, err, device.ClientID, device.UserID, device.SessionID)
	}
	set, err := g.found(ctx, req, session.Start{
		UserID: device.UserID, Scope: authz.Scope(device.Scope), Method: "device", ID: device.SessionID, BrowserID: device.BrowserID,
		AuthTime: device.AuthTime, ACR: ACRPassword, AMR: device.AMR,
		Before: once(func(tx store.Tx) (bool, error) { return tx.UseDevice(digest) }),
	})
	return set, g.afterReplay(ctx, err, device.ClientID, device.UserID, device.SessionID)
}

// polled decides what a poll is answered; nil: the tokens.
func (g Grants) polled(ctx context.Context, device store.DeviceGrant) error {
	now := g.Now()
	switch {
	case device.Status == store.DeviceUsed:
		return errSpent
	case !now.Before(device.ExpiresAt):
		return ExpiredToken.Because("device code expired at %s", device.ExpiresAt)
	}
	inTime, err := g.Codes.PollDevice(ctx, device.Device, now)
	if err != nil {
		return fmt.Errorf("noting a poll: %w", err)
	}
	switch {
	case !inTime:
		return SlowDown.Because("polled before the interval was over")
	case device.Status == store.DeviceDenied:
		return AccessDenied.Because("the person said no")
	case device.Status == store.DevicePending:
		return AuthorizationPending.Because("the person has not answered")
	}
	return nil
}
