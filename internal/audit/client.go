package audit

import (
	"strings"

	"gatehouse/store"
)

// ClientChange is what differs of an app, but for its secrets; nothing, if After is empty.
func ClientChange(was, is store.Client) ClientUpdated {
	changed := ClientUpdated{Before: map[string]any{}, After: map[string]any{}}
	for _, field := range []struct {
		name    string
		was, is any
	}{
		{"name", was.Name, is.Name},
		{"auth_method", was.AuthMethod, is.AuthMethod},
		{"first_party", was.FirstParty, is.FirstParty},
		{"disabled", was.Disabled, is.Disabled},
		{"grant_types", strings.Join(was.GrantTypes, " "), strings.Join(is.GrantTypes, " ")},
		{"scope", was.Scope, is.Scope},
		{"redirect_uris", strings.Join(was.RedirectURIs, " "), strings.Join(is.RedirectURIs, " ")},
		{"post_logout_redirect_uris", strings.Join(was.PostLogoutRedirectURIs, " "), strings.Join(is.PostLogoutRedirectURIs, " ")},
		{"backchannel_logout_uri", was.BackchannelLogoutURI, is.BackchannelLogoutURI},
		{"backchannel_logout_session_required", was.BackchannelSession, is.BackchannelSession},
		{"jwks", was.JWKS, is.JWKS},
		{"jwks_uri", was.JWKSURI, is.JWKSURI},
		{"assertion_audience", was.AssertionAudience, is.AssertionAudience},
		{"access_token_lifetime", was.AccessTokenLifetime.String(), is.AccessTokenLifetime.String()},
		{"refresh_token_idle", was.RefreshTokenIdle.String(), is.RefreshTokenIdle.String()},
		{"refresh_token_lifetime", was.RefreshTokenLifetime.String(), is.RefreshTokenLifetime.String()},
	} {
		if field.was != field.is {
			changed.Before[field.name], changed.After[field.name] = field.was, field.is
		}
	}
	return changed
}
