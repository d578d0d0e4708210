package device

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

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/secret"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

const (
	// life is how long a person has to type the code, and a guesser to guess it.
	life = 10 * time.Minute
	// pollInterval is how many seconds a device waits between polls at first.
	pollInterval = 5
	// userCodeLetters are easy to read and type, and do not spell words (RFC 8628
	// §6.1). They make 20^8 codes, 34 bits, which is enough as the tries are bounded.
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLength  = 8
)

// rooms bound the device codes that nobody has answered yet.
var rooms = oauth.Rooms{Client: 10_000, Network: 1_000, RetryAfter: 30 * time.Second}

// An Endpoint authorizes devices that have no browser (RFC 8628).
type Endpoint struct {
	DB interface {
		AddDevice(ctx context.Context, g store.DeviceGrant, room store.Room) error
		DeviceByUserCode(ctx context.Context, user store.Digest) (store.DeviceGrant, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	APIs interface {
		Grant(ctx context.Context, client store.Client, asked apis.Asked) (apis.Grant, error)
		Explain(ctx context.Context, scope authz.Scope) ([]apis.Section, error)
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

// An Answer is the answer to a device (RFC 8628 §3.2).
type Answer struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	Page       string `json:"verification_uri"`
	PageToOpen string `json:"verification_uri_complete"`
	ExpiresIn  int    `json:"expires_in"` // seconds
	Interval   int    `json:"interval"`   // seconds
}

// Begin gives a device its codes. The client has authenticated.
func (d *Endpoint) Begin(ctx context.Context, client store.Client, asked apis.Asked) (Answer, error) {
	if !slices.Contains(client.GrantTypes, grant.DeviceCode) {
		return Answer{}, oauth.UnauthorizedClient.Because("client %s is not registered for devices", client.ID).
			Comparing(refusal.GrantUnregistered, grant.DeviceCode, strings.Join(client.GrantTypes, " "))
	}
	granted, err := d.APIs.Grant(ctx, client, asked)
	if err != nil {
		return Answer{}, err
	}
	for range 3 { // one user code may be taken, but hardly three in a row
		answer, err := d.add(ctx, client, granted)
		if !errors.Is(err, store.ErrConflict) {
			return answer, err
		}
	}
	return Answer{}, errors.New("making a user code: all were taken")
}

func (d *Endpoint) add(ctx context.Context, client store.Client, granted apis.Grant) (Answer, error) {
	device, user := secret.New(), newUserCode()
	now := d.Now()
	room, network := rooms.For(ctx, client, now)
	err := d.DB.AddDevice(ctx, store.DeviceGrant{
		Device: store.DigestOf(device), User: store.DigestOf(user), SessionID: rand.Text(),
		ClientID: client.ID, Foundation: store.Foundation{Client: client.Generation}, Scope: string(granted.Scope), Resources: granted.Resources, Status: store.DevicePending, IP: reqctx.From(ctx).IPString(), Network: network,
		CreatedAt: now, ExpiresAt: now.Add(life), Interval: pollInterval,
	}, room)
	if err != nil {
		return Answer{}, fmt.Errorf("storing a device code: %w", rooms.Refused(err))
	}
	shown := readable(user)
	return Answer{
		DeviceCode: device, UserCode: shown, Page: d.Page, PageToOpen: d.Page + "?user_code=" + url.QueryEscape(shown),
		ExpiresIn: int(life / time.Second), Interval: pollInterval,
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

// readable returns a code as it is shown, in two groups.
func readable(code string) string { return code[:userCodeLength/2] + "-" + code[userCodeLength/2:] }

// canonical returns a typed code in upper case and without separators.
func canonical(typed string) (code string, ok bool) {
	code = strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '_' || r == '.' {
			return -1
		}
		return r
	}, strings.ToUpper(typed[:min(len(typed), 64)]))
	return code, len(code) == userCodeLength && strings.Trim(code, userCodeLetters) == ""
}

// A Request is the request of a device, for a person to decide.
type Request struct {
	Client    store.Client
	Asked     []apis.Section
	UserCode  string
	IP        string // the device's address
	CreatedAt time.Time

	grant store.DeviceGrant
}

// Find returns the request of a user code, as typed. A code that is unknown, decided or
// expired is an *oauth.UserError and counts: after a few from one network the answer is
// *throttle.Limited, even for a right code (RFC 8628 §5.1).
func (d *Endpoint) Find(ctx context.Context, typed string) (Request, error) {
	attempt, err := d.Limits.UserCode(ctx)
	if err != nil {
		return Request{}, fmt.Errorf("typing a user code: %w", err)
	}
	req, err := d.find(ctx, typed)
	if _, wrong := errors.AsType[*oauth.UserError](err); wrong {
		attempt.Failed(ctx)
	} else {
		attempt.Abandoned(ctx)
	}
	return req, err
}

func (d *Endpoint) find(ctx context.Context, typed string) (Request, error) {
	code, ok := canonical(typed)
	if !ok {
		return Request{}, oauth.MessageDevice.Because("not a user code")
	}
	device, err := d.DB.DeviceByUserCode(ctx, store.DigestOf(code))
	if errors.Is(err, store.ErrNotFound) {
		return Request{}, oauth.MessageDevice.Because("an unknown user code")
	}
	if err != nil {
		return Request{}, fmt.Errorf("reading a user code: %w", err)
	}
	client, err := d.Clients.ClientByID(ctx, device.ClientID)
	gone := errors.Is(err, store.ErrNotFound)
	if err != nil && !gone {
		return Request{}, fmt.Errorf("reading a client: %w", err)
	}
	if gone || client.Disabled || device.Status != store.DevicePending || !d.Now().Before(device.ExpiresAt) {
		return Request{}, oauth.MessageDevice.Because("a user code that can no longer be decided")
	}
	asked, err := d.APIs.Explain(ctx, authz.Scope(device.Scope))
	if err != nil {
		return Request{}, err
	}
	return Request{
		Client: client, Asked: asked, UserCode: readable(code),
		IP: device.IP, CreatedAt: device.CreatedAt, grant: device,
	}, nil
}
