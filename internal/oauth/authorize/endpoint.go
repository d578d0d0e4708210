package authorize

import (
	"context"
	"errors"
	"net/url"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client/document"
	"gatehouse/internal/oauth"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// An Endpoint is the authorization endpoint (RFC 6749 §3.1, OIDC Core 1.0 §3.1.2). It
// decides the next step of a request and issues codes.
type Endpoint struct {
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	APIs interface {
		Grant(ctx context.Context, client store.Client, asked apis.Asked) (apis.Grant, error)
		Explain(ctx context.Context, scope authz.Scope) ([]apis.Section, error)
	}
	// Documents finds clients, those by URL among them. Again is for a request that is being
	// continued. Nil: Clients has all.
	Documents interface {
		Find(ctx context.Context, id string) (document.Found, error)
		Again(ctx context.Context, id string) (document.Found, error)
	}
	DB interface {
		AddCode(ctx context.Context, c store.AuthCode) error
		ConsentOf(ctx context.Context, userID int64, clientID string) (store.Consent, error)
		AddPushed(ctx context.Context, p store.PushedRequest, room store.Room) error
		PushedByDigest(ctx context.Context, d store.Digest) (store.PushedRequest, error)
		UsePushed(ctx context.Context, d store.Digest, c store.AuthCode) (bool, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	Hints interface {
		Hint(ctx context.Context, raw string) (token.ID, error)
	}
	// Objects verifies request objects (RFC 9101).
	Objects interface {
		CheckObject(ctx context.Context, client store.Client, raw string) (expires time.Time, err error)
	}
	Continuations Continuations
	// Issuer is the iss of every answer (RFC 9207).
	Issuer string
	Now    func() time.Time
}

// Begin decides the next step of a new request. A refusal for the client is a Step
// too. An error is an *oauth.UserError for the person, or a fault of ours.
func (a *Endpoint) Begin(ctx context.Context, values url.Values, b oauth.Browser) (Step, error) {
	return a.begin(ctx, values, 0, b)
}

func (a *Endpoint) begin(ctx context.Context, values url.Values, signed int64, b oauth.Browser) (Step, error) {
	return a.decideOn(ctx, values, Continuation{Began: a.Now().UnixMilli(), Signed: signed}, false, b)
}

// Resume decides the next step of a request that comes back from a page. In another
// browser than the one that began it, the request begins again.
func (a *Endpoint) Resume(ctx context.Context, sealed string, b oauth.Browser) (Step, error) {
	c, err := a.Continuations.Open(sealed)
	if err != nil {
		return Step{}, err
	}
	if !c.begunIn(b) {
		return a.begin(ctx, c.parameters(), c.Signed, b)
	}
	return a.decideOn(ctx, c.parameters(), c, true, b)
}

// Carry seals a request that came by POST and returns a path for a GET: a browser sends
// our cookies with a GET, but not with a POST from another site (SameSite=Lax).
func (a *Endpoint) Carry(values url.Values) (resume string, err error) {
	req := readRequest(values)
	kept := url.Values{}
	for name := range req.params {
		kept[name] = values[name]
	}
	for _, name := range req.repeated {
		kept[name] = values[name] // for the check that refuses it
	}
	sealed, err := a.Continuations.Seal(Continuation{Query: kept.Encode(), Began: a.Now().UnixMilli()})
	return ResumePath(sealed), err
}

func (a *Endpoint) decideOn(ctx context.Context, values url.Values, c Continuation, resumed bool, b oauth.Browser) (Step, error) {
	req, err := a.examine(ctx, values, origin{resumed, c.Signed})
	if refused, ok := errors.AsType[*toClient](err); ok {
		return a.refuse(refused.req, refused.why), nil
	}
	if err != nil {
		return Step{}, err
	}
	return a.proceed(ctx, req, c, b)
}

// proceed takes a request that passed the checks to its next step.
func (a *Endpoint) proceed(ctx context.Context, req *request, c Continuation, b oauth.Browser) (Step, error) {
	c.Query, c.Signed, c.Browser = req.query(), req.signed, browserDigest(b)
	kind, err := a.decide(ctx, req, c, b)
	if refused, ok := errors.AsType[*oauth.Error](err); ok {
		return a.refuse(req, refused), nil
	}
	if err != nil {
		return Step{}, err
	}
	if kind == AnswerClient {
		return a.issue(ctx, req, b)
	}
	if kind == AskConsent {
		c.SessionID, c.Shown = b.Session.ID, req.missing
	}
	sealed, err := a.Continuations.Seal(c)
	return Step{Kind: kind, Request: sealed}, err
}

// A toClient is an error that goes to the client.
type toClient struct {
	req *request
	why *oauth.Error
}

func (r *toClient) Error() string { return r.why.Error() }
func (r *toClient) Unwrap() error { return r.why }

// An origin says where the parameters of a request come from.
type origin struct {
	// resumed: a page of ours, which has shown the request to the person.
	resumed bool
	// signed: a request object that was verified before the request was sealed, and counts
	// until then.
	signed int64
}

// examine reads a request and runs the checks. It returns a *toClient for the client or
// an *oauth.UserError for the person.
func (a *Endpoint) examine(ctx context.Context, values url.Values, from origin) (*request, error) {
	req := readRequest(values)
	req.signed = from.signed
	if err := a.resolve(ctx, req, from.resumed); err != nil {
		return nil, err
	}
	req.resumed = from.resumed
	req.open()
	if err := a.check(ctx, req); err != nil {
		if refused, ok := errors.AsType[*oauth.Error](err); ok {
			return nil, &toClient{req, refused}
		}
		return nil, err
	}
	return req, nil
}

func (a *Endpoint) check(ctx context.Context, req *request) error {
	for _, c := range checks {
		if err := c.ask(a, ctx, req); err != nil {
			return err
		}
	}
	return nil
}

// refuse answers the client of a request that passed the checks above the line.
func (a *Endpoint) refuse(req *request, why *oauth.Error) Step {
	answer := a.answer(req, url.Values{"error": {string(why.Code)}, "error_description": {why.Description()}})
	answer.Err = why
	return Step{Kind: AnswerClient, Answer: answer}
}

func (a *Endpoint) answer(req *request, parameters url.Values) Answer {
	parameters.Set("iss", a.Issuer)
	if state := req.state(); state != "" {
		parameters.Set("state", state)
	}
	return Answer{Mode: req.mode, RedirectURI: req.redirectURI, Parameters: parameters}
}
