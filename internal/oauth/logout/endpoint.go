package logout

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/cursor"
	"gatehouse/internal/oauth"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// The messages for a person whose app made a faulty logout request.
const (
	MessageReturn oauth.UserMessage = "The app asked to send you to an address that is not registered for it. You were not signed out; go to the start page to do that."
	MessageApp    oauth.UserMessage = "The app that sent you here is not the one that it claims to be. You were not signed out; go to the start page to do that."
)

// An Endpoint reads what apps ask for at the logout endpoint (OpenID Connect
// RP-Initiated Logout 1.0).
type Endpoint struct {
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	Hints interface {
		Hint(ctx context.Context, raw string) (token.ID, error)
	}
	Sealer cursor.Sealer
	Now    func() time.Time
}

// A Request is a logout request of an app.
type Request struct {
	// ClientID is empty if the app is unknown.
	ClientID string `json:"c,omitempty"`
	// Subject is the person of a valid id_token_hint. If it is empty, the person
	// is asked before they are signed out.
	Subject string `json:"u,omitempty"`
	// Return is the app's post_logout_redirect_uri, or empty.
	Return string `json:"r,omitempty"`
	State  string `json:"s,omitempty"`
	// Until is when a sealed request becomes stale, in Unix seconds.
	Until int64 `json:"e,omitempty"`
}

// lifetime is how long a person may take to answer.
const lifetime = 15 * time.Minute

// label keeps a sealed logout apart from everything else that is sealed.
const label = "logout request v1"

// Parse reads the parameters (§2). A hint that is not ours empties the request, so
// the person is asked. If neither a hint nor client_id identifies the app, the
// return address is ignored (§3).
func (l *Endpoint) Parse(ctx context.Context, params url.Values) (Request, error) {
	out := Request{ClientID: params.Get("client_id"), Return: params.Get("post_logout_redirect_uri"), State: params.Get("state")}
	if raw := params.Get("id_token_hint"); raw != "" {
		hint, err := l.Hints.Hint(ctx, raw)
		switch {
		case errors.Is(err, token.ErrInvalid):
			return Request{}, nil // forged, or from another server: the other parameters are not believed either
		case err != nil:
			return Request{}, err
		case out.ClientID != "" && out.ClientID != hint.Audience:
			return Request{}, MessageApp.Because("client_id is not the aud of id_token_hint")
		}
		out.ClientID, out.Subject = hint.Audience, hint.Subject
	}
	return out, l.check(ctx, &out)
}

// check compares the address with those of the client, byte for byte.
func (l *Endpoint) check(ctx context.Context, out *Request) error {
	client, err := l.Client(ctx, *out)
	if err != nil {
		return err
	}
	if client.ID == "" {
		*out = Request{Subject: out.Subject}
	}
	if out.Return != "" && !slices.Contains(client.PostLogoutRedirectURIs, out.Return) {
		return MessageReturn.Because("post_logout_redirect_uri is not registered for %s", client.ID).Showing("post_logout_redirect_uri", out.Return)
	}
	return nil
}

// Client returns the client that asks, or zero if it is unknown or disabled.
func (l *Endpoint) Client(ctx context.Context, out Request) (store.Client, error) {
	if out.ClientID == "" {
		return store.Client{}, nil
	}
	client, err := l.Clients.ClientByID(ctx, out.ClientID)
	if errors.Is(err, store.ErrNotFound) || err == nil && client.Disabled {
		return store.Client{}, nil
	}
	return client, err
}

// Seal packs the request for the page that asks the person.
func (l *Endpoint) Seal(out Request) (string, error) {
	out.Until = l.Now().Add(lifetime).Unix()
	return l.Sealer.Seal(label, out)
}

// Open unpacks a sealed request and checks again that its address is registered. A
// forged one opens as an empty request. A stale one no longer proves whom the app meant,
// so the person is asked.
func (l *Endpoint) Open(ctx context.Context, sealed string) (Request, error) {
	var out Request
	if sealed == "" || l.Sealer.Open(label, sealed, &out) != nil {
		return Request{}, nil //nolint:nilerr // an empty request
	}
	if l.Now().Unix() >= out.Until {
		out.Subject = ""
	}
	return out, l.check(ctx, &out)
}

// Location returns where the person goes afterwards, or "" if the app named no address.
func (o Request) Location() string {
	if o.Return == "" || o.State == "" {
		return o.Return
	}
	separator := "?"
	if strings.Contains(o.Return, "?") {
		separator = "&"
	}
	return o.Return + separator + url.Values{"state": {o.State}}.Encode()
}
