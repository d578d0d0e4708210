package interop_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

const documentedBack = "http://localhost:3000/callback"

// signsIn runs an app that was made of a snippet. It prints the address to which it sends
// the browser, reads the one at which the browser came back, and prints who signed in.
func (r *reader) signsIn(t *testing.T, cmd *exec.Cmd, env ...string) {
	t.Helper()
	cmd.Env = append(append(slices.Clone(r.env), env...), "ISSUER="+r.site.issuer, "ID="+r.web.ID, "SECRET="+r.web.Secret, "CLIENT_SECRET="+r.web.Secret)
	var faults strings.Builder
	cmd.Stderr = &faults
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		t.Fatalf("starting the app: %v", err)
	}
	lines := bufio.NewReader(out)
	to, _ := lines.ReadString('\n')
	if strings.HasPrefix(to, r.site.issuer) {
		answer := r.site.browser(t).visit(strings.TrimSpace(to), documentedBack)
		_, _ = io.WriteString(in, documentedBack+"?"+answer.Encode()+"\n") // an error shows in what it prints
	}
	rest, _ := io.ReadAll(lines)
	err := cmd.Wait()
	sub := r.subject(t)
	if sub == "" || err != nil || strings.TrimSpace(string(rest)) != sub {
		t.Errorf("the app printed %q and then %q, %v; want an address of ours and the sub %v:\n%s", to, rest, err, sub, faults.String())
	}
}

// subject returns the sub of the person who signs in.
func (r *reader) subject(t *testing.T) string {
	t.Helper()
	if r.site.sub == "" {
		if found := regexp.MustCompile(`"sub": ?"([^"]+)"`).FindStringSubmatch(r.run(t, "./gatehouse user show root --json")); found != nil {
			r.site.sub = found[1]
		}
	}
	return r.site.sub
}

// halves cuts a snippet at the comment that stands for the person's way back.
func halves(t *testing.T, s snippet, comment string) (begin, back string) {
	t.Helper()
	begin, back, found := strings.Cut(s.text, comment)
	if !found {
		t.Fatalf("no line %q in the snippet, want the place at which the browser comes back", comment)
	}
	return begin, back
}

func write(t *testing.T, path string, content ...string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Join(content, "\n")), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
}

func (r *reader) goApp(t *testing.T, s snippet) {
	begin, back := halves(t, s, "// at /callback, after comparing state:")
	file := filepath.Join(t.TempDir(), "main.go")
	write(t, file, `package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

var ISSUER, ID, SECRET = os.Getenv("ISSUER"), os.Getenv("ID"), os.Getenv("SECRET")

func main() {
	if err := signIn(context.Background(), httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)); err != nil {
		log.Fatal(err)
	}
}

func signIn(ctx context.Context, w *httptest.ResponseRecorder, r *http.Request) error {
	state, nonce := "a state", "a nonce"`, begin, `
	fmt.Println(w.Header().Get("Location"))
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	r = httptest.NewRequest("GET", strings.TrimSpace(line), nil)`, back, `
	if err != nil || who.Nonce != nonce || r.FormValue("state") != state {
		return fmt.Errorf("%v, nonce %q, state %q", err, who.Nonce, r.FormValue("state"))
	}
	fmt.Println(who.Subject)
	return nil
}`)
	r.signsIn(t, exec.CommandContext(t.Context(), "go", "run", file)) // here, for the module
}

