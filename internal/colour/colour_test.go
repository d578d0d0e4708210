package colour_test

import (
	"math"
	"strings"
	"testing"

	"gatehouse/internal/colour"
)

func parse(t *testing.T, text string) colour.Colour {
	t.Helper()
	c, err := colour.Parse(text)
	if err != nil {
		t.Fatalf("reading the colour %s: %v", text, err)
	}
	return c
}

// The ratios of the standard's own examples.
func TestContrast(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000", "#fff", 21}, {"#777777", "#ffffff", 4.48}, {"#2f5d50", "#ffffff", 7.5}, {"#fff", "#fff", 1}} {
		if got := colour.Contrast(parse(t, c.a), parse(t, c.b)); math.Abs(got-c.want) > 0.05 {
			t.Errorf("the contrast of %s on %s is %.2f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

func TestThemesAreLegible(t *testing.T) {
	card, dark := parse(t, "#fff"), parse(t, "#1c2320")
	for _, text := range []string{"#2f5d50", "#2b4acb", "#000000", "#a32020", "#707000", "#2b4acb #aebbff", "#00f,#ff0"} {
		l, d, err := colour.Themes(text)
		if err != nil {
			t.Errorf("the brand's colour %s: %v, want it accepted", text, err)
			continue
		}
		for name, pair := range map[string][2]colour.Colour{
			"light accent on the card": {l.Accent, card}, "light text on the accent": {l.OnAccent, l.Accent}, "light text on the hover": {l.OnAccent, l.AccentStrong},
			"light accent on the tint": {l.Accent, l.Tint}, "light accent on the strong tint": {l.Accent, l.TintStrong},
			"dark accent on the card": {d.Accent, dark}, "dark text on the accent": {d.OnAccent, d.Accent}, "dark text on the hover": {d.OnAccent, d.AccentStrong},
			"dark accent on the tint": {d.Accent, d.Tint}, "dark accent on the strong tint": {d.Accent, d.TintStrong},
		} {
			if ratio := colour.Contrast(pair[0], pair[1]); ratio < colour.Legible {
				t.Errorf("%s, %s: the contrast is %.2f, want at least %.1f", text, name, ratio, colour.Legible)
			}
		}
	}
}

func TestColoursThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"#ffcc00":         "#ffcc00 has a contrast of only 1.",
		"#2b4acb #2b4acb": "on the ground of the dark scheme",
		"green":           "is not a colour",
		"#12":             "is not a colour",
		"#1 #2 #3":        "one or two colours",
		"":                "one or two colours",
	} {
		if _, _, err := colour.Themes(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the brand's colour %q: err = %v, want one that says %q", text, err, want)
		}
	}
}
