package signin

import (
	"net/http"
	"slices"

	"gatehouse/store"
	"gatehouse/web"
)

// leadsTo sets the policy that lets the forms of the page lead to first, which may be
// empty, and to the app's registered addresses.
func leadsTo(w http.ResponseWriter, c store.Client, first string) {
	sources := []string{}
	for _, uri := range slices.Concat([]string{first}, c.RedirectURIs, c.PostLogoutRedirectURIs) {
		if s := web.Source(uri); s != "" && !slices.Contains(sources, s) && len(sources) < maxSources {
			sources = append(sources, s)
		}
	}
	w.Header().Set("Content-Security-Policy", web.Policy(sources...))
}

// maxSources keeps the header short.
const maxSources = 20
