//go:build components

package pages

import (
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/internal/loopback"
	"gatehouse/web"
)

// components returns the page of all components, for developers at this machine.
func components(issuer string) []handlers.Route {
	u, err := url.Parse(issuer)
	if err != nil || !loopback.Host(u.Hostname()) {
		return nil
	}
	return []handlers.Route{{Method: http.MethodGet, Path: "/_components", Serve: func(w http.ResponseWriter, r *http.Request) error {
		return Show(w, r, web.Components, http.StatusOK, web.NewComponentsData())
	}}}
}
