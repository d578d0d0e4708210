package config

import (
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/suggest"
)

// testPrefix is the prefix of the variables that the project's own tests read.
const testPrefix = prefix + "TEST_"

// kubernetes matches the variables that Kubernetes sets in every container for a
// service named "gatehouse" or "gatehouse-…".
var kubernetes = regexp.MustCompile(`^GATEHOUSE_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_.+)?)$`)

func (l *loader) fromEnvironment(from Sources) {
	if from.Env != nil {
		for _, s := range l.settings {
			l.offer(s, variable(from, s.Env), variable(from, s.FileEnv))
		}
	}
	if from.Environ != nil {
		l.unknownVariables(from.Environ())
	}
}

// variable returns the value of a variable, or nil. A blank variable counts as unset,
// because that is what ${NAME:-} in a compose file makes of a missing one.
func variable(from Sources, name string) *given {
	if name == "" {
		return nil
	}
	text, ok := from.Env(name)
	if !ok || strings.TrimSpace(text) == "" {
		return nil
	}
	return &given{text: text, origin: name}
}

// unknownVariables reports variables with our prefix that are not settings. Without
// it, a misspelt setting would silently keep its default.
func (l *loader) unknownVariables(environ []string) {
	var known []string
	for _, s := range l.settings {
		known = append(known, s.Env)
		if s.Secret {
			known = append(known, s.FileEnv)
		}
	}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		ours := strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, testPrefix) && !kubernetes.MatchString(name)
		if ours && !slices.Contains(known, name) {
			l.faults.add(name, "is not a setting"+suggest.Question(name, known), "")
		}
	}
}
