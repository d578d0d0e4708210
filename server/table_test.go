package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"

	"gatehouse/handlers"
	"gatehouse/handlers/accounts"
	"gatehouse/handlers/operators"
	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/account"
	"gatehouse/handlers/pages/console"
	"gatehouse/handlers/pages/signin"
	"gatehouse/handlers/protocol"
	"gatehouse/internal/oauth/discovery"
)

// realTables returns the tables of all audiences, with no services behind them.
func realTables() []handlers.Table {
	metadata, _ := protocol.Metadata(discovery.Server{}, "/.well-known/oauth-protected-resource", func(context.Context) discovery.Today { return discovery.Today{} }) // no endpoint, no error
	return slices.Concat(protocol.Endpoints{}.Tables(), signin.Endpoints{}.Tables(), guardedTables(), []handlers.Table{
		account.Endpoints{}.Table(), account.Factors{}.Table(""), account.Passkeys{}.Table(""), console.Endpoints{}.Table(),
		pages.Endpoints{}.Table(), operators.Documents(&operators.Health{}, http.NotFoundHandler()), metadata,
	})
}

// guardedTables returns the tables whose routes each require a permission.
func guardedTables() []handlers.Table {
	return []handlers.Table{(&accounts.Handlers{}).Table(), (&operators.Handlers{}).Table()}
}

func tableOf(audience handlers.Audience, routes ...handlers.Route) handlers.Table {
	return handlers.Table{Audience: audience, Routes: routes}
}

func newCrossSite(method, path string) *http.Request {
	r := httptest.NewRequest(method, "http://x"+path, nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return r
}

// refuse refuses a path that no table has.
func refuse(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusNotFound
	if errors.Is(err, handlers.ErrDisguisedPath) {
		status = http.StatusBadRequest
	}
	http.Error(w, err.Error(), status)
}

// serveOne sends a request to one route of a table, without the middleware of the door.
func serveOne(audience handlers.Audience, rt handlers.Route, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	router([]handlers.Table{tableOf(audience, rt)}, refuse, nil).ServeHTTP(w, r)
	return w
}
