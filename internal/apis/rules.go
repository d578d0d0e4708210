package apis

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/attribute"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

const (
	// MaxAPIs bounds the number of APIs, beside our own.
	MaxAPIs = 1000
	// MaxAccessTokenLifetime bounds the life of access tokens, whoever sets it.
	MaxAccessTokenLifetime = time.Hour

	maxClients = 100 // on each list of an API

	idTaken         = "An API with that ID already exists."
	identifierTaken = "An API with that identifier already exists."
)

var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$`)

// assign gives a new API the ID that was sent, or a new one, and its identifier.
func (s *Service) assign(a *store.API, in Input, faults *fields.Errors) {
	switch t := in.ID; {
	case t.Problem != "":
		faults.Add("id", t.Problem)
	case !t.Sent || t.Value == "":
		a.ID = strings.ToLower(rand.Text())
	case !idForm.MatchString(t.Value):
		faults.Add("id", "An ID has 1 to 64 characters: letters, digits and . _ ~ - after the first.")
	case t.Value == store.OwnAPI || t.Value == "new": // the page that makes one has that path
		faults.Add("id", idTaken)
	default:
		a.ID = t.Value
	}
	s.identify(a, in.Identifier, faults)
}

func (s *Service) identify(a *store.API, t fields.Text, faults *fields.Errors) {
	var err error
	switch {
	case t.Problem != "":
		faults.Add("identifier", t.Problem)
	case !t.Sent:
		faults.Add("identifier", fields.Required)
	default:
		if a.Identifier, err = Canonical(t.Value); err != nil {
			faults.Add("identifier", err.Error())
		} else if s.isOurs(a.Identifier) {
			faults.Add("identifier", "The identifier is ours: it is the issuer, lies under it, or is the audience of our own API.")
		}
	}
}

// isOurs reports whether an identifier could be taken for us: tokens, and the assertions of
// clients, name the issuer and addresses under it as their audience.
func (s *Service) isOurs(identifier string) bool {
	if own, err := Canonical(s.Audience); identifier == s.Audience || err == nil && identifier == own {
		return true
	}
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return false
	}
	u, err := url.Parse(identifier)
	if err != nil || u.Scheme != issuer.Scheme || host(u) != host(issuer) {
		return false
	}
	above := strings.TrimSuffix(issuer.Path, "/")
	return u.Path == above || strings.HasPrefix(u.Path, above+"/")
}

// host returns the host of a URL with its port, which may be the scheme's own.
func host(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + " " + port
}

// setListed sets the clients of an API whose rule is "listed", and empties the list under
// every other rule, so that nothing forgotten comes into force again later.
func setListed(a *store.API, in Input, faults *fields.Errors) {
	l := in.ListedClients
	setClientIDs(&a.ListedClients, "listed_clients", l, faults)
	if a.Clients == store.ClientsListed {
		return
	}
	a.ListedClients = nil
	if len(l.Values) > 0 && !faults.Has("clients") {
		faults.Add("listed_clients", "Only an API whose clients are "+store.ClientsListed+" has such a list.")
	}
}

func setClientIDs(to *[]string, name string, l fields.List, faults *fields.Errors) {
	switch {
	case l.Problem != "":
		faults.Add(name, l.Problem)
	case len(l.Values) > maxClients:
		faults.Add(name, fmt.Sprintf("There may be no more than %d.", maxClients))
	case l.Sent:
		*to = attribute.Distinct(l.Values)
	}
}

// checkClients locks the clients on the lists of an API, and adds a fault for each that
// does not exist, or may not be there.
func checkClients(tx store.Tx, a store.API, faults *fields.Errors) error {
	all := slices.Concat(a.ListedClients, a.IntrospectionClients)
	slices.Sort(all) // the same order as every other writer
	for _, id := range slices.Compact(all) {
		c, err := tx.LockClient(id)
		unknown := errors.Is(err, store.ErrNotFound)
		if err != nil && !unknown {
			return err
		}
		if unknown && slices.Contains(a.ListedClients, id) {
			faults.Add("listed_clients", fmt.Sprintf("No app has the ID %.100q.", id))
		}
		switch {
		case !slices.Contains(a.IntrospectionClients, id):
		case unknown:
			faults.Add("introspection_clients", fmt.Sprintf("No app has the ID %.100q.", id))
		case c.Public():
			faults.Add("introspection_clients", fmt.Sprintf("The app %.100q is public: it cannot prove who it is.", id))
		}
	}
	return nil
}
