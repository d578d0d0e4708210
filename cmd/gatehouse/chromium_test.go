package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"gatehouse/config"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// TestARealBrowserWalksThePages has Chromium sign in to an app of another site, consent,
// refuse and sign out over TLS. A real browser thus enforces the cookies' prefixes,
// SameSite and the Content-Security-Policy, and must not complain.
func TestARealBrowserWalksThePages(t *testing.T) {
	w := openWalk(t)
	w.run("signing in by keyboard alone", chromedp.Navigate(w.shop+"/start"), focused("username"),
		chromedp.KeyEvent("ann"), chromedp.KeyEvent("\t"), focused("password"), chromedp.KeyEvent("wrong"), chromedp.KeyEvent("\r"),
		chromedp.WaitVisible(chromedp.CSS(".alert")), focused("password"), chromedp.KeyEvent(secretPhrase), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`form[action="/consent"]`)))
	w.says("Photo Shop wants to use your account", "ann@example.com")
	w.run("allowing", chromedp.Click(chromedp.CSS(`button[value="allow"]`)), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.says("code and state")

	w.run("refusing", chromedp.Navigate(w.shop+"/start?prompt=consent"), chromedp.WaitVisible(chromedp.CSS(`button[value="deny"]`)),
		chromedp.Click(chromedp.CSS(`button[value="deny"]`)), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.says("access_denied")

	w.run("a form instead of an address", chromedp.Navigate(w.shop+"/start?response_mode=form_post"), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.says("code and state", "POST")

	w.run("the password once more", chromedp.Navigate(w.shop+"/start?prompt=login"), focused("password"),
		chromedp.KeyEvent(secretPhrase), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.says("code and state")

	w.run("signing out", chromedp.Navigate(w.shop+"/leave"), chromedp.WaitVisible(chromedp.CSS(`form[action="/logout"]`)))
	w.says("Sign out?")
	w.run("back at the app", chromedp.Click(chromedp.CSS(`form[action="/logout"] button`)), chromedp.WaitVisible(chromedp.ID("goodbye")))
	w.run("nobody is signed in", chromedp.Navigate(w.shop+"/start?prompt=none"), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.says("login_required")

	w.run("an app that lies about its address", chromedp.Navigate(w.shop+"/start?redirect_uri="+url.QueryEscape("https://evil.example.com/")), chromedp.WaitVisible(chromedp.CSS("main h1")))
	w.says("Authorization error")
	w.quiet("400 (Bad Request)") // Chromium logs the status of the last page
}

// A walk is a browser, a server, and an app at another site, all with TLS.
type walk struct {
	t    *testing.T
	ctx  context.Context
	shop string

	mu      sync.Mutex
	console []string
}

func openWalk(t *testing.T) *walk {
	t.Helper()
	program := chromium(t)
	w := &walk{t: t}
	door, shop := listenTLS(t, "127.0.0.1:0"), listenTLS(t, "127.0.0.2:0")
	issuer := "https://" + door.Listener.Addr().String()
	w.shop = "https://" + shop.Listener.Addr().String()
	g := &gate{t: t}
	g.app = startApp(t, slog.New(slog.DiscardHandler), func(cfg *config.Config) { cfg.Issuer, cfg.Audience = issuer, issuer })
	g.ann = g.person("ann", "user")
	g.register(w.shop)
	door.Config.Handler, shop.Config.Handler = g.handler, shopAt(w.shop, issuer)
	door.StartTLS()
	shop.StartTLS()

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.IgnoreCertErrors, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("allow-pre-commit-input", true)) // otherwise keys are lost until the first paint of a page
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	w.ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(w.ctx, chromedp.Navigate("about:blank")); err != nil { // the browser lives as long as its first context
		t.Fatalf("starting %s: %v", program, err)
	}
	// Without this, it varies when Chromium gives a page the focus.
	if _, err := chromedp.Call(w.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatalf("driving the browser: %v", err)
	}
	messages := chromedp.Console(w.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			w.mu.Lock()
			w.console = append(w.console, fmt.Sprintf("%s at %s: %s", m.Type, m.URL, m.Text))
			w.mu.Unlock()
		}
	}()
	return w
}

// register registers the app, which is at the address at.
func (g *gate) register(at string) {
	g.shop("shop", func(c *store.Client) {
		c.RedirectURIs, c.PostLogoutRedirectURIs = []string{at + "/cb"}, []string{at + "/goodbye"}
	})
}

// chromium returns the browser's path.
func chromium(t *testing.T) string {
	t.Helper()
	testkit.Long(t)
	return testkit.Installed(t, "chromium", "chromium-browser", "google-chrome")
}

func listenTLS(t *testing.T, address string) *httptest.Server {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("no second loopback address on this machine: %v", err)
	}
	s := httptest.NewUnstartedServer(nil)
	_ = s.Listener.Close()
	s.Listener = l
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	t.Cleanup(s.Close)
	return s
}

// shopAt returns the app. It sends people to sign in and out, and shows what came back.
func shopAt(self, issuer string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) {
		pairs := []string{"redirect_uri", self + "/cb"}
		for name, values := range r.URL.Query() {
			pairs = append(pairs, name, values[0])
		}
		http.Redirect(w, r, issuer+ask(pairs...), http.StatusFound)
	})
	mux.HandleFunc("/leave", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, issuer+"/oauth/logout?client_id=shop&post_logout_redirect_uri="+url.QueryEscape(self+"/goodbye"), http.StatusFound)
	})
	// The callback redirects, as those of apps do: form-action applies to that as well.
	mux.HandleFunc("/cb", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		what := r.Form.Get("error")
		if r.Form.Get("code") != "" && r.Form.Get("state") == "a state" && r.Form.Get("iss") == issuer {
			what = "code and state"
		}
		http.Redirect(w, r, "/welcome?what="+url.QueryEscape(what+" by "+r.Method), http.StatusSeeOther)
	})
	mux.HandleFunc("/welcome", func(w http.ResponseWriter, r *http.Request) { shopPage(w, "welcome", r.URL.Query().Get("what")) })
	mux.HandleFunc("/goodbye", func(w http.ResponseWriter, _ *http.Request) { shopPage(w, "goodbye", "goodbye") })
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return mux
}

