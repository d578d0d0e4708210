package colour

import (
	"fmt"
	"strings"
)

// Legible is the least contrast of text on its ground (WCAG 2.2 §1.4.3, level AA).
const Legible = 4.5

// The grounds of our style sheet on which an accent stands, and the share of the accent in
// each tint.
var (
	white, black        = Colour{255, 255, 255}, Colour{}
	lightGround         = Colour{0xf3, 0xf5, 0xf2}
	darkCard            = Colour{0x1c, 0x23, 0x20}
	lightTint, darkTint = 0.11, 0.16
)

// easyInDark is the contrast that a colour gets in the dark scheme where only one for the
// light scheme is given.
const easyInDark = 7

// A Theme is what a brand changes of one colour scheme: the names are those of the tokens
// in the style sheet.
type Theme struct{ Accent, AccentStrong, OnAccent, Tint, TintStrong Colour }

// Themes returns the themes of the light and of the dark scheme for an accent as #rrggbb,
// or for two as "#rrggbb #rrggbb". It refuses an accent on which or in which text could not
// be read, with the ratio. One for the dark scheme is derived if it is not given.
func Themes(text string) (light, dark Theme, err error) {
	parts := strings.Fields(strings.ReplaceAll(text, ",", " "))
	if len(parts) < 1 || len(parts) > 2 {
		return light, dark, fmt.Errorf("%.40q is not one or two colours such as #2f5d50", text)
	}
	accent, err := accentOn(parts[0], lightGround, "light")
	if err != nil {
		return light, dark, err
	}
	bright := easyOn(darkCard, accent)
	if len(parts) == 2 {
		if bright, err = accentOn(parts[1], darkCard, "dark"); err != nil {
			return light, dark, err
		}
	}
	light = Theme{accent, accent.Mix(black, 0.25), white, tint(white, accent, lightTint), tint(white, accent, 2*lightTint)}
	dark = Theme{bright, bright.Mix(white, 0.3), bright.Mix(black, 0.85), tint(darkCard, bright, darkTint), tint(darkCard, bright, 1.7*darkTint)}
	return light, dark, nil
}

func accentOn(text string, ground Colour, scheme string) (Colour, error) {
	c, err := Parse(text)
	if err != nil {
		return c, err
	}
	if ratio := Contrast(c, ground); ratio < Legible {
		return c, fmt.Errorf("%s has a contrast of only %.2f on the ground of the %s scheme, %s; text needs %.1f", c, ratio, scheme, ground, Legible)
	}
	return c, nil
}

// easyOn makes a colour lighter until it is easily read on a dark ground.
func easyOn(ground, c Colour) Colour {
	for share := 0.0; share < 1; share += 0.05 {
		if lighter := c.Mix(white, share); Contrast(lighter, ground) >= easyInDark {
			return lighter
		}
	}
	return white
}

// tint returns the ground with a share of the accent in it: as much as leaves the accent
// legible on it.
func tint(ground, accent Colour, share float64) Colour {
	for ; share > 0.01; share *= 0.85 {
		if t := ground.Mix(accent, share); Contrast(accent, t) >= Legible {
			return t
		}
	}
	return ground
}
