package interop_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// A snippet is a block of code in a page of the documentation.
type snippet struct {
	page, language, text string
	// notRun is the reason why no test runs it, from the comment before it in the page.
	notRun string
	// file is the one from which it is taken, as the line before it says.
	file string
}

// name is the page and the first line of the snippet.
func (s snippet) name() string {
	first, _, _ := strings.Cut(s.text, "\n")
	return s.page + ": " + first
}

// fence matches a block with a language, and on the lines before it a comment or a link to
// its file. Blocks without a language are drawings.
var fence = regexp.MustCompile("(?ms)(?:^<!-- Not run by a test: ([^>]+) -->\n+|^From \\[[^]]+\\]\\(([^)]+)\\):\n+)?^```(\\w+)\n(.*?)^```$")

// snippets returns those of every page, in order.
func snippets(t *testing.T) (all []snippet) {
	t.Helper()
	root := filepath.Join("..", "..")
	pages := []string{"README.md"} // first: it makes what the others use
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		page, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git"):
			return filepath.SkipDir
		case strings.HasSuffix(page, ".md") && page != "README.md":
			pages = append(pages, page)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("looking for pages: %v", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatalf("reading a page: %v", err)
		}
		for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
			all = append(all, snippet{page: page, notRun: m[1], file: m[2], language: m[3], text: m[4]})
		}
	}
	return all
}

// runs say how each snippet is run, by its name.
var runs = map[string]func(*reader, *testing.T, snippet){
	"README.md: go build ./cmd/gatehouse && ./gatehouse serve": (*reader).serve,
	"README.md: echo 'correct horse battery staple' | ./gatehouse user create --username root --email root@example.com --role admin --password-stdin": prints("root", "shop"),
	`README.md: curl -s http://localhost:8080/oauth/token \`:                                                                                                                              prints(`"access_token":"`, `"refresh_token":"`),
	`README.md: TOKEN=$(curl -s http://localhost:8080/oauth/token -d grant_type=password -d client_id=shop -d username=root \`:                                                            prints(`"role":"admin"`, `[{`),
	"README.md: ./gatehouse client create --id nightly --name Nightly --grant client_credentials --scope users:read":                                                                      (*reader).withSecret,
	`README.md: ./gatehouse client create --id web --name "My web app" --grant authorization_code --grant refresh_token \`:                                                                (*reader).registerWeb,
	"docs/agents.md: ./gatehouse api create --id notes --identifier http://localhost:8000/mcp --name Notes --clients any \\":                                                              prints("notes.write", `"resource": "http://localhost:8000/mcp"`, "/.well-known/oauth-protected-resource/mcp"),
	"docs/apps.md: provider, err := oidc.NewProvider(ctx, ISSUER) // github.com/coreos/go-oidc/v3/oidc":                                                                                   (*reader).goApp,
	"docs/apps.md: import * as client from 'openid-client' // version 6":                                                                                                                  (*reader).nodeApp,
	"docs/apps.md: from authlib.integrations.flask_client import OAuth  # Authlib 1.x, in a Flask app":                                                                                    (*reader).pythonApp,
	"docs/apps.md: ISSUER=http://localhost:8080 ID=web BACK=http://localhost:3000/callback SCOPE='openid profile email'":                                                                  (*reader).shellApp,
	"docs/apps.md: job := clientcredentials.Config{ // golang.org/x/oauth2/clientcredentials":                                                                                             (*reader).goJob,
	"docs/apps.md: // a machine signs in as itself, with openid-client 6":                                                                                                                 (*reader).nodeJob,
	"docs/apps.md: from authlib.integrations.requests_client import OAuth2Session  # Authlib 1.x":                                                                                         (*reader).pythonJob,
	"docs/apps.md: ISSUER=http://localhost:8080 ID=nightly SCOPE='users:read'":                                                                                                            (*reader).shellJob,
	`docs/apis.md: ./gatehouse api create --id orders --identifier https://orders.example.com --name Orders --scope "orders:read=Read your orders"`:                                       prints("orders", "counter"),
	`docs/apis.md: curl -s http://localhost:8080/oauth/token -d grant_type=password -d client_id=counter -d username=root \`:                                                              prints(`"access_token":"`),
	"docs/apis.md: SIMPLE_JWT = {  # djangorestframework-simplejwt 5.5, in settings.py":                                                                                                   (*reader).djangoAPI,
	`docs/apps.md: ./gatehouse client create --id proxy --name "oauth2-proxy" --first-party --grant authorization_code --grant refresh_token \`:                                           prints("proxy", "id_token_claims", "groups"),
	`docs/apps.md: ./gatehouse client create --id till --name "The till" --auth-method none --first-party --grant urn:gatehouse:challenge --grant refresh_token --scope "openid profile"`: prints(`"access_token":"`, `"refresh_token":"`, `"id_token":"`),
	"docs/operations.md: redis-cli ACL SETUSER default '>NEW'    # both work now":                                                                                                         (*reader).redisPassword,
}

// Every snippet of the documentation is run by a test, is part of a file that one runs, or
// says in its page why not.
func TestEverySnippetIsRun(t *testing.T) {
	found := map[string]bool{}
	for _, s := range snippets(t) {
		found[s.name()] = true
		if s.file != "" {
			s.isPartOf(t, filepath.Join("..", "..", filepath.Dir(s.page), s.file))
			continue
		}
		if run := runs[s.name()] != nil; run == (s.notRun != "") {
			t.Errorf("%s\nrun by a test: %t, said not to be: %q; want a line in runs, or a comment with the reason before it", s.name(), run, s.notRun)
		}
	}
	for name := range runs {
		if !found[name] {
			t.Errorf("%s\nis in runs, want it in a page", name)
		}
	}
}

// isPartOf fails the test unless the file is one that tests run, and has the snippet in it.
func (s snippet) isPartOf(t *testing.T, path string) {
	t.Helper()
	run := strings.HasPrefix(path, snippetFolder) || runs[s.name()] != nil || strings.HasPrefix(path, filepath.Join("..", "..", "test", "interop"))
	content, err := os.ReadFile(path)
	if !run || err != nil || !strings.Contains(string(content), s.text) {
		t.Errorf("%s\nis not a part of %s: %v; want the text of a file that tests run", s.name(), path, err)
	}
}

// A reader of the documentation does what it says, in order, in an empty folder. Only the
// port differs.
func TestSnippets(t *testing.T) {
	testkit.Long(t)
	r := newReader(t)
	for _, s := range snippets(t) {
		if run := runs[s.name()]; run != nil {
			t.Run(s.name(), func(t *testing.T) { run(r, t, s) })
		}
	}
}