// focused waits until typed keys go into the field, which is a moment after the field
// becomes visible.
func focused(id string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS("#" + id + ":focus"))
}

func shopPage(w http.ResponseWriter, id, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!doctype html><title>shop</title><main id="+id+"><h1>"+text+"</h1></main>")
}

func (w *walk) run(what string, steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		body, _ := chromedp.Run(w.ctx, chromedp.Text(chromedp.CSS("body")))
		at, _ := chromedp.Run(w.ctx, chromedp.Location())
		w.t.Fatalf("%s: %v, want it to succeed\nat %s:\n%s\nconsole: %s", what, err, at, body, strings.Join(w.said(), "\n"))
	}
}

func (w *walk) says(words ...string) {
	w.t.Helper()
	text, err := chromedp.Run(w.ctx, chromedp.Text(chromedp.CSS("main")))
	if err != nil {
		w.t.Fatalf("driving the browser: %v", err)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			w.t.Errorf("the page does not say %q, want it to:\n%s", word, text)
		}
	}
}

func (w *walk) said() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.console...)
}

// quiet fails if the browser logged anything but the expected lines.
func (w *walk) quiet(expected ...string) {
	w.t.Helper()
	time.Sleep(200 * time.Millisecond) // the console lags behind the page
said:
	for _, line := range w.said() {
		for _, e := range append(expected, "422 (Unprocessable Entity)") {
			if strings.Contains(line, e) {
				continue said
			}
		}
		w.t.Errorf("the browser's console says %s, want nothing", line)
	}
}
