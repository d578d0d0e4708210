package console

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gatehouse/web"
)

// The units of a plot: its width, the height above the zero line, and that below it.
const (
	plotWidth = 480.0
	plotAbove = 110.0
	plotBelow = 40.0
)

// A reading is the number of an hour, if it is known. An open one is of the hour that has
// not ended, which does not continue the line: it would seem to fall.
type reading struct {
	n           int
	known, open bool
}

// A point is a place in a plot; y grows downwards.
type point struct{ x, y float64 }

// ceiling returns the number at the top of a scale that shows most: 10, 20, 50, 100, …
func ceiling(most int) int {
	for unit := 10; ; unit *= 10 {
		for _, step := range []int{1, 2, 5} {
			if most <= step*unit {
				return step * unit
			}
		}
	}
}

// peak returns the largest number of the readings.
func peak(all []reading) (n int) {
	for _, r := range all {
		n = max(n, r.n)
	}
	return n
}

// curves draws readings as curves above the zero line, with the areas below them, on a scale
// to top. Hours that are not known are gaps.
func curves(all []reading, top int) (plot web.Plot) {
	for _, run := range runs(all, top) {
		line := curve(run)
		plot.Lines = append(plot.Lines, line)
		plot.Areas = append(plot.Areas, line+"V"+unit(plotAbove)+"H"+unit(run[0].x)+"Z")
	}
	return plot
}

// runs returns the points of the readings, those without a gap between them together. A
// reading on its own becomes a short line.
func runs(all []reading, top int) (found [][]point) {
	width := plotWidth / float64(len(all))
	var run []point
	place := func(i int) point {
		return point{(float64(i) + .5) * width, plotAbove * (1 - float64(all[i].n)/float64(top))}
	}
	for i, r := range append(slices.Clone(all), reading{}) {
		if r.known && !r.open {
			run = append(run, place(i))
			continue
		}
		if run != nil {
			found = append(found, visible(run, width))
		}
		if run = nil; r.known {
			run = append(run, place(i))
		}
	}
	return found
}

// visible turns a point on its own into a short line.
func visible(run []point, width float64) []point {
	if len(run) > 1 {
		return run
	}
	return []point{{run[0].x - width/4, run[0].y}, {run[0].x + width/4, run[0].y}}
}

// curve returns the path of a smooth line through points at equal distances. Between two of
// them it is never above or below both (the monotone cubic of Steffen, 1990).
func curve(points []point) string {
	var path strings.Builder
	path.WriteString("M" + at(points[0]))
	slopes := slopesOf(points)
	for i, p := range points[1:] {
		before, third := points[i], (p.x-points[i].x)/3
		path.WriteString("C" + at(point{before.x + third, before.y + slopes[i]*third}) +
			" " + at(point{p.x - third, p.y - slopes[i+1]*third}) + " " + at(p))
	}
	return path.String()
}

// slopesOf returns the slope of the curve at each point.
func slopesOf(points []point) []float64 {
	last := len(points) - 1
	slopes := make([]float64, len(points))
	between := func(i int) float64 { return (points[i+1].y - points[i].y) / (points[i+1].x - points[i].x) }
	for i := 1; i < last; i++ {
		a, b := between(i-1), between(i)
		if a*b > 0 {
			slopes[i] = math.Copysign(min(2*math.Abs(a), 2*math.Abs(b), math.Abs(a+b)/2), a)
		}
	}
	slopes[0], slopes[last] = between(0), between(last-1)
	return slopes
}

// bars draws readings downwards from the zero line, on a scale of their own to low.
func bars(all []reading, low int) (found []web.Bar) {
	width := plotWidth / float64(len(all))
	loud := 3*median(all) + 10
	for i, r := range all {
		if r.n > 0 {
			found = append(found, web.Bar{
				X: unit((float64(i) + .15) * width), Y: unit(plotAbove + 1), Width: unit(.7 * width),
				Height: unit(max(1, plotBelow*float64(r.n)/float64(low))), Loud: r.n > loud,
			})
		}
	}
	return found
}

// median returns the reading in the middle of those that are known.
func median(all []reading) int {
	var known []int
	for _, r := range all {
		if r.known {
			known = append(known, r.n)
		}
	}
	if len(known) == 0 {
		return 0
	}
	slices.Sort(known)
	return known[len(known)/2]
}

func at(p point) string { return unit(p.x) + " " + unit(p.y) }

// unit writes a length with a decimal at most.
func unit(n float64) string { return strconv.FormatFloat(math.Round(n*10)/10, 'f', -1, 64) }
