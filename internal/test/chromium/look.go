package chromium

import (
	"fmt"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Scheme gives the pages of the tab the light or the dark colour scheme, and no movement.
func (b *Tab) Scheme(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	if err != nil {
		b.t.Fatalf("driving the browser: %v", err)
	}
}

// Width gives the tab a size in CSS pixels.
func (b *Tab) Width(width, height int64) {
	b.t.Helper()
	b.Run("giving the tab a size", chromedp.EmulateViewport(width, height))
	Awaited[bool](b, fmt.Sprintf(sized, width))
}

// sized waits until the page is laid out at its new width, which is after the browser has
// said that it was told.
const sized = `new Promise(done => { const look = () => innerWidth === %d ? requestAnimationFrame(() => done(true)) : setTimeout(look, 5); look() })`

// Picture returns the whole page as a PNG.
func (b *Tab) Picture() []byte {
	b.t.Helper()
	return Value(b, chromedp.FullScreenshot(100))
}

// Awaited returns what the promise of a script becomes.
func Awaited[T any](b *Tab, script string) T {
	b.t.Helper()
	wait := true
	return Value(b, chromedp.Evaluate[T](script, func(p *runtime.EvaluateParams) { p.AwaitPromise = &wait }))
}
