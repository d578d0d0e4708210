package pages_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/client"
	"gatehouse/internal/test/chromium"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// save sends a form of the console by its own button: the first one is for Enter alone.
var save = chromedp.Click(chromedp.CSS(`main .actions button[type="submit"]`))

// A portal is where the apps of the walk live: codes are what came back to it.
type portal struct {
	*walk
	server *httptest.Server
	codes  chan string
	app    string // the ID of the app of the moment
}

func openPortal(w *walk) *portal {
	p := &portal{walk: w, codes: make(chan string, 1)}
	p.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if code := r.FormValue("code"); code != "" {
			p.codes <- code
		}
		_, _ = io.WriteString(rw, "<h1>Back</h1>")
	}))
	w.t.Cleanup(p.server.Close)
	return p
}

// TestAppsAreMadeInTheConsole: one of each kind, with a hostile name, with scripts and
// without; each gets a token by the curl snippet of its page.
func TestAppsAreMadeInTheConsole(t *testing.T) {
	w := begin(t)
	at("root", "{setup}")(w)
	then(fill("username", "root"), fill("email", "root@people.example"), fill("password", password), submit)(w)
	p := openPortal(w)
	for _, scripts := range []bool{true, false} {
		if !scripts {
			w.tab.WithoutScripts()
		}
		for _, k := range client.Kinds() {
			secret := p.make(k, "users:read")
			p.usesItsSnippet(k, secret)
		}
	}
	p.changesItsSecret()
	w.tab.Quiet()
}

// make registers an app, and returns its secret, if it has one. The page of the app is open.
// A machine has the scope.
func (p *portal) make(k client.Kind, scope string) (secret string) {
	p.t.Helper()
	steps := []step{
		chromedp.Navigate(p.issuer + "/console/apps/new"), chromedp.Click(chromedp.CSS(".kind .is-" + k.Name)),
		fill("name", `<b>"Ours"</b> `+k.Name+` {{7*7}}`), chromedp.Click(chromedp.CSS(`input[name="first_party"][value="yes"]`)),
	}
	if k.Redirects() {
		steps = append(steps, fill("redirect_uris0", p.server.URL+"/callback"))
	} else {
		steps = append(steps, chromedp.Click(chromedp.CSS(`input[name^="scope."][name$="`+scope+`"]`)))
	}
	p.tab.Run("registering "+k.Name, append(steps, save, chromedp.WaitVisible(chromedp.CSS("main .once, main .apphead")))...)
	if k.AuthMethod != store.NoSecret {
		secret = chromium.Value(p.tab, chromedp.Text(chromedp.CSS("#made_secret")))
		p.tab.Run("going on to the app", chromedp.Click(chromedp.CSS("main .once a.button")), chromedp.WaitVisible(chromedp.CSS("main .apphead")))
	}
	p.tab.Says(`<b>"Ours"</b> ` + k.Name + ` {{7*7}}`)
	return secret
}

// code returns the curl snippet of the page.
func (p *portal) code() string {
	p.t.Helper()
	return chromium.Value(p.tab, chromedp.Evaluate[string](`document.getElementById("code-curl").textContent`))
}

// snippet returns the command of the curl snippet of the page.
func (p *portal) snippet(secret string) *exec.Cmd {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "bash", "-euo", "pipefail", "-c", p.code())
	cmd.Env = append(os.Environ(), "CLIENT_SECRET="+secret)
	return cmd
}

func (p *portal) usesItsSnippet(k client.Kind, secret string) {
	p.t.Helper()
	cmd := p.snippet(secret)
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		p.t.Fatalf("%s: starting the snippet: %v", k.Name, err)
	}
	lines := bufio.NewReader(out)
	if k.Redirects() {
		to, _ := lines.ReadString('\n')
		_, _ = io.WriteString(in, p.signsIn(strings.TrimSpace(to))+"\n") // an error shows below
	}
	rest, _ := io.ReadAll(lines)
	if err := cmd.Wait(); err != nil || !strings.Contains(string(rest), `"access_token":"`) {
		p.t.Errorf("%s: the snippet printed %s, %v; want a token", k.Name, rest, err)
	}
}

// signsIn opens the address of a sign-in, allows what is asked, and returns the code.
func (p *portal) signsIn(address string) (code string) {
	p.t.Helper()
	p.tab.Run("opening "+address, chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS("h1")))
	if chromium.Value(p.tab, chromedp.Evaluate[bool](`document.querySelector('button[value="allow"]') !== null`)) {
		p.tab.Run("allowing", chromedp.Click(chromedp.CSS(`button[value="allow"]`)))
	}
	testkit.Within(p.t, 20*time.Second, "the app gets a code", func() error {
		select {
		case code = <-p.codes:
			return nil
		default:
			return errors.New("no code yet")
		}
	})
	return code
}

// changesItsSecret gives a machine a new secret, with the old one for another day.
func (p *portal) changesItsSecret() {
	p.t.Helper()
	machine, _ := client.KindNamed(client.Machine)
	old := p.make(machine, "users:read")
	address := chromium.Value(p.tab, chromedp.Location())
	p.tab.Run("making a new secret", chromedp.Navigate(address+"/secret"), save, chromedp.WaitVisible(chromedp.CSS("#made_secret")))
	made := chromium.Value(p.tab, chromedp.Text(chromedp.CSS("#made_secret")))
	p.tab.Run("going on to the app", chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS("main .apphead")))
	p.tab.Says("works, then ends by itself")
	if made == old {
		p.t.Error("the new secret is the old one, want another")
	}
	for _, secret := range []string{old, made} {
		p.usesItsSnippet(machine, secret)
	}
}
