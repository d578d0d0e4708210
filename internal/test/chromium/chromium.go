// Package chromium drives a real browser for tests. Only a real browser enforces the
// cookies' rules, the Content-Security-Policy and the ties between windows.
package chromium

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"gatehouse/internal/test/testkit"
)

// A Tab is a tab or a window of the browser.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu      sync.Mutex
	console []string
	visited []string
}

// Open starts a browser with one tab, which lives for two minutes. Without a browser it
// skips the test, or fails it in CI.
func Open(t testing.TB) *Tab { t.Helper(); return OpenFor(t, 2*time.Minute) }

// OpenFor is Open for a test that may take longer.
func OpenFor(t testing.TB, limit time.Duration) *Tab {
	t.Helper()
	testkit.Long(t)
	program := testkit.Installed(t, "chromium", "chromium-browser", "google-chrome")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.IgnoreCertErrors, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("allow-pre-commit-input", true)) // otherwise keys are lost until the first paint of a page
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	return newTab(t, ctx)
}

// newTab opens a tab. It lives as long as its first context.
func newTab(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	b := &Tab{t: t, ctx: ctx}
	if _, err := chromedp.Run(ctx, chromedp.Location()); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	// Without this, it varies when Chromium gives a page the focus.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatalf("driving the browser: %v", err)
	}
	if err := chromedp.Listen(ctx, b.notice); err != nil {
		t.Fatalf("driving the browser: %v", err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, fmt.Sprintf("%s at %s: %s", m.Type, m.URL, m.Text))
			b.mu.Unlock()
		}
	}()
	return b
}

// notice keeps the addresses that the tab asks for, also those at which no page appears.
func (b *Tab) notice(event any) {
	if r, ok := event.(*network.EventRequestWillBeSent); ok && r.Type == network.ResourceTypeDocument {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.visited = append(b.visited, r.DocumentURL)
	}
}

// Visits waits until the tab has asked for an address that begins like this, which may be
// that of another program.
func (b *Tab) Visits(address string) {
	b.t.Helper()
	testkit.Within(b.t, 10*time.Second, "the browser goes to "+address, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !slices.ContainsFunc(b.visited, func(at string) bool { return strings.HasPrefix(at, address) }) {
			return fmt.Errorf("it went to %q", b.visited)
		}
		return nil
	})
}

// Another opens another tab of the same browser.
func (b *Tab) Another() *Tab { b.t.Helper(); return newTab(b.t, b.ctx) }

// Stranger opens a tab of a browser that shares nothing with this one.
func (b *Tab) Stranger(t testing.TB) *Tab {
	t.Helper()
	return newTab(t, b.ctx, chromedp.WithNewBrowserContext())
}

// Popup returns the window that the page opens when it is told to.
func (b *Tab) Popup(what string, open chromedp.Action[chromedp.Void]) *Tab {
	b.t.Helper()
	opened := chromedp.WaitNewTarget(b.ctx, func(*target.Info) bool { return true })
	b.Run(what, open)
	select {
	case id := <-opened:
		return newTab(b.t, b.ctx, chromedp.WithTargetID(id))
	case <-b.ctx.Done():
		b.t.Fatalf("%s: no window was opened, want one", what)
		return nil
	}
}

// WithoutScripts keeps the tab's pages from running scripts.
func (b *Tab) WithoutScripts() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.t.Fatalf("driving the browser: %v", err)
	}
}

// Focused waits until typed keys go into the field, which is a moment after the field
// becomes visible.
func Focused(id string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS("#" + id + ":focus"))
}

// Run takes steps, and fails with what the browser shows if one does not succeed.
func (b *Tab) Run(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		body, _ := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("body")))
		at, _ := chromedp.Run(b.ctx, chromedp.Location())
		b.t.Fatalf("%s: %v, want it to succeed\nat %s:\n%s\nconsole: %s", what, err, at, body, strings.Join(b.said(), "\n"))
	}
}

// Comes waits until an expression is true, also if the page loads itself anew meanwhile.
func (b *Tab) Comes(what, expression string) {
	b.t.Helper()
	testkit.Within(b.t, 3*time.Minute, what, func() error {
		yes, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
		if err == nil && !yes {
			text, _ := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("main")))
			err = fmt.Errorf("not yet: %s; the page says:\n%s", expression, text)
		}
		return err
	})
}

// Says fails unless the page contains the words.
func (b *Tab) Says(words ...string) {
	b.t.Helper()
	text := Value(b, chromedp.Text(chromedp.CSS("main")))
	for _, word := range words {
		if !strings.Contains(text, word) {
			b.t.Errorf("the page does not say %q, want it to:\n%s", word, text)
		}
	}
}

// Value returns what an action finds in the tab.
func Value[T any](b *Tab, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		b.t.Fatalf("driving the browser: %v", err)
	}
	return v
}

func (b *Tab) said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.console...)
}

// logs waits until the browser's console says this.
func (b *Tab) logs(line string) {
	b.t.Helper()
	testkit.Within(b.t, 10*time.Second, "the console says "+line, func() error {
		if all := strings.Join(b.said(), "\n"); !strings.Contains(all, line) {
			return fmt.Errorf("the console says %q", all)
		}
		return nil
	})
}

// Quiet fails if the browser logged anything but the expected lines.
func (b *Tab) Quiet(expected ...string) {
	b.t.Helper()
	Value(b, chromedp.Evaluate[any](`console.log("the end")`))
	b.logs("the end") // the console lags behind the page, and is in order
said:
	for _, line := range b.said() {
		for _, e := range append(expected, "the end", "422 (Unprocessable Entity)") {
			if strings.Contains(line, e) {
				continue said
			}
		}
		b.t.Errorf("the browser's console says %s, want nothing", line)
	}
}
