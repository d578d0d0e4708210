// Package accounts serves front ends: signing up and in, the user's own profile, and
// the administration of users. It is a superset of the Django REST framework
// application that Gatehouse replaces, so it keeps that application's names, shapes and
// messages unless there is a reason against it.
package accounts

import (
	"context"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/browser"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// Handlers are the endpoints for front ends.
type Handlers struct {
	Accounts *account.Service
	Sessions interface {
		Begin(ctx context.Context, proof signin.Proof, client store.Client, granted apis.Grant, asked apis.Asked) (session.Set, error)
		Refresh(ctx context.Context, client store.Client, raw string, asked apis.Asked) (session.Set, error)
		List(ctx context.Context, userID int64) ([]store.Session, error)
		End(ctx context.Context, actor, sid string, userID int64, reason store.EndReason) (bool, error)
		EndAll(ctx context.Context, actor string, userID int64, except string, reason store.EndReason) (store.EndResult, error)
	}
	// Tokens reads the refresh token of a sign-out.
	Tokens interface {
		Refresh(ctx context.Context, raw string) (token.Refresh, error)
	}
	// Limits counts invalid refresh tokens.
	Limits interface {
		Failure(ctx context.Context, kind, id string) error
	}
	// Known remembers browsers, as our own sign-in page does. A front end on another site
	// gets no cookie, unless it asks its browser for that.
	Known browser.Known
	Guard api.Guard
	// Client is the built-in client (session.Accounts).
	Client store.Client
	// Issuer is our own URL, for links.
	Issuer *url.URL
}

const prefix = "/api/accounts"

// Table returns the table of the audience.
func (h *Handlers) Table() handlers.Table {
	open := func(path, name string, serve handler) api.Resource {
		return api.Resource{Path: prefix + path, Name: name, Methods: []api.Method{{Verb: "POST", Needs: authz.Anyone, Serve: endpoint(serve)}}}
	}
	at := func(path, name string, methods ...api.Method) api.Resource {
		return api.Resource{Path: prefix + path, Name: name, Methods: methods}
	}
	on := func(verb string, needs authz.Permission, serve handler) api.Method {
		return api.Method{Verb: verb, Needs: needs, Serve: endpoint(serve)}
	}
	return h.Guard.Table("front ends",
		at("/profile", "User Profile",
			on("GET", authz.OwnAccount, h.profile), on("PUT", authz.OwnAccount, h.replaceProfile), on("PATCH", authz.OwnAccount, h.changeProfile)),
		at("/profile/delete", "User Deletion",
			on("POST", authz.OwnAccount, h.deleteProfile)),
		open("/token/refresh", "Token Refresh", h.refresh),
		open("/login", "Login", h.login),
		open("/logout", "Logout", h.logout),
		open("/signup", "Signup", h.signUp),
		open("/password/forgot", "Password Forgot", h.forgot),
		open("/password/reset", "Password Reset", h.reset),
		open("/email/verify", "Email Verify", h.verify),
		at("/email/send", "Email Send",
			on("POST", authz.OwnAccount, h.sendVerification)),
		at("/profile/sessions", "User Session List",
			on("GET", authz.OwnAccount, h.ownSessions), on("DELETE", authz.OwnAccount, h.endOwnSessions)),
		at("/profile/sessions/{sid}", "User Session",
			on("DELETE", authz.OwnAccount, h.endOwnSession)),
		at("/profile/factors", "User Factor List",
			on("GET", authz.OwnAccount, h.factors), on("POST", authz.OwnAccount, h.addFactor)),
		at("/profile/factors/totp", "User Authenticator App",
			on("DELETE", authz.OwnAccount, h.removeTOTP)),
		at("/profile/factors/totp/confirm", "User Authenticator App Confirmation",
			on("POST", authz.OwnAccount, h.confirmTOTP)),
		at("/profile/consents", "User Consent List",
			on("GET", authz.OwnAccount, h.ownConsents)),
		at("/profile/consents/{client_id}", "User Consent",
			on("DELETE", authz.OwnAccount, h.withdraw)),
		at("/admin/users", "Admin User List Create",
			on("GET", authz.InspectPeople, h.list), on("POST", authz.ChangePeople, h.create)),
		at("/admin/users/{id}", "Admin User Detail",
			on("GET", authz.InspectPeople, h.detail), on("PUT", authz.ChangePeople, h.replace),
			on("PATCH", authz.ChangePeople, h.change), on("DELETE", authz.ChangePeople, h.remove)),
		at("/admin/users/{id}/sessions", "Admin User Session List",
			on("GET", authz.InspectPeople, h.sessions), on("DELETE", authz.ChangePeople, h.endSessions)),
		at("/admin/users/{id}/sessions/{sid}", "Admin User Session",
			on("DELETE", authz.ChangePeople, h.endSession)),
		at("/admin/users/{id}/effect", "Admin User Effect",
			on("GET", authz.InspectPeople, h.effect)),
		at("/admin/users/{id}/invite", "Admin User Invite",
			on("POST", authz.ChangePeople, h.invite)),
		at("/admin/users/{id}/reset-link", "Admin User Reset Link",
			on("POST", authz.ChangePeople, h.resetLink)),
		at("/admin/users/{id}/factors", "Admin User Factor List",
			on("GET", authz.InspectPeople, h.othersFactors), on("DELETE", authz.ChangePeople, h.resetFactors)),
		at("/admin/users/{id}/consents", "Admin User Consent List",
			on("GET", authz.InspectPeople, h.consents)),
		at("/staff/users", "Staff User List",
			on("GET", authz.ReadPeople, h.list)),
		at("/staff/users/{id}", "Staff User Detail",
			on("GET", authz.ReadPeople, h.detail)),
	)
}
