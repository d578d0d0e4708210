package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/config"
	"gatehouse/internal/test/chromium"
	"gatehouse/store"
)

// TestARealBrowserWalksThePages has Chromium sign in to an app of another site, consent,
// refuse and sign out over TLS. A real browser thus enforces the cookies' prefixes,
// SameSite and the Content-Security-Policy, and must not complain.
func TestARealBrowserWalksThePages(t *testing.T) {
	w := openWalk(t)
	w.Run("signing in by keyboard alone", chromedp.Navigate(w.shop+"/start"), chromium.Focused("username"),
		chromedp.KeyEvent("ann"), chromedp.KeyEvent("\t"), chromium.Focused("password"), chromedp.KeyEvent("wrong"), chromedp.KeyEvent("\r"),
		chromedp.WaitVisible(chromedp.CSS(".alert")), chromium.Focused("password"), chromedp.KeyEvent(secretPhrase), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`form[action="/consent"]`)))
	w.Says("Photo Shop wants to use your account", "ann@example.com")
	w.Run("allowing", chromedp.Click(chromedp.CSS(`button[value="allow"]`)), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.Says("code and state")

	w.Run("refusing", chromedp.Navigate(w.shop+"/start?prompt=consent"), chromedp.WaitVisible(chromedp.CSS(`button[value="deny"]`)),
		chromedp.Click(chromedp.CSS(`button[value="deny"]`)), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.Says("access_denied")

	w.Run("a form instead of an address", chromedp.Navigate(w.shop+"/start?response_mode=form_post"), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.Says("code and state", "POST")

	w.Run("the password once more", chromedp.Navigate(w.shop+"/start?prompt=login"), chromium.Focused("password"),
		chromedp.KeyEvent(secretPhrase), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.Says("code and state")

	w.Run("signing out", chromedp.Navigate(w.shop+"/leave"), chromedp.WaitVisible(chromedp.CSS(`form[action="/logout"]`)))
	w.Says("Sign out?")
	w.Run("back at the app", chromedp.Click(chromedp.CSS(`form[action="/logout"] button`)), chromedp.WaitVisible(chromedp.ID("goodbye")))
	w.Run("nobody is signed in", chromedp.Navigate(w.shop+"/start?prompt=none"), chromedp.WaitVisible(chromedp.ID("welcome")))
	w.Says("login_required")

	w.Run("an app that lies about its address", chromedp.Navigate(w.shop+"/start?redirect_uri="+url.QueryEscape("https://evil.example.com/")), chromedp.WaitVisible(chromedp.CSS("main h1")))
	w.Says("Authorization error")
	w.Quiet("400 (Bad Request)") // Chromium logs the status of the last page
}

// A walk is a browser, a server, and an app at another site, all with TLS.
type walk struct {
	*chromium.Tab
	shop string
}

func openWalk(t *testing.T) walk {
	t.Helper()
	tab := chromium.Open(t)
	door, shop := listenTLS(t, "127.0.0.1:0"), listenTLS(t, "127.0.0.2:0")
	issuer := "https://" + door.Listener.Addr().String()
	w := walk{tab, "https://" + shop.Listener.Addr().String()}
	g := &gate{t: t}
	g.app = startApp(t, slog.New(slog.DiscardHandler), func(cfg *config.Config) { cfg.Issuer, cfg.Audience = issuer, issuer })
	g.ann = g.person("ann", "user")
	g.register(w.shop)
	door.Config.Handler, shop.Config.Handler = g.handler, shopAt(w.shop, issuer)
	door.StartTLS()
	shop.StartTLS()
	return w
}

// register registers the app, which is at the address at.
func (g *gate) register(at string) {
	g.shop("shop", func(c *store.Client) {
		c.RedirectURIs, c.PostLogoutRedirectURIs = []string{at + "/cb"}, []string{at + "/goodbye"}
	})
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

func shopPage(w http.ResponseWriter, id, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!doctype html><title>shop</title><main id="+id+"><h1>"+text+"</h1></main>")
}
