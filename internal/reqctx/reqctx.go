// Package reqctx carries information about the current request through a context.
package reqctx

import (
	"cmp"
	"context"
	"net/netip"
	"net/url"
)

// Info is what package server learnt about a request. Each request has its own.
type Info struct {
	// ID is random. It is in every log line and audit event, and the caller gets it as
	// X-Request-Id.
	ID string
	// IP is the address of the peer, or the one that a trusted proxy gives. It may be
	// invalid (zero).
	IP netip.Addr
	// UserAgent is cut at 255 bytes.
	UserAgent string
	// AsksFor is the first language that the caller asks for, as a language tag (BCP 47);
	// empty: unknown.
	AsksFor string
	// Base is the path of the issuer, below which all our addresses are; mostly "".
	Base string
	// Route is the path template, below Base; empty for an unknown path.
	Route string
	// Language is the language of the pages for this request, once it was chosen.
	Language string
	// Actor is the actor's name in the audit log; set by the guard.
	Actor string
	// Err is why the request was refused, for the log alone; set by the writers
	// of refusals.
	Err error
	// Client is the ID of the registered client that asks, and UserID that of the person whom
	// the request concerns, once they are known.
	Client string
	UserID int64
	// Explainer keeps why requests are refused; nil: nothing is kept.
	Explainer Explainer
	// Expected says that a status of 500 or more is not a fault, because the server is
	// starting or shutting down.
	Expected bool
}

// An Explainer keeps why a request was refused.
type Explainer interface {
	// Explain returns the address of the page that tells of the refusal, or "". Code is what
	// the caller gets, and sent are the parameters of an app.
	Explain(i *Info, code string, err error, sent url.Values) string
}

// Explain keeps why the request was refused, and returns the address of the page that tells
// of it; "" if nothing is kept.
func (i *Info) Explain(code string, err error, sent url.Values) string {
	if i.Explainer == nil {
		return ""
	}
	return i.Explainer.Explain(i, code, err, sent)
}

type key struct{}

// With returns a context that carries i.
func With(ctx context.Context, i *Info) context.Context {
	return context.WithValue(ctx, key{}, i)
}

// From returns the request's Info; never nil, and empty outside a request.
func From(ctx context.Context) *Info {
	if i, ok := ctx.Value(key{}).(*Info); ok {
		return i
	}
	return &Info{}
}

// IPString returns the address as text; empty if unknown.
func (i *Info) IPString() string {
	if !i.IP.IsValid() {
		return ""
	}
	return i.IP.String()
}

// Network returns the network that one household or company is likely to share: the /24 of
// an IPv4 address or the /64 of an IPv6 one. Throttles count by it.
func (i *Info) Network() netip.Prefix { return i.Within(24, 64) }

// SameNetwork reports whether an address, as IPString writes it, is in Network.
func (i *Info) SameNetwork(address string) bool {
	other, err := netip.ParseAddr(address)
	return err == nil && i.IP.IsValid() && (&Info{IP: other}).Network() == i.Network()
}

// Speaks returns the language of the caller, as far as the request says: that of the page, or
// the one that it asks for.
func (i *Info) Speaks() string { return cmp.Or(i.Language, i.AsksFor) }

// Site returns the network that shares a turn with others: a /24 of IPv4, or the /48 of
// IPv6 that a site may have (RFC 6177), which has 65,536 of the smaller ones.
func (i *Info) Site() netip.Prefix { return i.Within(24, 48) }

// Within returns the network of the given length, of an IPv4 or an IPv6 address, that the
// request comes from; the zero Prefix if its address is unknown.
func (i *Info) Within(v4, v6 int) netip.Prefix {
	address, bits := i.IP.Unmap().WithZone(""), v6
	if address.Is4() {
		bits = v4
	}
	p, _ := address.Prefix(bits)
	return p
}
