package config

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// A Value is a setting's value, for people to see.
type Value struct {
	Variable string `json:"variable"`
	// Value hides what is secret.
	Value string `json:"value"`
	// Origin is a variable, a place in a file, a flag, or "default".
	Origin string `json:"origin"`
}

// Values returns every setting's value and where it came from.
func (c Config) Values() []Value {
	var all []Value
	for _, s := range settings() {
		origin := c.origins[s.Env]
		if origin == "" {
			origin = "default"
		}
		all = append(all, Value{s.Env, s.show(c), origin})
	}
	return all
}

// Print writes Values as a table.
func (c Config) Print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range c.Values() {
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\n", v.Variable, v.Value, v.Origin); err != nil {
			return fmt.Errorf("printing the settings: %w", err)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the settings: %w", err)
	}
	return nil
}
