package protocol

import (
	"context"
	"net/http"
	"slices"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/challenge"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/oauth/discovery"
)

// Endpoints are the endpoints that apps call.
type Endpoints struct {
	Token      Token
	Revoke     Revoke
	Introspect Introspect
	PAR        PAR
	Challenge  Challenge
	Device     DeviceAuthorization
	Userinfo   Userinfo
	JWKS       JWKS
	// Register is nil if apps cannot register themselves.
	Register *Register
}

// Tables returns the tables of the endpoints where an app authenticates, of the one that
// requires an access token, and of the keys.
func (e Endpoints) Tables() []handlers.Table {
	apps := handlers.Audience{Name: "apps", Refuse: Refuse, NotAllowed: notAllowed}
	resource := handlers.Audience{Name: "resource", Refuse: RefuseBearer, NotAllowed: notAllowed}
	registrants := handlers.Table{Audience: handlers.Audience{Name: "registration", Refuse: RefuseBearer, NotAllowed: notAllowed}}
	if e.Register != nil {
		registrants.Routes = e.Register.routes()
	}
	return []handlers.Table{
		registrants,
		{Audience: apps, Routes: []handlers.Route{
			{Method: http.MethodPost, Path: clientauth.TokenPath, Discovery: grant.TokenEndpoint, Serve: e.Token.Serve},
			{Method: http.MethodPost, Path: "/oauth/introspect", Discovery: "introspection_endpoint", Serve: e.Introspect.Serve},
			{Method: http.MethodPost, Path: "/oauth/revoke", Discovery: "revocation_endpoint", Serve: e.Revoke.Serve},
			{Method: http.MethodPost, Path: "/oauth/par", Discovery: "pushed_authorization_request_endpoint", Serve: e.PAR.Serve},
			{Method: http.MethodPost, Path: challenge.Path, Discovery: grant.ChallengeEndpoint, Serve: e.Challenge.Serve},
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

// Metadata returns the table of the documents that describe the server and, at the path
// resource, our own API; empty: that one does not exist. If the issuer has a path, the
// documents of the server are both below it and where the path is behind the name
// (RFC 8414 §3.1).
func Metadata(s discovery.Server, resource string, today func(context.Context) discovery.Today) (handlers.Table, error) {
	const server, openid = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	documents := []struct {
		paths []string
		make  func(discovery.Server) ([]byte, error)
	}{
		{[]string{server, server + s.Path()}, discovery.Server.AuthorizationServer},
		{[]string{openid, openid + s.Path()}, discovery.Server.OpenIDConfiguration},
		{[]string{resource}, discovery.Server.ProtectedResource},
	}
	var routes []handlers.Route
	for _, d := range documents {
		document := &document{today: today, write: func(t discovery.Today) ([]byte, error) {
			now := s
			now.Today = t
			return d.make(now)
		}}
		if err := document.renew(discovery.Today{}); err != nil {
			return handlers.Table{}, err
		}
		for _, path := range slices.Compact(d.paths) {
			if path != "" {
				routes = append(routes, handlers.Route{Method: http.MethodGet, Path: path, Quiet: true, AnyOrigin: true, Serve: document.Serve})
			}
		}
	}
	return api.Documents(routes...), nil
}

// notAllowed refuses a method that a path for apps does not have.
func notAllowed(*http.Request, handlers.Route) error {
	return &handlers.FormError{Status: http.StatusMethodNotAllowed}
}
