package console

import (
	"math/bits"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// known returns readings without gaps.
func known(numbers ...int) (all []reading) {
	for _, n := range numbers {
		all = append(all, reading{n: n, known: true})
	}
	return all
}

// cubics returns the pieces of a path, each with its four points.
func cubics(t *testing.T, path string) (pieces [][4]point) {
	t.Helper()
	var numbers []float64
	for _, text := range regexp.MustCompile(`-?[0-9.]+`).FindAllString(path, -1) {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("reading %q in the path %q: %v", text, path, err)
		}
		numbers = append(numbers, n)
	}
	var points []point
	for i := 0; i+1 < len(numbers); i += 2 {
		points = append(points, point{numbers[i], numbers[i+1]})
	}
	for i := 0; i+3 < len(points); i += 3 {
		pieces = append(pieces, [4]point(points[i:i+4]))
	}
	return pieces
}

func TestACurveStaysBetweenItsPoints(t *testing.T) {
	sharp := known(0, 0, 100, 0, 0, 1, 99, 100, 100, 3, 0, 50, 49, 51, 0, 100)
	for seed := range uint32(200) { // and many that are drawn by a rule
		if seed > 0 {
			for i := range sharp {
				sharp[i].n = int(bits.Reverse32(seed*2654435761+uint32(i)*40503) % 101)
			}
		}
		for _, piece := range cubics(t, curves(sharp, 100).Lines[0]) {
			high, low := min(piece[0].y, piece[3].y)-.2, max(piece[0].y, piece[3].y)+.2
			for step := range 21 {
				s := float64(step) / 20
				y := (1-s)*(1-s)*(1-s)*piece[0].y + 3*s*(1-s)*(1-s)*piece[1].y + 3*s*s*(1-s)*piece[2].y + s*s*s*piece[3].y
				if y < high || y > low {
					t.Fatalf("readings %v: the curve is at %.2f between points at %.1f and %.1f, want it between them", sharp, y, piece[0].y, piece[3].y)
				}
			}
		}
	}
}

func TestACurveGoesThroughTheRealPoints(t *testing.T) {
	pieces := cubics(t, curves(known(0, 50, 100, 25), 100).Lines[0])
	want := []point{{60, 110}, {180, 55}, {300, 0}, {420, 82.5}}
	for i, piece := range pieces {
		if piece[0] != want[i] || piece[3] != want[i+1] {
			t.Errorf("piece %d goes from %v to %v, want %v and %v", i, piece[0], piece[3], want[i], want[i+1])
		}
	}
	if len(pieces) != 3 {
		t.Errorf("%d pieces, want 3 for four points", len(pieces))
	}
}

func TestGapsInTheDataAreGaps(t *testing.T) {
	all := []reading{{}, {n: 5, known: true}, {n: 6, known: true}, {}, {}, {n: 7, known: true}, {}, {known: true}}
	plot := curves(all, 10)
	if len(plot.Lines) != 3 || len(plot.Areas) != 3 {
		t.Fatalf("%d lines and %d areas, want three of each", len(plot.Lines), len(plot.Areas))
	}
	for i, want := range []string{"M90 55", "M315 33", "M435 110"} {
		if !strings.HasPrefix(plot.Lines[i], want) {
			t.Errorf("line %d is %s, want it to begin with %s", i, plot.Lines[i], want)
		}
	}
	if got := curves(make([]reading, 24), 10); got.Lines != nil || got.Areas != nil {
		t.Errorf("without data there are %v, want no curves", got)
	}
}

func TestTheHourThatHasNotEndedIsOnItsOwn(t *testing.T) {
	all := known(5, 5, 5, 1)
	all[3].open = true
	lines := curves(all, 10).Lines
	if len(lines) != 2 || !strings.HasSuffix(lines[0], "300 55") || !strings.HasPrefix(lines[1], "M390 99") {
		t.Errorf("lines %v, want one to the last whole hour, and a short one of the hour that runs", lines)
	}
}

func TestAnAreaEndsAtTheZeroLine(t *testing.T) {
	area := curves(known(5, 5), 10).Areas[0]
	if !strings.HasSuffix(area, "V110H120Z") {
		t.Errorf("area %s, want it closed along the zero line", area)
	}
}

func TestTheScaleIsRound(t *testing.T) {
	for most, want := range map[int]int{0: 10, 10: 10, 11: 20, 21: 50, 99: 100, 1776: 2000, 2001: 5000, 173_128: 200_000} {
		if got := ceiling(most); got != want {
			t.Errorf("the scale for %d ends at %d, want %d", most, got, want)
		}
	}
}

func TestRefusedGoesDownOnItsOwnScale(t *testing.T) {
	all := known(6, 5, 6, 0, 7, 212, 6, 5)
	found := bars(all, 500)
	if len(found) != 7 {
		t.Fatalf("%d bars, want one for each hour that has some", len(found))
	}
	loud := 0
	for _, b := range found {
		y, height := number(t, b.Y), number(t, b.Height)
		if y < plotAbove || y+height > plotAbove+plotBelow+2 || height < 1 {
			t.Errorf("a bar from %v, %v high: want it below the zero line, and to be seen", y, height)
		}
		if b.Loud {
			loud++
		}
	}
	if loud != 1 {
		t.Errorf("%d bars are loud, want the one of 212 alone", loud)
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("reading a length: %v", err)
	}
	return n
}
