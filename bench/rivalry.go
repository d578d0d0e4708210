package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"
)

// A rivalry is the other server of a comparison, and how the two are compared.
type rivalry struct {
	binary   string
	env      []string
	replicas int
	rounds   int
	settle   time.Duration
}

// wanted reports whether two servers are compared. A rival may be the same binary with
// other settings or as several replicas.
func (v rivalry) wanted() bool { return v.binary != "" || len(v.env) > 0 || v.replicas > 0 }

func (v *rivalry) flags(f *flag.FlagSet) {
	f.StringVar(&v.binary, "against", "", "compare with this `program`, in turns; it may be some commits older")
	f.Var((*settings)(&v.env), "against-env", "a setting of that program, `NAME=VALUE`; without -against it is a setting of the same program for the comparison")
	f.IntVar(&v.replicas, "against-replicas", 0, "`how many` replicas of that program there are; without -against it is the same program")
	f.IntVar(&v.rounds, "rounds", 6, "how many rounds of four slices each endpoint of a comparison has")
	f.DurationVar(&v.settle, "settle", 300*time.Millisecond, "how long after each slice of a comparison a server may finish its work")
}

func (v rivalry) check(o options) error {
	switch {
	case !v.wanted():
		return nil
	case o.profiles != "":
		return errors.New("-profiles needs a server that is built for it, so it cannot be used with -against")
	case v.rounds < fewestRounds || v.settle < 0:
		return fmt.Errorf("-rounds must be at least %d, and -settle not negative", fewestRounds)
	}
	return nil
}

// fewestRounds have quartiles.
const fewestRounds = 4

// settings are NAME=VALUE, one for each time that a flag is given.
type settings []string

func (s *settings) String() string { return strings.Join(*s, " ") }

// Set implements flag.Value.
func (s *settings) Set(one string) error {
	if name, _, ok := strings.Cut(one, "="); !ok || name == "" {
		return errors.New("it must be NAME=VALUE")
	}
	*s = append(*s, one)
	return nil
}