// nodeApp also follows the hint for a server without TLS.
func (r *reader) nodeApp(t *testing.T, s snippet) {
	project := nodeProject(t)
	begin, back := halves(t, s, "// at /callback:")
	page, err := os.ReadFile(filepath.Join("..", "..", s.page))
	if err != nil {
		t.Fatalf("reading the page: %v", err)
	}
	hint := regexp.MustCompile("`discovery` a fifth argument: `([^`]+)`").FindSubmatch(page)
	if hint == nil {
		t.Fatal("no hint for http in the page, want the fifth argument of discovery")
	}
	begin = withHint(t, begin, string(hint[1]))
	write(t, filepath.Join(project, "app.mjs"), `import { createInterface } from 'node:readline/promises'
const { ISSUER, ID, SECRET } = process.env`, begin, `
console.log(url.href)
const lines = createInterface({ input: process.stdin })
const address = new URL(await lines.question(''))
lines.close()
const request = { url: address.pathname + address.search }`, back, `
console.log(who.sub)`)
	cmd := exec.CommandContext(t.Context(), "node", "app.mjs")
	cmd.Dir = project
	r.signsIn(t, cmd)
}

// withHint gives discovery a further argument, unless it has it.
func withHint(t *testing.T, code, hint string) string {
	t.Helper()
	const last = "client.ClientSecretBasic(SECRET))"
	switch {
	case strings.Contains(code, hint):
		return code
	case !strings.Contains(code, last):
		t.Fatalf("the snippet does not end discovery with %s, want it there for the hint", last)
	}
	return strings.Replace(code, last, strings.TrimSuffix(last, ")")+", "+hint+")", 1)
}

// pythonApp runs the app in a Flask of its own.
func (r *reader) pythonApp(t *testing.T, s snippet) {
	python, packages := testkit.Installed(t, "python3"), r.pythonPackages(t)
	file := filepath.Join(t.TempDir(), "main.py")
	write(t, file, `import os
from flask import Flask
app = Flask("app")
app.secret_key = os.urandom(16)
ISSUER, ID, SECRET = os.environ["ISSUER"], os.environ["ID"], os.environ["SECRET"]
`, s.text, `
browser = app.test_client()
print(browser.get("http://localhost:3000/login").location, flush=True)
print(browser.get(input()).text)`)
	r.signsIn(t, exec.CommandContext(t.Context(), python, file), "PYTHONPATH="+packages)
}

// djangoAPI checks tokens for the API of the page in a Django of its own.
func (r *reader) djangoAPI(t *testing.T, s snippet) {
	python, packages := testkit.Installed(t, "python3"), r.pythonPackages(t)
	file := filepath.Join(t.TempDir(), "settings_of_ours.py")
	write(t, file, `import json, os, urllib.parse, urllib.request
import django
from django.conf import settings
ISSUER, AUDIENCE = os.environ["ISSUER"], "`+orders+`"
`, s.text, `
settings.configure(SIMPLE_JWT=SIMPLE_JWT, REST_FRAMEWORK=REST_FRAMEWORK, SECRET_KEY="of the test", USE_TZ=True, INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"], ALLOWED_HOSTS=["*"])
django.setup()
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
@api_view()
def view(request):
    return Response([request.user.id, request.auth["role"]] if request.auth else None)
def sign_in(client, **more):
    form = {"grant_type": "password", "client_id": client, "username": "root", "password": os.environ["PASSWORD"], **more}
    with urllib.request.urlopen(ISSUER + "/oauth/token", urllib.parse.urlencode(form).encode()) as answer:
        return json.load(answer)
shop = sign_in("shop")
good = sign_in("counter", resource=AUDIENCE)["access_token"]
for name, token in [("good", good), ("of another API", shop["access_token"]), ("refresh", shop["refresh_token"])]:
    got = view(APIRequestFactory().get("/", HTTP_AUTHORIZATION="Bearer " + token))
    print(name, got.status_code, *(got.data if token == good else []))`)
	cmd := exec.CommandContext(t.Context(), python, file)
	cmd.Env = append(slices.Clone(r.env), "PYTHONPATH="+packages, "ISSUER="+r.site.issuer, "PASSWORD="+r.site.password)
	out, err := cmd.CombinedOutput()
	want := regexp.MustCompile(`^good 200 [0-9a-f-]{36} admin\nof another API 401\nrefresh 401\n$`)
	if err != nil || !want.Match(out) {
		t.Errorf("the API: %v, want its own access token accepted and the others refused:\n%s", err, out)
	}
}
