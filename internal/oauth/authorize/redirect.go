package authorize

import (
	"net/url"
	"slices"

	"gatehouse/internal/loopback"
	"gatehouse/store"
)

// redirectRegistered reports whether uri is registered for the client. It is compared
// character by character (RFC 9700 §2.1): nothing is parsed, decoded or folded, so
// it cannot be read in two ways.
//
// The only exception is the port of a loopback address, which a native app gets from
// the operating system when it opens the socket (RFC 8252 §7.3). The exception is for
// public clients, and everything but the port must match. Only a client that is a native
// app may choose the port of localhost, a name that could lead elsewhere (§8.3). A client
// that is described by a document cannot say here which it is, so it may do both.
func redirectRegistered(client store.Client, uri string) bool {
	if slices.Contains(client.RedirectURIs, uri) {
		return true
	}
	described := client.Origin == store.OriginDocument
	if !client.Public() && !described {
		return false
	}
	origin, rest, ok := loopback.Split(uri)
	if !ok || origin == loopback.Localhost && !described && !native(client) {
		return false
	}
	return slices.ContainsFunc(client.RedirectURIs, func(registered string) bool {
		o, r, ok := loopback.Split(registered)
		return ok && o == origin && r == rest
	})
}

// native reports whether the client registered itself as a native app, or all of its
// redirect URIs lead to the person's own machine: to a loopback host or, by a private
// scheme, to an app.
func native(client store.Client) bool {
	return client.Registration.ApplicationType == store.NativeApplication || !slices.ContainsFunc(client.RedirectURIs, func(registered string) bool {
		u, err := url.Parse(registered)
		return err != nil || (u.Scheme == "https" || u.Scheme == "http") && !loopback.Host(u.Hostname())
	})
}
