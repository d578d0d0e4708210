package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"

	"gatehouse/internal/colour"
)

// A Brand is what operators set about the look of the pages.
type Brand struct {
	Name string
	// Own says that the name was set.
	Own bool
	// Logo, Style and CSS are the paths of the logo, of the colours and of the operator's own
	// style sheet; empty: none.
	Logo, Style, CSS string
	// Secured is whether the pages say that Gatehouse is behind them.
	Secured bool
	// Links stand at the foot of every page.
	Links []Link
	// Help is where people find help; empty: nowhere.
	Help string

	assets []asset
}

// A Link is one at the foot of the pages. Text is a sentence of the catalogues.
type Link struct{ Text, Address string }

// plain is the look where nothing was set.
var plain = &Brand{Name: "Gatehouse"}

// BrandSettings are the settings of a brand; all may be empty.
type BrandSettings struct {
	Name string
	// Logo and CSS are files.
	Logo, CSS string
	// Colour is one for colour.Themes.
	Colour string
	// Terms, Privacy and Support are addresses.
	Terms, Privacy, Support string
	// Secured is whether the pages say that Gatehouse is behind them.
	Secured bool
}

// NewBrand reads the files of a brand. It refuses one that is too large or of another kind.
func NewBrand(s BrandSettings) (*Brand, error) {
	b := &Brand{Name: cmp.Or(s.Name, plain.Name), Own: s.Name != "", Secured: s.Secured && s.Name != "", Help: s.Support}
	for _, l := range []Link{{"Terms", s.Terms}, {"Privacy", s.Privacy}, {"Help", s.Support}} {
		if l.Address != "" {
			b.Links = append(b.Links, l)
		}
	}
	for _, add := range []func(BrandSettings) error{b.addLogo, b.addColour, b.addCSS} {
		if err := add(s); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// The bounds of the files, in bytes.
const (
	maxLogo = 256 << 10
	maxCSS  = 64 << 10
)

func (b *Brand) addLogo(s BrandSettings) error {
	if s.Logo == "" {
		return nil
	}
	body, err := small(s.Logo, maxLogo)
	if err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")):
		b.Logo = b.add(".png", "image/png", body)
	case isSVG(body):
		b.Logo = b.add(".svg", "image/svg+xml", body)
	default:
		return fmt.Errorf("the logo %s is neither a PNG nor an SVG picture", s.Logo)
	}
	return nil
}

// isSVG reports whether the first element of a file is that of an SVG picture.
func isSVG(body []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		t, err := d.Token()
		if err != nil {
			return false
		}
		if e, ok := t.(xml.StartElement); ok {
			return e.Name.Local == "svg"
		}
	}
}

func (b *Brand) addColour(s BrandSettings) error {
	if s.Colour == "" {
		return nil
	}
	light, dark, err := colour.Themes(s.Colour)
	if err == nil {
		b.Style = b.add(".css", "text/css; charset=utf-8", []byte(tokens(light)+"@media (prefers-color-scheme: dark) { "+tokens(dark)+"}\n"))
	}
	return err
}

func tokens(t colour.Theme) string {
	return fmt.Sprintf(":root { --accent: %s; --accent-strong: %s; --on-accent: %s; --tint: %s; --tint-strong: %s; --c1: %s; }\n",
		t.Accent, t.AccentStrong, t.OnAccent, t.Tint, t.TintStrong, t.Accent)
}

func (b *Brand) addCSS(s BrandSettings) error {
	if s.CSS == "" {
		return nil
	}
	body, err := small(s.CSS, maxCSS)
	if err == nil {
		b.CSS = b.add(".css", "text/css; charset=utf-8", body)
	}
	return err
}

func (b *Brand) add(ending, mime string, body []byte) (path string) {
	sum := sha256.Sum256(body)
	a := asset{path: "/assets/" + hex.EncodeToString(sum[:6]) + ending, mime: mime, body: body}
	b.assets = append(b.assets, a)
	return a.path
}

func small(file string, limit int64) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes; it may have %d", file, info.Size(), limit)
	}
	return os.ReadFile(file) //nolint:gosec // G304: the operator names it
}

// Serve calls route with the path and the handler of each file of the brand. A picture
// runs nothing, also where it is opened by itself.
func (b *Brand) Serve(route func(path string, serve http.HandlerFunc)) {
	for _, a := range b.assets {
		route(a.path, func(w http.ResponseWriter, r *http.Request) {
			if a.mime == "image/svg+xml" {
				w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
			}
			a.serve(w, r)
		})
	}
}

// A Site is what all pages of a server have in common.
type Site struct {
	Brand *Brand
	// Secure says that the pages are served over https alone.
	Secure bool
}

type siteKey struct{}

// Within returns a handler whose requests are those of a site.
func (s Site) Within(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), siteKey{}, s)))
	})
}

// SiteOf returns the site of a request; outside one, the plain one.
func SiteOf(ctx context.Context) Site {
	s, _ := ctx.Value(siteKey{}).(Site)
	s.Brand = cmp.Or(s.Brand, plain)
	return s
}
