package signin_test

import (
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/test/chromium"
	"gatehouse/store"
)

type step = chromedp.Action[chromedp.Void]

// TestAppsInARealBrowser has Chromium take ann into an app in the ways in which apps are
// written: in a popup, by a callback that leads elsewhere, to a private scheme, and by an
// iframe; and in the ways in which people are, with several tabs and pages left open.
func TestAppsInARealBrowser(t *testing.T) {
	first := chromium.Open(t)
	for name, walk := range map[string]func(*site, *chromium.Tab){
		"a popup":                           popup,
		"a callback to another origin":      hop,
		"a callback to a private scheme":    hopToScheme,
		"a private scheme":                  privateScheme,
		"renewal in an iframe":              iframe,
		"the other tab":                     otherTab,
		"pages left open":                   leftOpen,
		"another person at the same device": otherPerson,
		"no scripts":                        withoutScripts,
	} {
		t.Run(name, func(t *testing.T) { walk(open(t), first.Stranger(t)) })
	}
}

// An app at another origin opens the sign-in in a popup, whose callback sends a message.
func popup(s *site, b *chromium.Tab) {
	at := s.web("popup", "127.0.0.2", "/told")
	b.Run("opening the app", chromedp.Navigate(at+"/popup"), chromedp.WaitVisible(chromedp.ID("open")))
	window := b.Popup("opening the popup", chromedp.Click(chromedp.ID("open")))
	window.Run("signing in", signIn("ann"))
	if closed := chromium.Value(b, chromedp.Evaluate[bool]("popup.closed")); closed {
		s.t.Error("popup.closed = true on the consent page, want the opener to keep its popup")
	}
	window.Run("allowing", chromedp.Click(chromedp.CSS(`button[value="allow"]`)))
	b.Run("hearing from the popup", chromedp.WaitVisible(chromedp.ID("told")))
	b.Says("code and state")
}

func hop(s *site, b *chromium.Tab) {
	at := s.web("hop", "127.0.0.2", "/hop")
	b.Run("signing in and allowing", chromedp.Navigate(at+"/start"), signIn("ann"), allow())
	b.Run("arriving at the app's other origin", chromedp.WaitVisible(chromedp.ID("welcome")))
	b.Says("code and state")
	// With nothing to ask, the sign-in alone leads all the way.
	b.Run("signing in again", chromedp.Navigate(at+"/start?prompt=login"), again(), chromedp.WaitVisible(chromedp.ID("welcome")))
	b.Run("by a form of ours to the app", chromedp.Navigate(at+"/start?prompt=login&response_mode=form_post"), again(), chromedp.WaitVisible(chromedp.ID("welcome")))
	b.Says("code and state by POST")
	b.Quiet("404")
}

func hopToScheme(s *site, b *chromium.Tab) {
	at := s.web("launch", "127.0.0.2", "/launch")
	b.Run("signing in and allowing", chromedp.Navigate(at+"/start"), signIn("ann"), allow())
	b.Visits("claude://done?what=code%20and%20state")
	b.Quiet("404")
}

func privateScheme(s *site, b *chromium.Tab) {
	s.app("mobile", func(c *store.Client) { c.RedirectURIs = []string{"claude://cb"} })
	b.Run("signing in and allowing", chromedp.Navigate(s.door.URL+ask("client_id", "mobile", "redirect_uri", "claude://cb")), signIn("ann"), allow())
	b.Visits("claude://cb?code=")
	b.Says("Back to the app", "Open the app") // the page stays, and its link has the code
	if to := chromium.Value(b, chromedp.AttributeValue(chromedp.CSS("main a.button"), "href")).Value; !strings.HasPrefix(to, "claude://cb?code=") {
		s.t.Errorf("the link leads to %q, want claude://cb and the code", to)
	}
}

// A single-page app on this machine, which cannot prove who it is, renews its tokens
// where the person has just allowed it.
func iframe(s *site, b *chromium.Tab) {
	at := s.web("spa", "127.0.0.1", "/told")
	b.Run("signing in and allowing", chromedp.Navigate(at+"/start"), signIn("ann"), allow(), chromedp.WaitVisible(chromedp.ID("back")))
	b.Run("renewing", chromedp.Navigate(at+"/iframe"), chromedp.WaitVisible(chromedp.ID("told")))
	b.Says("code and state")
}

func otherTab(s *site, b *chromium.Tab) {
	at := s.web("tabs", "127.0.0.2", "/hop")
	other := b.Another()
	other.Run("opening the second tab", chromedp.Navigate(at+"/start"), chromedp.WaitVisible(chromedp.ID("password")))
	b.Run("signing in at the first", chromedp.Navigate(at+"/start"), signIn("ann"), allow(), chromedp.WaitVisible(chromedp.ID("welcome")))
	other.Run("reloading the second", chromedp.Reload(), chromedp.WaitVisible(chromedp.ID("welcome")))
	other.Says("code and state")
}

func leftOpen(s *site, b *chromium.Tab) {
	at := s.web("slow", "127.0.0.2", "/hop")
	b.Run("opening the sign-in", chromedp.Navigate(at+"/start"), chromedp.WaitVisible(chromedp.ID("password")))
	s.wait(16 * time.Minute)
	b.Run("signing in at last", signIn("ann"))
	s.wait(16 * time.Minute)
	b.Run("allowing at last", allow(), chromedp.WaitVisible(chromedp.ID("welcome")))
	b.Says("code and state")
}

