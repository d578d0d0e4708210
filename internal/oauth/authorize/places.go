package authorize

import (
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/oauth"
	"gatehouse/store"
)

// assured reports whether there is proof of the client's identity: its secret, or an
// address at which only its owner can be reached. Any app on a device can claim a
// loopback port or a private scheme (RFC 8252 §8.6, RFC 6749 §10.2), so there a consent
// counts only in the places where the person gave it.
func assured(client store.Client, redirectURI string) bool {
	return !client.Public() || strings.HasPrefix(redirectURI, "https://")
}

// placeOf names a browser and the origin of a redirect URI, port included, or its private
// scheme. It lets a client renew its tokens in the browser in which the person has just
// allowed it, and nothing else on the device do so unasked.
func placeOf(b oauth.Browser, redirectURI string) string {
	origin, _, _ := strings.Cut(redirectURI, ":")
	if u, err := url.Parse(redirectURI); err == nil && u.Host != "" && u.Scheme == "http" {
		origin = "http://" + u.Host
	}
	return browserDigest(b) + " " + origin
}

// maxPlaces bounds the places of a consent. Someone who uses an app in more of them is
// asked again where it was longest ago.
const maxPlaces = 20

// withPlace adds a place to those of a consent, as the latest.
func withPlace(places []string, place string) []string {
	places = append(slices.DeleteFunc(slices.Clone(places), func(p string) bool { return p == place }), place)
	return places[max(0, len(places)-maxPlaces):]
}
