package config

import (
	"reflect"
	"strings"
)

// A Source is where the value of a setting comes from.
type Source int

// The sources. A Derived value follows from other settings.
const (
	FromDefault Source = iota
	FromFile
	FromEnvironment
	FromFlag
	Derived
)

// Shown is a setting with its value in force, for administrators to see.
type Shown struct {
	Setting
	// Value is without what is secret; empty if Hidden.
	Value string
	From  Source
	// Origin names the variable, the place in a file or the flag.
	Origin string
	// Hidden says that all of the value is secret, and Given that there is one.
	Hidden, Given bool
}

// Shown returns every setting as it is in force, in the order of the documentation.
func (c Config) Shown() []Shown {
	var all []Shown
	for _, s := range Settings() {
		one := Shown{Setting: s, Value: s.show(c), Origin: c.origins[s.Env]}
		one.From = sourceOf(one.Origin, s)
		if s.secret == "key" {
			secret, _ := reflect.ValueOf(c).Field(s.index).Interface().(Secret)
			one.Value, one.Hidden, one.Given = "", true, secret.Reveal() != ""
		}
		all = append(all, one)
	}
	return all
}

func sourceOf(origin string, s Setting) Source {
	switch {
	case origin == "":
		return FromDefault
	case origin == s.Env || origin == s.FileEnv:
		return FromEnvironment
	case strings.HasPrefix(origin, "--"):
		return FromFlag
	case s.Env == prefix+"AUDIENCE" && origin == "the issuer":
		return Derived
	}
	return FromFile
}
