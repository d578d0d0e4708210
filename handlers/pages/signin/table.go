// Package signin holds the pages on the way into an app and out of it.
package signin

import (
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/authorize"
)

// The paths of the pages. The templates repeat them, and a test compares the two.
const (
	loginPath   = "/login"
	passkeyPath = loginPath + "/passkey"
	consentPath = "/consent"
	logoutPath  = "/logout"
	// DevicePath is where people type the code of a device.
	DevicePath = "/device"
)

const endSessionPath = "/oauth/logout"

// Endpoints are the endpoints that apps send browsers to, and the pages where people
// answer.
type Endpoints struct {
	Authorize Authorize
	Login     Login
	Passkey   Passkey
	Factor    Factor
	Consent   Consent
	Logout    Logout
	Device    Device
	Links     Links
	// Issuer is where our own forms come from.
	Issuer string
}

// Tables returns the table of the front channel and the table of the pages to which it
// leads, in a popup too.
func (e Endpoints) Tables() []handlers.Table {
	ours := e.pages()
	ours.Popups = true
	return []handlers.Table{e.frontChannel(), ours}
}

func (e Endpoints) frontChannel() handlers.Table {
	return pages.FrontChannel(
		handlers.Route{Method: http.MethodGet, Path: authorize.Path, Discovery: grant.AuthorizationEndpoint, Serve: e.Authorize.Serve},
		handlers.Route{Method: http.MethodPost, Path: authorize.Path, Serve: e.Authorize.Serve},
		handlers.Route{Method: http.MethodGet, Path: endSessionPath, Discovery: "end_session_endpoint", Serve: e.Logout.Ask},
		handlers.Route{Method: http.MethodPost, Path: endSessionPath, Serve: e.Logout.Ask},
	)
}

func (e Endpoints) pages() handlers.Table {
	return pages.Table(e.Issuer, append(e.Links.routes(),
		handlers.Route{Method: http.MethodGet, Path: loginPath, Serve: e.Login.Show},
		handlers.Route{Method: http.MethodPost, Path: loginPath, Serve: e.Login.SignIn},
		handlers.Route{Method: http.MethodPost, Path: passkeyPath, Serve: e.Passkey.SignIn},
		handlers.Route{Method: http.MethodPost, Path: passkeyPath + "/options", Serve: e.Passkey.Options},
		handlers.Route{Method: http.MethodGet, Path: factorPath, Serve: e.Factor.Show},
		handlers.Route{Method: http.MethodPost, Path: factorPath, Serve: e.Factor.Answer},
		handlers.Route{Method: http.MethodGet, Path: consentPath, Serve: e.Consent.Show},
		handlers.Route{Method: http.MethodPost, Path: consentPath, Serve: e.Consent.Answer},
		handlers.Route{Method: http.MethodGet, Path: logoutPath, Serve: e.Logout.Show},
		handlers.Route{Method: http.MethodPost, Path: logoutPath, Serve: e.Logout.SignOut},
		handlers.Route{Method: http.MethodGet, Path: DevicePath, Serve: e.Device.Show},
		handlers.Route{Method: http.MethodPost, Path: DevicePath, Serve: e.Device.Answer},
	)...)
}
