// Package colour measures the contrast of colours (WCAG 2.2 §1.4.3), and derives the
// colours of a brand from one of them.
package colour

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Colour is one of sRGB.
type Colour struct{ R, G, B uint8 }

// Parse reads a colour as #rrggbb or #rgb.
func Parse(text string) (Colour, error) {
	digits, ok := strings.CutPrefix(text, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if !ok || len(digits) != 6 || err != nil {
		return Colour{}, fmt.Errorf("%.20q is not a colour such as #2f5d50", text)
	}
	return Colour{uint8(n >> 16 & 0xff), uint8(n >> 8 & 0xff), uint8(n & 0xff)}, nil
}

// String returns the colour as #rrggbb.
func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// Mix returns the colour with a share of another in it, from 0 to 1.
func (c Colour) Mix(other Colour, share float64) Colour {
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-share) + float64(b)*share)) }
	return Colour{mix(c.R, other.R), mix(c.G, other.G), mix(c.B, other.B)}
}

// Contrast returns the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast
// ratio").
func Contrast(a, b Colour) float64 {
	l, m := a.luminance(), b.luminance()
	return (max(l, m) + 0.05) / (min(l, m) + 0.05)
}

// luminance is the relative luminance (WCAG 2.2, "relative luminance").
func (c Colour) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
