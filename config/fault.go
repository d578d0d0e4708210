package config

import (
	"fmt"
	"slices"
	"strings"
)

// A Fault is one thing that is wrong with the configuration.
type Fault struct {
	// Variable is the setting's variable, whatever the source; or an unknown name as
	// it was given.
	Variable string
	// Problem follows the name, and shows the value unless it is secret.
	Problem string
	// Origin is where the value came from; empty if from the variable itself.
	Origin string
}

func (f Fault) String() string {
	text := f.Variable + " " + f.Problem
	if f.Origin != "" {
		text += " (" + f.Origin + ")"
	}
	return text
}

// Faults holds every fault, so that the operator can correct all of them in one go.
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

// orNil returns nil rather than an empty list of faults.
func (f *Faults) orNil() error {
	if len(f.All) == 0 {
		return nil
	}
	return f
}

// names reports whether the variable has a fault.
func (f *Faults) names(variable string) bool {
	return slices.ContainsFunc(f.All, func(one Fault) bool { return one.Variable == variable })
}
