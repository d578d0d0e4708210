package authorize

import (
	"slices"
	"strings"

	"gatehouse/internal/loopback"
	"gatehouse/store"
)

// redirectRegistered decides whether uri is one of the client's. It is compared
// character by character (RFC 9700 §2.1): nothing is parsed, decoded or folded,
// so no two readings of one address can differ.
//
// The one exception is the port of a loopback address, which a native app learns
// from the system when it opens the socket (RFC 8252 §7.3). It is made for public
// clients, for the two addresses themselves and not for a name that may lead
// elsewhere (§8.3), and everything else must be the same.
func redirectRegistered(client store.Client, uri string) bool {
	if slices.Contains(client.RedirectURIs, uri) {
		return true
	}
	if !client.Public() {
		return false
	}
	origin, rest, ok := loopback.Split(uri)
	return ok && slices.ContainsFunc(client.RedirectURIs, func(registered string) bool {
		o, r, ok := loopback.Split(registered)
		return ok && o == origin && r == rest
	})
}

// assured reports whether the identity of the client is known beyond what it says
// of itself: by its secret, or because only its owner can be reached at its
// address. Any app on a device can take a loopback port or a private scheme, so
// there the person is asked every time (RFC 8252 §8.6, RFC 6749 §10.2).
func assured(client store.Client, redirectURI string) bool {
	return !client.Public() || strings.HasPrefix(redirectURI, "https://")
}