func otherPerson(s *site, b *chromium.Tab) {
	s.person("bob")
	code := s.began().UserCode
	b.Run("signing in as ann", chromedp.Navigate(s.door.URL+"/device?user_code="+code), typed("ann"), chromedp.WaitVisible(chromedp.CSS(`button[value="allow"]`)))
	other := b.Another()
	other.Run("signing in as bob", chromedp.Navigate(s.door.URL+"/login?another=1"), typed("bob"), chromedp.WaitVisible(chromedp.CSS(`a[href="/logout"]`)))
	b.Run("answering the old page", chromedp.Click(chromedp.CSS(`button[value="allow"]`)), chromedp.WaitVisible(chromedp.CSS(`input[name="shown_to"][value="`+s.bob()+`"] ~ .choice button`)))
	b.Says("bob@example.com")
	b.Run("answering as bob", chromedp.Click(chromedp.CSS(`button[value="allow"]`)), chromedp.WaitVisible(chromedp.CSS("svg.sign")))
	b.Says("Device connected")
}

func withoutScripts(s *site, b *chromium.Tab) {
	at := s.web("plain", "127.0.0.2", "/hop")
	b.WithoutScripts()
	b.Run("signing in and allowing", chromedp.Navigate(at+"/start"), signIn("ann"), allow(), chromedp.WaitVisible(chromedp.ID("welcome")))
	b.Says("code and state")
}

// signIn fills in the sign-in page by keyboard, and waits for the consent page.
func signIn(name string) step {
	return chromedp.Steps(typed(name), chromedp.WaitVisible(chromedp.CSS(`form[action="/consent"]`)))
}

func typed(name string) step {
	return chromedp.Steps(chromium.Focused("username"), chromedp.KeyEvent(name), chromedp.KeyEvent("\t"), again())
}

// again types the password where the page knows the name.
func again() step {
	return chromedp.Steps(chromium.Focused("password"), chromedp.KeyEvent(annsPassword), chromedp.KeyEvent("\r"))
}

func allow() step { return chromedp.Click(chromedp.CSS(`button[value="allow"]`)) }

func (s *site) bob() string {
	s.t.Helper()
	bob, err := s.db.UserByName(s.t.Context(), "bob")
	s.must("reading bob", err)
	return bob.Sub
}

// web registers a public app that cannot prove who it is, and serves it at the host. It
// returns its address.
func (s *site) web(id, host, callback string) string {
	s.t.Helper()
	mux := http.NewServeMux()
	at := s.serve(host, mux)
	elsewhere := s.serve("127.0.0.3", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		show(w, "welcome", html.EscapeString(r.URL.Query().Get("what")))
	}))
	s.app(id, func(c *store.Client) { c.RedirectURIs = []string{at + callback} })
	request := func(r *http.Request) string {
		pairs := []string{"client_id", id, "redirect_uri", at + callback}
		for name, values := range r.URL.Query() {
			pairs = append(pairs, name, values[0])
		}
		return s.door.URL + ask(pairs...)
	}
	mux.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, request(r), http.StatusFound) })
	mux.HandleFunc("/popup", func(w http.ResponseWriter, r *http.Request) {
		show(w, "app", fmt.Sprintf(`<button id=open onclick="popup = window.open(%s)">Sign in</button>`, html.EscapeString(fmt.Sprintf("%q", request(r))))+listens)
	})
	mux.HandleFunc("/iframe", func(w http.ResponseWriter, r *http.Request) {
		show(w, "frame", fmt.Sprintf(`<iframe src="%s&amp;prompt=none"></iframe>`, html.EscapeString(request(r)))+listens)
	})
	mux.HandleFunc("/told", func(w http.ResponseWriter, r *http.Request) {
		show(w, "back", fmt.Sprintf(`<script>(window.opener || window.parent).postMessage(%q, "*"); if (window.opener) close()</script>`, s.got(r)))
	})
	mux.HandleFunc("/hop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere+"/welcome?what="+url.QueryEscape(s.got(r)), http.StatusFound)
	})
	mux.HandleFunc("/launch", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "claude://done?what="+url.PathEscape(s.got(r)), http.StatusFound)
	})
	return at
}

// listens shows the message of a popup or an iframe.
const listens = `<script>let popup; addEventListener("message", e => {
	const told = document.createElement("p"); told.id = "told"; told.textContent = e.data; document.querySelector("main").append(told)
})</script>`

// got says what came back to the app.
func (s *site) got(r *http.Request) string {
	_ = r.ParseForm()
	if r.Form.Get("code") != "" && r.Form.Get("state") == "a state" && r.Form.Get("iss") == s.door.URL {
		return "code and state by " + r.Method
	}
	return r.Form.Get("error")
}

func show(w http.ResponseWriter, id, content string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!doctype html><title>app</title><main id="+id+">"+content+"</main>")
}

// serve serves h at the host, and returns its address.
func (s *site) serve(host string, h http.Handler) string {
	s.t.Helper()
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		s.t.Skipf("no further loopback address on this machine: %v", err)
	}
	server := httptest.NewUnstartedServer(h)
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	s.t.Cleanup(server.Close)
	return server.URL
}
