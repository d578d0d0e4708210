package signin

import (
	"net/http"
	"net/url"
	"slices"

	"gatehouse/handlers/pages"
	"gatehouse/internal/loopback"
	"gatehouse/store"
	"gatehouse/web"
)

func nameOf(c store.Client) string { return pages.NameOf(c) }

// claimOf returns what a client by URL says of itself; nil for another one.
func claimOf(r *http.Request, c store.Client, redirectURI string) *web.Claim {
	if c.Origin != store.OriginDocument {
		return nil
	}
	elsewhere := func(uri string) bool { return !isHere(uri) }
	return &web.Claim{Name: c.Name, ID: c.ID, Back: placeInWords(r, redirectURI), Here: len(c.RedirectURIs) > 0 && !slices.ContainsFunc(c.RedirectURIs, elsewhere)}
}

// isHere reports whether a redirect URI leads to the person's own machine.
func isHere(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Scheme == "http" && loopback.Host(u.Hostname())
}

// placeInWords names the place that a redirect URI leads to.
func placeInWords(r *http.Request, uri string) string {
	u, err := url.Parse(uri)
	switch {
	case err != nil || uri == "":
		return ""
	case isHere(uri):
		return pages.Say(r, "%s, this device", u.Hostname())
	case u.Host != "" && u.Scheme == "https":
		return u.Host
	}
	return pages.Say(r, "an app on this device (%s)", u.Scheme)
}
