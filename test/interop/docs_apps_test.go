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
	cmd.Env = append(append(slices.Clone(r.env), env...), "ISSUER="+r.site.issuer, "ID="+r.web.ID, "SECRET="+r.web.Secret)
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
	sub := regexp.MustCompile(`"sub": ?"([^"]+)"`).FindStringSubmatch(r.run(t, "./gatehouse user show root --json"))
	if sub == nil || err != nil || strings.TrimSpace(string(rest)) != sub[1] {
		t.Errorf("the app printed %q and then %q, %v; want an address of ours and the sub %v:\n%s", to, rest, err, sub, faults.String())
	}
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
	const last = "client.ClientSecretBasic(SECRET))"
	if !strings.Contains(begin, last) {
		t.Fatalf("the snippet does not end discovery with %s, want it there for the hint", last)
	}
	begin = strings.Replace(begin, last, strings.TrimSuffix(last, ")")+", "+string(hint[1])+")", 1)
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

// pythonApp runs the app in a Flask of its own.
func (r *reader) pythonApp(t *testing.T, s snippet) {
	python, packages := testkit.Installed(t, "python3"), pythonPackages(t)
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

// djangoAPI checks tokens of the README's shop in a Django of its own.
func (r *reader) djangoAPI(t *testing.T, s snippet) {
	python, packages := testkit.Installed(t, "python3"), pythonPackages(t)
	file := filepath.Join(t.TempDir(), "settings_of_ours.py")
	write(t, file, `import json, os, urllib.parse, urllib.request
import django
from django.conf import settings
ISSUER = os.environ["ISSUER"]
`, s.text, `
settings.configure(SIMPLE_JWT=SIMPLE_JWT, REST_FRAMEWORK=REST_FRAMEWORK, SECRET_KEY="of the test", USE_TZ=True, INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"], ALLOWED_HOSTS=["*"])
django.setup()
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
@api_view()
def view(request):
    return Response([request.user.id, request.auth["role"]] if request.auth else None)
form = {"grant_type": "password", "client_id": "shop", "username": "root", "password": os.environ["PASSWORD"]}
with urllib.request.urlopen(ISSUER + "/oauth/token", urllib.parse.urlencode(form).encode()) as answer:
    tokens = json.load(answer)
for name in ["access_token", "refresh_token"]:
    got = view(APIRequestFactory().get("/", HTTP_AUTHORIZATION="Bearer " + tokens[name]))
    print(name, got.status_code, *(got.data if name == "access_token" else []))`)
	cmd := exec.CommandContext(t.Context(), python, file)
	cmd.Env = append(slices.Clone(r.env), "PYTHONPATH="+packages, "ISSUER="+r.site.issuer, "PASSWORD="+r.site.password)
	out, err := cmd.CombinedOutput()
	want := regexp.MustCompile(`^access_token 200 [0-9a-f-]{36} admin\nrefresh_token 401\n$`)
	if err != nil || !want.Match(out) {
		t.Errorf("the API: %v, want the access token accepted and the refresh token refused:\n%s", err, out)
	}
}

// pythonPackages installs the packages of the folder python in a folder of their own.
func pythonPackages(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	install := exec.CommandContext(t.Context(), testkit.Installed(t, "pip3"), "install", "-q", "--disable-pip-version-check", "--root-user-action=ignore",
		"--no-compile", "--no-deps", "--only-binary", ":all:", "--target", folder, "-r", filepath.Join("python", "requirements.txt"))
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("pip3 install: %v\n%s", err, out)
	}
	return folder
}
