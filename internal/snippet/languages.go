package snippet

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"gatehouse/internal/client"
	"gatehouse/store"
)

// values are those of an app.
type values struct {
	issuer, id, back string
	scope            []string
}

// A language says how the values of an app stand in its code.
type language struct {
	name, title, file string
	// methods are what differs by the way to authenticate, as pairs of old and new.
	methods map[string][]string
	// begin changes what depends on the issuer; nil: nothing.
	begin func(text string, v values) string
	// places matches what value replaces.
	places *regexp.Regexp
	value  func(place string, v values) string
}

var (
	// inCode are the places in programs: what the documentation calls the values, its redirect
	// URI, the origin and the path of that, and its scopes.
	inCode  = regexp.MustCompile(`\b(?:ISSUER|ID|SECRET)\b|["']http://localhost:3000(?:/callback)?["']|"/callback"|\[\]string\{[^}]*\}|["'](?:openid profile email|users:read)["']`)
	inShell = regexp.MustCompile(`^[^\n]*`)
	inYAML  = regexp.MustCompile(`\b(?:ISSUER|ID|SECRET|BACK|SCOPE)\b`)
)

var languages = []language{
	{"curl", "curl", ".sh", map[string][]string{
		store.SecretPost: {`-u "$ID:$CLIENT_SECRET"`, `-d "client_id=$ID" --data-urlencode "client_secret=$CLIENT_SECRET"`},
		store.NoSecret:   {`-u "$ID:$CLIENT_SECRET"`, `-d "client_id=$ID"`},
	}, nil, inShell, shell},
	{"go", "Go", ".go.txt", map[string][]string{
		store.SecretPost: {"AuthStyleInHeader", "AuthStyleInParams", "client_secret_basic", "client_secret_post"},
		store.NoSecret:   {"AuthStyleInHeader", "AuthStyleInParams", "client_secret_basic", "it has no secret", " ClientSecret: SECRET,", ""},
	}, nil, inCode, program(`os.Getenv("CLIENT_SECRET")`)},
	{"node", "Node", ".mjs", map[string][]string{
		store.SecretPost: {"ClientSecretBasic", "ClientSecretPost"},
		store.NoSecret:   {"SECRET, client.ClientSecretBasic(SECRET)", "undefined, client.None()"},
	}, insecure, inCode, program("process.env.CLIENT_SECRET")},
	{"python", "Python", ".py", map[string][]string{
		store.SecretPost: {`"S256"}`, `"S256", "token_endpoint_auth_method": "client_secret_post"}`, "client_secret_basic", "client_secret_post"},
		store.NoSecret:   {`"S256"}`, `"S256", "token_endpoint_auth_method": "none"}`, " client_secret=SECRET,", ""},
	}, imports, inCode, program(`os.environ["CLIENT_SECRET"]`)},
	{"spring", "Spring", ".yaml", map[string][]string{
		store.SecretPost: {"client_secret_basic", "client_secret_post"},
		store.NoSecret:   {"            client-secret: SECRET\n", "", "client_secret_basic", "none"},
	}, nil, inYAML, yaml},
}

// shell returns the line with the values.
func shell(_ string, v values) string {
	line := "ISSUER=" + client.Quoted(v.issuer) + " ID=" + client.Quoted(v.id)
	if v.back != "" {
		line += " BACK=" + client.Quoted(v.back)
	}
	return line + " SCOPE=" + client.Quoted(strings.Join(v.scope, " "))
}

// program returns the value for a place of a program, which finds the secret in its
// environment.
func program(secret string) func(string, values) string {
	return func(place string, v values) string {
		switch strings.Trim(place, `"'`) {
		case "ISSUER":
			return quoted(v.issuer)
		case "ID":
			return quoted(v.id)
		case "SECRET":
			return secret
		case "http://localhost:3000/callback":
			return quoted(v.back)
		case "http://localhost:3000":
			return quoted(strings.TrimSuffix(v.back, pathOf(v.back)))
		case "/callback":
			return quoted(pathOf(v.back))
		}
		if strings.HasPrefix(place, "[]string") {
			return "[]string{" + strings.Join(all(v.scope), ", ") + "}"
		}
		return quoted(strings.Join(v.scope, " "))
	}
}

func yaml(place string, v values) string {
	return map[string]string{
		"ISSUER": quoted(v.issuer), "ID": quoted(v.id), "SECRET": "${CLIENT_SECRET}", "BACK": quoted(v.back), "SCOPE": "[" + strings.Join(all(v.scope), ", ") + "]",
	}[place]
}

// insecure lets openid-client ask a server without TLS, as on one's own machine.
func insecure(text string, v values) string {
	if !strings.HasPrefix(v.issuer, "http://") {
		return text
	}
	return strings.Replace(text, "))\n", "), { execute: [client.allowInsecureRequests] })\n", 1)
}

// imports adds what the secret needs.
func imports(text string, _ values) string {
	if !strings.Contains(text, "SECRET") {
		return text
	}
	return "import os\n" + text
}

// pathOf returns the path of a URI with all that follows.
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.RequestURI()
}

func all(tokens []string) []string {
	list := make([]string, len(tokens))
	for i, token := range tokens {
		list[i] = quoted(token)
	}
	return list
}

// quoted writes a text in double quotes, as Go, JavaScript, Python and YAML alike read it.
func quoted(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // cannot fail: it is a string
	return strings.TrimSpace(b.String())
}
