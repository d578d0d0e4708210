package apis

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"gatehouse/internal/attribute"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

const (
	maxScopes           = 100
	maxNameBytes        = 100
	maxDescription      = 200 // code points
	maxScopesBytes      = 32 << 10
	scopesAreRecords    = "Expected a list of objects with a name, a description and perhaps sensitive, which is true or false."
	reservedScope       = "The name is reserved for a scope of Gatehouse or of OpenID Connect."
	scopeHasOnlyTheseIn = "A name has visible ASCII characters, but no \", \\ and #."
)

// scopeName is a scope-token (RFC 6749 §3.3) without the separator.
var scopeName = regexp.MustCompile(`^[!$-\[\]-~]+$`)

// Scopes are the scopes of an API in requests, answers and the audit log.
type Scopes []store.APIScope

type scope struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Sensitive   bool   `json:"sensitive"`
}

// MarshalJSON writes a list of objects.
func (s Scopes) MarshalJSON() ([]byte, error) {
	list := make([]scope, len(s))
	for i, of := range s {
		list[i] = scope(of)
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads a list of objects.
func (s *Scopes) UnmarshalJSON(text []byte) error {
	var list []scope
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*s = make(Scopes, len(list))
	for i, of := range list {
		(*s)[i] = store.APIScope(of)
	}
	return nil
}

// Recorded returns the scopes as the audit log has them.
func (s *Scopes) Recorded() string {
	list := make([]string, len(*s))
	for i, of := range *s {
		list[i] = of.Name + "=" + of.Description
		if of.Sensitive {
			list[i] = of.Name + " (sensitive)=" + of.Description
		}
	}
	return strings.Join(list, "; ")
}

// String returns a line for each scope.
func (s *Scopes) String() string {
	lines := make([]string, len(*s))
	for i, of := range *s {
		lines[i] = of.Name + ": " + of.Description
		if of.Sensitive {
			lines[i] += " (sensitive)"
		}
	}
	return strings.Join(lines, "\n")
}

// ScopesOf returns scopes as a caller sends them.
func ScopesOf(scopes ...store.APIScope) fields.Text {
	text, err := json.Marshal(Scopes(scopes))
	if err != nil {
		return fields.Text{Sent: true, Problem: scopesAreRecords}
	}
	return fields.Given(string(text))
}

func setScopes(to *Scopes, name string, t fields.Text, faults *fields.Errors) {
	var sent Scopes
	switch {
	case t.Problem != "":
		faults.Add(name, scopesAreRecords)
	case !t.Sent:
	case len(t.Value) > maxScopesBytes:
		faults.Add(name, fmt.Sprintf("There may be no more than %d bytes of them.", maxScopesBytes))
	case json.Unmarshal([]byte(t.Value), &sent) != nil:
		faults.Add(name, scopesAreRecords)
	case len(sent) == 0:
		faults.Add(name, "Name at least one scope: apps are granted nothing else of an API.")
	case len(sent) > maxScopes:
		faults.Add(name, fmt.Sprintf("There may be no more than %d.", maxScopes))
	default:
		faults.Add(name, scopeFaults(sent)...)
		*to = sent
	}
}

// scopeFaults also removes white space around descriptions.
func scopeFaults(sent Scopes) (faults []string) {
	seen := map[string]bool{}
	for i := range sent {
		s := &sent[i]
		s.Description = strings.TrimSpace(s.Description)
		if fault := scopeFault(s.Name, seen); fault != "" {
			faults = append(faults, fmt.Sprintf("%.100q: %s", s.Name, fault))
		}
		for _, fault := range attribute.LineFaults(s.Description, maxDescription) {
			faults = append(faults, fmt.Sprintf("The description of %.100q: %s", s.Name, fault))
		}
		seen[s.Name] = true
	}
	return faults
}

func scopeFault(name string, seen map[string]bool) string {
	switch {
	case !scopeName.MatchString(name):
		return scopeHasOnlyTheseIn
	case len(name) > maxNameBytes:
		return fmt.Sprintf("A name has no more than %d bytes.", maxNameBytes)
	case authz.AllScopes.Has(name):
		return reservedScope
	case seen[name]:
		return "Each name is given once."
	}
	return ""
}
