package main

import (
	"math"
	"slices"
)

// A spread is the median of some ratios and the quartiles around it.
type spread struct{ lower, median, upper float64 }

func spreadOf(ratios []float64) spread {
	sorted := slices.Sorted(slices.Values(ratios))
	return spread{between(sorted, 0.25), between(sorted, 0.5), between(sorted, 0.75)}
}

// between interpolates between the two values that are next to a share of them.
func between(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := share * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// ratios are the costs of the measured server, divided by those of the other in the same
// round.
func (d duel) ratios() spread {
	var all []float64
	for _, r := range d.rounds {
		all = append(all, (r[0][0]+r[0][1])/(r[1][0]+r[1][1]))
	}
	return spreadOf(all)
}

// itself is what a comparison of each server with itself would find: the ratio of its two
// slices in each round, either way round.
func (d duel) itself() spread {
	var all []float64
	for _, r := range d.rounds {
		for _, slices := range r {
			all = append(all, slices[0]/slices[1], slices[1]/slices[0])
		}
	}
	return spreadOf(all)
}

// verdict says in which direction the servers differ beyond what one differs from itself:
// the middle half of their ratios and the middle half of those do not meet.
func (d duel) verdict() string {
	ratios, itself := d.ratios(), d.itself()
	switch {
	case ratios.upper < itself.lower:
		return "less"
	case ratios.lower > itself.upper:
		return "MORE"
	}
	return "–"
}
