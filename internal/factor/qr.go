package factor

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// A Picture is a QR code as the path of an SVG: a square of one unit for each dark module.
type Picture struct {
	// Size is the width of the whole picture in modules, with the margin.
	Size int
	Path string
}

// margin is the quiet zone around a QR code, in modules (ISO/IEC 18004 §5.3.8).
const margin = 4

// QR returns the QR code of a text.
func QR(text string) (Picture, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return Picture{}, fmt.Errorf("drawing a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			run := 0
			for x+run < size && code.At(x+run, y) == color.Black {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+margin, y+margin, run, run)
				x += run
			}
		}
	}
	return Picture{Size: size + 2*margin, Path: path.String()}, nil
}
