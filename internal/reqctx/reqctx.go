// Package reqctx carries what is known of the request in hand through a context.
package reqctx

import (
	"context"
	"net/netip"
)

// Info is what the door learnt of a request. One Info belongs to one request.
type Info struct {
	// ID is random, goes into every log line and audit event and to the caller
	// as X-Request-Id.
	ID string
	// IP is the peer, or what a trusted proxy says of it. It may be invalid (zero).
	IP netip.Addr
	// UserAgent is cut at 255 bytes.
	UserAgent string
	// Route is the path template; empty for an unknown path.
	Route string
	// Actor is who acts, as the audit log names it; set by the guard.
	Actor string
	// Err is why the request was refused, for the log alone; set by the writers
	// of refusals.
	Err error
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

// IPString is the address as text, empty if unknown.
func (i *Info) IPString() string {
	if !i.IP.IsValid() {
		return ""
	}
	return i.IP.String()
}

// Network is what one household or company is likely to share: the /24 of an
// IPv4 address, the /64 of an IPv6 one. Throttles count by it.
func (i *Info) Network() netip.Prefix {
	address, bits := i.IP.Unmap().WithZone(""), 64
	if address.Is4() {
		bits = 24
	}
	p, _ := address.Prefix(bits)
	return p
}
