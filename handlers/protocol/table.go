package protocol

import (
	"net/http"
	"slices"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/oauth/discovery"
)

// Endpoints are the endpoints that apps call.
type Endpoints struct {
	Token      Token
	Revoke     Revoke
	Introspect Introspect
	PAR        PAR
	Device     DeviceAuthorization
	Userinfo   Userinfo
	JWKS       JWKS
}

// Tables returns the tables of the endpoints where an app authenticates, of the one that
// requires an access token, and of the keys.
func (e Endpoints) Tables() []handlers.Table {
	apps := handlers.Audience{Name: "apps", Refuse: Refuse, NotAllowed: notAllowed}
	resource := handlers.Audience{Name: "resource", Refuse: RefuseBearer, NotAllowed: notAllowed}
	return []handlers.Table{
		{Audience: apps, Routes: []handlers.Route{
			{Method: http.MethodPost, Path: clientauth.TokenPath, Discovery: grant.TokenEndpoint, Serve: e.Token.Serve},
			{Method: http.MethodPost, Path: "/oauth/introspect", Discovery: "introspection_endpoint", Serve: e.Introspect.Serve},
			{Method: http.MethodPost, Path: "/oauth/revoke", Discovery: "revocation_endpoint", Serve: e.Revoke.Serve},
			{Method: http.MethodPost, Path: "/oauth/par", Discovery: "pushed_authorization_request_endpoint", Serve: e.PAR.Serve},
			{Method: http.MethodPost, Path: "/oauth/device_authorization", Discovery: grant.DeviceEndpoint, Serve: e.Device.Serve},
		}},
		{Audience: resource, Routes: []handlers.Route{
			{Method: http.MethodGet, Path: userinfoPath, Discovery: "userinfo_endpoint", Serve: e.Userinfo.Serve},
			{Method: http.MethodPost, Path: userinfoPath, Serve: e.Userinfo.Serve},
		}},
		api.Documents(handlers.Route{
			Method: http.MethodGet, Path: "/.well-known/jwks.json", Discovery: "jwks_uri", Quiet: true, AnyOrigin: true, Serve: e.JWKS.Serve,
		}),
	}
}

const userinfoPath = "/oauth/userinfo"

// Metadata returns the table of the documents that describe the server.
func Metadata(s discovery.Server) (handlers.Table, error) {
	authorizationServer, err := s.AuthorizationServer()
	if err != nil {
		return handlers.Table{}, err
	}
	openid, err := s.OpenIDConfiguration()
	return api.Documents(slices.Concat(
		wellKnown("/.well-known/oauth-authorization-server", s, authorizationServer),
		wellKnown("/.well-known/openid-configuration", s, openid),
	)...), err
}

// wellKnown returns the routes of a document: below the issuer, and, if the issuer has a
// path, also at the address that has it behind the name (RFC 8414 §3.1).
func wellKnown(name string, s discovery.Server, document []byte) []handlers.Route {
	var routes []handlers.Route
	for _, path := range slices.Compact([]string{name, name + s.Path()}) {
		routes = append(routes, handlers.Route{Method: http.MethodGet, Path: path, Quiet: true, AnyOrigin: true, Serve: newDocument(document).Serve})
	}
	return routes
}

// notAllowed refuses a method that a path for apps does not have.
func notAllowed(*http.Request, handlers.Route) error {
	return &handlers.FormError{Status: http.StatusMethodNotAllowed}
}
