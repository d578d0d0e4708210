package config

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Sources are where settings are read from. Later ones override earlier ones: the
// defaults, the file, the environment, the flags.
type Sources struct {
	// File is a YAML file. If empty, gatehouse.yaml in the working folder is read if
	// it exists.
	File string
	// Env is os.LookupEnv, and Environ os.Environ, which is searched for unknown
	// variables with our prefix. Either may be nil.
	Env     func(string) (string, bool)
	Environ func() []string
	// Flags maps names, without the dashes, to values.
	Flags map[string]string
	// Patience is how long Load waits for a file to deliver, such as a pipe that
	// another process has yet to write to. 0: half a minute.
	Patience time.Duration
}

// given is a setting's value from one source.
type given struct {
	text, origin string
	file         bool // text names the file that holds the value
	read         func() (string, error)
}

// loader collects the values given and the faults.
type loader struct {
	settings []Setting
	winners  map[string]given // by variable
	faults   Faults
	patience time.Duration
}

// Default returns the settings as they are if no source gives a value.
func Default() Config {
	c := Config{origins: map[string]string{}}
	for _, s := range settings() {
		if err := s.parse(&c, s.Default); err != nil {
			panic("config: the default of " + s.Env + " " + err.Error()) // a mistake in config.go, which a test finds
		}
	}
	return c
}

// Load reads all sources. The error is *Faults, with every fault found.
func Load(from Sources) (Config, error) {
	const halfMinute = 30 * time.Second
	l := &loader{settings: settings(), winners: map[string]given{}, patience: cmp.Or(from.Patience, halfMinute)}
	l.fromFile(from.File)
	l.fromEnvironment(from)
	l.fromFlags(from.Flags)

	l.beginReading()
	c := Default()
	for _, s := range l.settings {
		if g, ok := l.winners[s.Env]; ok {
			l.apply(&c, s, g)
		}
	}
	if c.Audience == "" {
		c.Audience = c.Issuer
		c.origins[prefix+"AUDIENCE"] = "the issuer"
	}
	c.check(&l.faults)
	return c, l.faults.orNil()
}

// beginReading starts reading all files at the same time, so that Load waits for all
// of them no longer than for one.
func (l *loader) beginReading() {
	for variable, g := range l.winners {
		if path := g.text; g.file {
			g.read = l.begin(path, func() (string, error) { return readSecret(path) })
			l.winners[variable] = g
		}
	}
}

// apply puts the value given into c, or adds a fault.
func (l *loader) apply(c *Config, s Setting, g given) {
	c.origins[s.Env] = g.origin
	if g.file {
		text, err := g.read()
		if err != nil {
			l.faults.add(s.Env, "cannot be read from a file: "+err.Error(), g.origin)
			return
		}
		g.text = text
	}
	if err := s.parse(c, strings.TrimSpace(g.text)); err != nil {
		l.faults.add(s.Env, quoted(g.text)+" "+err.Error(), origin(s, g))
	}
}

// origin returns where the value came from, or nothing if that is the variable, which
// the fault names anyway.
func origin(s Setting, g given) string {
	if g.origin == s.Env {
		return ""
	}
	return g.origin
}

// quoted returns a value as a fault shows it. A text before an "@" may be a password,
// whatever the setting.
func quoted(text string) string {
	if strings.Contains(text, "@") {
		return redactURL(text)
	}
	if text == "" || strings.ContainsAny(text, " \t\r\n") {
		return fmt.Sprintf("%q", text)
	}
	return text
}

// offer records the value from one source. A secret may be given directly or as the
// name of a file, but not both.
func (l *loader) offer(s Setting, direct, file *given) {
	switch {
	case direct != nil && file != nil:
		l.faults.add(s.Env, fmt.Sprintf("is given twice: as %s and as %s", direct.origin, file.origin), "")
	case direct != nil:
		l.winners[s.Env] = *direct
	case file != nil:
		file.file = true
		l.winners[s.Env] = *file
	}
}

func (l *loader) fromFlags(flags map[string]string) {
	known := map[string]bool{}
	for _, s := range l.settings {
		text, ok := flags[s.Flag]
		known[s.Flag] = true
		if !ok || s.Flag == "" {
			continue
		}
		if s.Secret && NewSecretURL(text).String() != text {
			l.faults.add(s.Env, "must not contain a password on the command line, where everybody on this machine can read it; set the variable or "+s.FileEnv, "--"+s.Flag)
			continue
		}
		l.winners[s.Env] = given{text: text, origin: "--" + s.Flag}
	}
	for name := range flags {
		if name == "" || !known[name] {
			l.faults.add("--"+name, "is not a setting", "")
		}
	}
}
