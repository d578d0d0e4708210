package server

import (
	"net/http"
	"net/http/httptest"

	"gatehouse/handlers"
	"gatehouse/handlers/accounts"
	"gatehouse/handlers/operators"
)

// realTable is the table with nothing behind it.
func realTable() []Route {
	var nothing handlers.Endpoint = func(http.ResponseWriter, *http.Request) error { return nil }
	return Routes(Endpoints{
		Token: nothing, Revoke: nothing, Introspect: nothing,
		JWKS: nothing, AuthorizationServer: nothing, OpenIDConfiguration: nothing, OpenAPI: nothing,
		Accounts: (&accounts.Handlers{}).Routes(), Operators: (&operators.Handlers{}).Routes(),
		Authorize: nothing, UserInfo: nothing, PAR: nothing, DeviceAuthorization: nothing,
		Health: &operators.Health{}, Metrics: http.NotFoundHandler(),
	})
}

func newCrossSite(method, path string) *http.Request {
	r := httptest.NewRequest(method, "http://x"+path, nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return r
}

// serveOne asks one line of the table, past its door.
func serveOne(rt Route, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	router([]Route{rt}, http.NotFoundHandler(), nil).ServeHTTP(w, r)
	return w
}
