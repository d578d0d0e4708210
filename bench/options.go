package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are the rig's flags.
type options struct {
	binary, dir, markdown, profiles string
	env                             []string
	on                              []string
	sizes                           []int
	only                            []string
	against                         rivalry
	peers                           peering

	connections   int
	duration      time.Duration
	warmUp        time.Duration
	pool          int
	starts        int
	flood         int
	bufferPoolMiB int
	audit         int
	keep          bool
	replicas      int
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var sizes, on, only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.binary, "binary", "", "the gatehouse `program` to measure; empty: build it")
	f.Var((*settings)(&o.env), "env", "a setting of it, `NAME=VALUE`; may be given several times")
	o.against.flags(f)
	o.peers.flags(f)
	f.StringVar(&o.dir, "dir", "", "the `folder` for databases and logs; empty: a temporary one")
	f.BoolVar(&o.keep, "keep", false, "leave that folder behind")
	f.StringVar(&on, "on", "sqlite,mariadb", "the `topologies`: sqlite, mariadb (with Redis)")
	f.StringVar(&sizes, "sizes", "1000,1000000", "how many people, `ascending`")
	f.StringVar(&only, "only", "", "measure only endpoints whose name contains one of these `words`; \"pages\" are the pages")
	f.IntVar(&o.connections, "connections", 8, "how many connections send requests at once")
	f.DurationVar(&o.duration, "duration", 5*time.Second, "how long each endpoint is measured")
	f.DurationVar(&o.warmUp, "warm-up", time.Second, "how long each endpoint's warm-up lasts")
	f.IntVar(&o.pool, "pool", 10000, "how many sessions have tokens, at least")
	f.IntVar(&o.replicas, "replicas", 1, "`how many` replicas serve together, behind haproxy if there are several")
	f.IntVar(&o.starts, "starts", 5, "how many starts are measured")
	f.IntVar(&o.flood, "flood", 60, "how many sign in at once in the flood")
	f.IntVar(&o.bufferPoolMiB, "buffer-pool", 1024, "InnoDB's buffer pool in `MiB`")
	f.IntVar(&o.audit, "audit", 10, "how many audit `events` everybody has")
	f.StringVar(&o.markdown, "markdown", "", "write the document to this `file`")
	f.StringVar(&o.profiles, "profiles", "", "write a CPU profile and one of allocations for every endpoint to this `folder`; ignore the figures of such a run")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.on, o.only = words(on), words(only)
	var err error
	if o.sizes, err = numbers(sizes); err != nil {
		return o, err
	}
	return o, errors.Join(o.check(f.Args()), o.against.check(o), o.peers.check(o))
}

func (o options) check(rest []string) error {
	for _, name := range o.on {
		if name != "sqlite" && name != "mariadb" {
			return fmt.Errorf("-on %s: it must be sqlite or mariadb", name)
		}
	}
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is not a flag", rest[0])
	case len(o.on) == 0 || len(o.sizes) == 0:
		return fmt.Errorf("nothing to measure")
	case slices.Min(o.sizes) < smallest || !slices.IsSorted(o.sizes):
		return fmt.Errorf("-sizes must be at least %d, in ascending order", smallest)
	case o.binary != "" && o.profiles != "":
		return fmt.Errorf("-profiles needs a server that is built for it, so -binary cannot be used")
	case max(o.replicas, o.against.replicas) > 1 && slices.Contains(o.on, "sqlite"):
		return fmt.Errorf("several replicas need -on mariadb: an SQLite file is one server's")
	case o.connections < 1 || o.replicas < 1 || o.against.replicas < 0 || o.pool < smallest || o.starts < 1 || o.flood < 1 || o.duration <= 0 || o.audit < 0:
		return fmt.Errorf("-connections, -pool, -replicas, -starts, -flood and -duration must be positive, -pool at least %d, and -audit not negative", smallest)
	}
	return nil
}

// smallest is how many people the tenth page of a list needs.
const smallest = 1000

// wants reports whether an endpoint is to be measured.
func (o options) wants(name string) bool {
	return len(o.only) == 0 || slices.ContainsFunc(o.only, func(word string) bool { return strings.Contains(name, word) })
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' })
}

func numbers(list string) (found []int, err error) {
	for _, word := range words(list) {
		n, err := strconv.Atoi(strings.ReplaceAll(word, "_", ""))
		if err != nil {
			return nil, fmt.Errorf("-sizes %s: %w", word, err)
		}
		found = append(found, n)
	}
	return found, nil
}
