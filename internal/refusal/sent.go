package refusal

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/suggest"
)

// words are the parameters that have one of a few values, and those values. Any other value
// is not kept: it may be anything.
var words = map[string][]string{
	"grant_type": {
		"authorization_code", "refresh_token", "client_credentials", "password", "implicit",
		"urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:saml2-bearer",
		"urn:ietf:params:oauth:grant-type:token-exchange", "urn:openid:params:grant-type:ciba",
	},
	"response_type":         {"code", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token", "none"},
	"response_mode":         {"query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt", "web_message"},
	"code_challenge_method": {"S256", "plain", "s256"},
	"prompt":                {"none", "login", "consent", "select_account", "create"},
	"token_type_hint":       {"access_token", "refresh_token"},
	"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
}

// standardScopes are the scopes that are kept; an API's own are named by the check.
var standardScopes = []string{"openid", "profile", "email", "phone", "address", "offline_access", "account", "users:read", "users:write", "clients", "role", "groups"}

// present are the parameters of which only that they were sent is kept. Fields that people
// fill in are in no list.
var present = []string{
	"client_secret", "client_assertion", "code", "code_verifier", "code_challenge", "refresh_token", "device_code", "token", "access_token",
	"request", "request_uri", "state", "nonce", "auth_session", "id_token_hint", "claims", "max_age", "acr_values",
}

// Present is all that is said of a secret, a code or a token.
const Present = "present"

// Sent returns what is kept of the parameters of a request. The client is a registered one,
// or empty.
func Sent(parameters url.Values, client string) map[string]string {
	kept := map[string]string{}
	for name := range parameters {
		value := parameters.Get(name)
		switch {
		case value == "":
		case name == "client_id" && client != "" && value == client:
			kept[name] = client
		case name == "client_id":
			kept[name] = "not a registered one"
		case name == "redirect_uri", name == "resource", name == "post_logout_redirect_uri":
			kept[name] = Address(value)
		case name == "scope":
			kept[name] = scopes(value)
		case words[name] != nil:
			kept[name] = Word(name, value)
		case slices.Contains(present, name):
			kept[name] = Present
		}
	}
	return kept
}

// Word returns the value of a parameter that has one of a few values. Of any other value it
// says only how long it is, and which known one is near.
func Word(name, value string) string {
	known := words[name]
	if value == "" || slices.Contains(known, value) {
		return value
	}
	return fmt.Sprintf("another value (%d characters)%s", len(value), suggest.Question(value, known))
}

// scopes returns the standard scopes among those that were sent, and how many others there were.
func scopes(value string) string {
	var kept []string
	others := 0
	for _, scope := range strings.Fields(value) {
		if slices.Contains(standardScopes, scope) {
			kept = append(kept, scope)
		} else {
			others++
		}
	}
	if others > 0 {
		kept = append(kept, fmt.Sprintf("+ %d of APIs or unknown", others))
	}
	return strings.Join(kept, " ")
}

// Address returns an address without what may be secret in it: name and password, the path
// if it is not near one of the known addresses, and the values of its query and fragment.
func Address(raw string, known ...string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || strings.ContainsFunc(u.Scheme+u.Host, odd) || longLabel(u.Host) {
		return fmt.Sprintf("not an address (%d characters)", len(raw))
	}
	if slices.ContainsFunc(known, func(k string) bool { return near(raw, k) }) {
		return printable(raw)
	}
	shown := u.Scheme + ":"
	if u.Host != "" {
		shown += "//" + u.Host
	}
	if rest := u.Opaque + strings.TrimPrefix(u.Path, "/"); rest != "" {
		shown += "/…"
	} else if u.Path == "/" {
		shown += "/"
	}
	if u.RawQuery != "" || u.ForceQuery {
		shown += "?…"
	}
	if u.Fragment != "" {
		shown += "#…"
	}
	return shown
}

// Nearest returns the known address that is nearest to raw, or all of them if none is near.
func Nearest(raw string, known []string) string {
	return cmp.Or(suggest.Nearest(raw, known), strings.Join(known, " "))
}

// Length says how long a secret text is.
func Length(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("%d characters", len(s))
}

// nearest is how many characters may differ between an address and a known one: fewer than
// any secret has.
const nearest = 6

// near reports whether raw is another spelling of known.
func near(raw, known string) bool {
	given, _ := Differ(raw, known)
	return len(given.Marked) <= nearest && len(raw) <= len(known)+nearest
}

// odd reports whether a character has no place in a scheme or host.
func odd(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.:[]", r)
}

// longLabel reports whether a part of a host is as long as a secret.
func longLabel(host string) bool {
	return slices.ContainsFunc(strings.Split(host, "."), func(label string) bool { return len(label) > 40 }) || len(host) > 128
}

// printable percent-encodes all but visible ASCII.
func printable(s string) string {
	var shown strings.Builder
	for i := range len(s) {
		if c := s[i]; c > ' ' && c < 0x7F {
			shown.WriteByte(c)
		} else {
			fmt.Fprintf(&shown, "%%%02X", c)
		}
	}
	return shown.String()
}
