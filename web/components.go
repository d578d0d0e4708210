package web

import (
	"maps"
	"slices"
)

// Components shows every component of the pages, for developers.
var Components = page[ComponentsData]("components")

// ComponentsData fills Components with samples.
type ComponentsData struct {
	Account Account
	Scopes  []Scope
	Faults  []string
	Icons   []string
}

// NewComponentsData returns the samples.
func NewComponentsData() ComponentsData {
	return ComponentsData{
		Account: Account{Sub: "sample", Username: "ann", Email: "ann.fairweather@department.example"},
		Scopes:  []Scope{{Text: "Place orders that you pay for", API: "Orders", Sensitive: true}, {Text: "See your orders", API: "Orders"}, {Text: "Know that it is you"}},
		Faults:  []string{"This name is taken."},
		Icons:   slices.Sorted(maps.Keys(icons)),
	}
}
