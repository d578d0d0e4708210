package authorize

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/secret"
	"gatehouse/store"
)

const (
	pushedPrefix = "urn:ietf:params:oauth:request_uri:" // RFC 9126 §2.2
	// pushedLife is how long after the push the request may begin.
	pushedLife = 90 * time.Second
)

// pushedRooms bound the requests that were pushed and not yet used. A network of several
// thousand people who all sign in within a quarter of an hour has half of its share open.
var pushedRooms = oauth.Rooms{Client: 10_000, Network: 300, RetryAfter: 10 * time.Second}

func pushedDigest(requestURI string) store.Digest { return store.DigestOf(requestURI) }

// resolve replaces the reference to a pushed request by its parameters (RFC 9126 §4).
// All other parameters are ignored, so that nobody on the way can add one. A request
// that began in time may finish later.
func (a *Endpoint) resolve(ctx context.Context, req *request, resumed bool) error {
	reference := req.get("request_uri")
	if !strings.HasPrefix(reference, pushedPrefix) {
		return nil
	}
	pushed, err := a.DB.PushedByDigest(ctx, pushedDigest(reference))
	if errors.Is(err, store.ErrNotFound) {
		return oauth.MessagePushed.Because("an unknown or used request_uri").Found(refusal.PARGone)
	}
	if err != nil {
		return fmt.Errorf("reading a pushed request: %w", err)
	}
	until := pushed.ExpiresAt
	if resumed {
		until = until.Add(continuationLife)
	}
	switch {
	case req.get("client_id") != pushed.ClientID:
		return oauth.MessagePushed.Because("client %.40q came with a request that %s pushed", req.get("client_id"), pushed.ClientID).Found(refusal.PARGone)
	case !a.Now().Before(until):
		return oauth.MessagePushed.Because("the pushed request expired at %s", pushed.ExpiresAt).Found(refusal.PARGone)
	}
	values, err := url.ParseQuery(pushed.Parameters)
	if err != nil {
		return fmt.Errorf("reading a pushed request: %w", err)
	}
	*req = *readRequest(values)
	req.pushed = reference
	return nil
}

// A Pushed is the answer to a push (RFC 9126 §2.2).
type Pushed struct {
	RequestURI string `json:"request_uri"`
	ExpiresIn  int    `json:"expires_in"` // seconds
}

// Push checks a request as the authorization endpoint would, and stores it. The
// client has authenticated; values are its form.
func (a *Endpoint) Push(ctx context.Context, client store.Client, values url.Values) (Pushed, error) {
	if values.Has("request_uri") { // RFC 9126 §2.1
		return Pushed{}, oauth.InvalidRequest.Because("a request_uri inside a pushed request")
	}
	req := readRequest(values)
	req.pushing = true
	req.params.Set("client_id", client.ID) // it may have come in the header or an assertion alone
	req.open()
	if err := a.check(ctx, req); err != nil {
		shown, ok := errors.AsType[*oauth.UserError](err)
		switch {
		case ok && req.object != nil && req.object.fault != nil: // no redirect URI is needed to say so
			return Pushed{}, oauth.InvalidRequestObject.Because("%w: %w", shown, req.object.fault)
		case ok:
			return Pushed{}, oauth.InvalidRequest.Because("%w", shown)
		}
		return Pushed{}, err
	}
	parameters := req.params.Encode()
	if len(parameters) > maxParameterBytes {
		return Pushed{}, &oauth.TooLarge{Bytes: len(parameters), Most: maxParameterBytes}
	}
	reference, now := pushedPrefix+secret.New(), a.Now()
	room, network := pushedRooms.For(ctx, client, now)
	err := a.DB.AddPushed(ctx, store.PushedRequest{
		Digest: pushedDigest(reference), ClientID: client.ID, Client: client.Generation, Network: network, Parameters: parameters, ExpiresAt: now.Add(pushedLife),
	}, room)
	if err != nil {
		return Pushed{}, fmt.Errorf("storing a pushed request: %w", pushedRooms.Refused(err))
	}
	return Pushed{RequestURI: reference, ExpiresIn: int(pushedLife / time.Second)}, nil
}
