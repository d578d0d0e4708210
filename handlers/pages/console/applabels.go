package console

import (
	"net/http"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/internal/client"
	"gatehouse/store"
	"gatehouse/web"
)

// labelOf returns what the pages call an attribute of an app.
func labelOf(r *http.Request, name string) string {
	label, there := map[string]string{
		"name": pages.Say(r, "Name"), "auth_method": pages.Say(r, "How it proves itself"), "auth_method_pinned": pages.Say(r, "In this way alone"),
		"first_party": pages.Say(r, "It is ours: nobody is asked for consent"), "grant_types": pages.Say(r, "Grants"), "scope": pages.Say(r, "What it may ask for"),
		"id_token_claims": pages.Say(r, "Claims in its ID tokens"), "redirect_uris": pages.Say(r, "Where people return to after signing in"),
		"post_logout_redirect_uris": pages.Say(r, "Where people return to after signing out"), "require_par": pages.Say(r, "Requests must be pushed"),
		"require_pkce": pages.Say(r, "Requests must have PKCE"), "require_signed_request_object": pages.Say(r, "Requests must be signed"),
		"backchannel_logout_uri": pages.Say(r, "Address that is told of ended sessions"), "backchannel_logout_session_required": pages.Say(r, "It is told which session"),
		"jwks": pages.Say(r, "Public keys"), "jwks_uri": pages.Say(r, "Address of its public keys"), "assertion_audience": pages.Say(r, "Audience of its assertions"),
		"id_token_signed_response_alg": pages.Say(r, "ID tokens are signed with"), "refresh_token_alg": pages.Say(r, "Refresh tokens are signed with"),
		"rotation": pages.Say(r, "Refresh tokens that come again"), "access_token_lifetime": pages.Say(r, "Access token"),
		"refresh_token_idle": pages.Say(r, "Session, unused"), "refresh_token_lifetime": pages.Say(r, "Session, at most"), "max_sessions": pages.Say(r, "Sessions of one person"),
	}[name]
	if !there {
		return name
	}
	return label
}

// hintOf returns the line below a field.
func hintOf(r *http.Request, a client.Attribute) string {
	switch a.Kept(&store.Client{}).(type) {
	case *time.Duration:
		return pages.Say(r, "As 10m, 12h or 14d; empty: as the server.")
	case *int:
		return pages.Say(r, "0 as the server, -1 for any number. At the bound, the session that was used least recently ends.")
	}
	return pages.Told(r, a.Schema.Description)
}

// groupsOf returns the fields of the form under their headings. Every attribute is in one of
// them, but whether the app is switched off, which has a page of its own; those without a
// place are in the last.
func groupsOf(f form) []web.AppGroup {
	all := []struct {
		legend string
		names  []string
	}{
		{pages.Say(f.r, "The app"), []string{"name", "first_party"}},
		{pages.Say(f.r, "Where people return to"), []string{"redirect_uris", "post_logout_redirect_uris"}},
		{pages.Say(f.r, "What it may do"), []string{"grant_types", "scope", "id_token_claims", "id_token_signed_response_alg"}},
		{pages.Say(f.r, "Lifetimes"), []string{"access_token_lifetime", "refresh_token_idle", "refresh_token_lifetime", "max_sessions", "rotation", "refresh_token_alg"}},
		{pages.Say(f.r, "How it proves itself"), []string{"auth_method", "auth_method_pinned"}},
		{pages.Say(f.r, "More rules"), nil},
	}
	placed := map[string]bool{"disabled": true}
	for _, group := range all {
		for _, name := range group.names {
			placed[name] = true
		}
	}
	last := &all[len(all)-1]
	for _, a := range attributes {
		if !placed[a.Name] {
			last.names = append(last.names, a.Name)
		}
	}
	groups := make([]web.AppGroup, len(all))
	for i, group := range all {
		groups[i].Legend = group.legend
		for _, name := range group.names {
			groups[i].Fields = append(groups[i].Fields, f.field(name))
		}
	}
	return groups
}
