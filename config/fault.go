package config

import (
	"fmt"
	"slices"
	"strings"
)

// A Fault is one thing that is wrong with the configuration.
type Fault struct {
	// Variable is the setting's, whatever the source; or what took its place: an
	// unknown name.
	Variable string
	// Problem follows the name, and has the value unless that is a secret.
	Problem string
	// Origin is where the value came from; empty for the variable itself.
	Origin string
}

func (f Fault) String() string {
	text := f.Variable + " " + f.Problem
	if f.Origin != "" {
		text += " (" + f.Origin + ")"
	}
	return text
}

// Faults are all that is wrong, so that it can be mended at once.
type Faults struct{ All []Fault }

func (f *Faults) Error() string {
	lines := []string{"the configuration has a fault:"}
	if len(f.All) > 1 {
		lines[0] = fmt.Sprintf("the configuration has %d faults:", len(f.All))
	}
	for _, fault := range f.All {
		lines = append(lines, "  "+fault.String())
	}
	return strings.Join(lines, "\n")
}

func (f *Faults) add(variable, problem, origin string) {
	f.All = append(f.All, Fault{variable, problem, origin})
}

// orNil avoids an error that holds no fault.
func (f *Faults) orNil() error {
	if len(f.All) == 0 {
		return nil
	}
	return f
}

// names reports whether there is a fault of the variable.
func (f *Faults) names(variable string) bool {
	return slices.ContainsFunc(f.All, func(one Fault) bool { return one.Variable == variable })
}

// nearest finds what an unknown name was meant to be, and makes a question of it.
func nearest(name string, known []string) string {
	best, least := "", len(name)/3+1
	for _, candidate := range known {
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance is how many letters must be put in, taken out or changed (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0] // the cell left above
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
