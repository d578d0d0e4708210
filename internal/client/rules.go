package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/internal/session"
	"gatehouse/store"
)

const (
	maxNameLength = 100 // code points; the consent page shows the name
	maxURIs       = 20
	maxURIBytes   = 2000

	idTaken = "A client with that ID already exists."
)

var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$`)

// assignID gives c the ID that was sent, or a new one. The tokens of a client itself have
// its ID as their subject, so an ID must not look like a person (RFC 9068 §5): it must
// have neither the form of a person's sub nor be a person's username.
func (s *Service) assignID(ctx context.Context, c *store.Client, t fields.Text, faults *fields.Errors) error {
	readID(c, t, faults)
	if c.ID == "" || c.ID != t.Value {
		return nil
	}
	return s.checkNotUsername(ctx, c.ID, faults)
}

// readID is assignID without the check that needs the store.
func readID(c *store.Client, t fields.Text, faults *fields.Errors) {
	switch {
	case t.Problem != "":
		faults.Add("client_id", t.Problem)
	case !t.Sent || t.Value == "":
		c.ID = strings.ToLower(rand.Text())
	case !idForm.MatchString(t.Value):
		faults.Add("client_id", "An ID has 1 to 64 characters: letters, digits and . _ ~ - after the first.")
	case t.Value == session.AccountsID:
		faults.Add("client_id", idTaken)
	case uuid.Validate(t.Value) == nil:
		faults.Add("client_id", "An ID may not be a UUID: UUIDs identify people.")
	default:
		c.ID = t.Value
	}
}

func (s *Service) checkNotUsername(ctx context.Context, id string, faults *fields.Errors) error {
	_, err := s.DB.UserByName(ctx, names.Lookup(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("checking whether an ID is a person's name: %w", err)
	}
	faults.Add("client_id", "An ID may not be a person's name.")
	return nil
}

// MaxAccessTokenLifetime bounds a client's own access token lifetime, and also the
// server's setting for all clients.
const MaxAccessTokenLifetime = time.Hour

// longest is the longest life of a session, and of a refresh token unless the server's
// own settings say less.
const longest = 366 * 24 * time.Hour

// examine copies what was sent into c and adds a fault for each value, or combination
// of values, that is invalid.
func (s *Service) examine(c *store.Client, in Input, faults *fields.Errors) {
	for _, a := range s.attributes() {
		if a.set != nil {
			a.set(a.Name, c, in, faults)
		}
	}
	s.checkRedirect(c, faults)
}

func (s *Service) checkRedirect(c *store.Client, faults *fields.Errors) {
	for _, g := range s.Grants {
		if g.Redirected && slices.Contains(c.GrantTypes, g.Name) && len(c.RedirectURIs) == 0 && !faults.Has("redirect_uris") {
			faults.Add("redirect_uris", "The grant "+g.Name+" needs a redirect URI.")
		}
	}
}

func setName(to *string, name string, t fields.Text, faults *fields.Errors) {
	switch {
	case t.Problem != "":
		faults.Add(name, t.Problem)
	case !t.Sent:
	case strings.TrimSpace(t.Value) == "":
		faults.Add(name, fields.Blank)
	case strings.ContainsFunc(t.Value, unshowable) || fields.Surrogates(t.Value) != nil:
		faults.Add(name, "A name has no control characters and none that change the direction of writing.")
	default:
		*to = strings.TrimSpace(t.Value)
		faults.Add(name, fields.CharFaults(*to, maxNameLength)...)
	}
}

// unshowable reports characters that could make the name on a consent page look like
// another one.
func unshowable(r rune) bool { return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) }

// setOneOf sets one of a few words.
func setOneOf(words []string) func(*string, string, fields.Text, *fields.Errors) {
	return func(to *string, name string, t fields.Text, faults *fields.Errors) {
		switch {
		case t.Problem != "":
			faults.Add(name, t.Problem)
		case t.Sent && !slices.Contains(words, t.Value):
			faults.Add(name, "Choose "+fields.Or(words)+".")
		case t.Sent:
			*to = t.Value
		}
	}
}

func setFlag(to *bool, name string, f fields.Flag, faults *fields.Errors) {
	if f.Problem != "" {
		faults.Add(name, f.Problem)
	} else if f.Sent {
		*to = f.Value
	}
}

func (s *Service) setGrants(c *store.Client, in Input, faults *fields.Errors) {
	l := in.GrantTypes
	if l.Problem != "" {
		faults.Add("grant_types", l.Problem)
		return
	}
	if l.Sent {
		c.GrantTypes = distinct(l.Values)
	}
	known := s.Grants.Names()
	if slices.ContainsFunc(c.GrantTypes, func(name string) bool { return !slices.Contains(known, name) }) {
		faults.Add("grant_types", "Choose from "+strings.Join(known, ", ")+".")
		return
	}
	for _, g := range s.Grants {
		if g.Confidential && c.Public() && slices.Contains(c.GrantTypes, g.Name) {
			faults.Add("grant_types", "A public client cannot have the grant "+g.Name+".")
		}
	}
}

func setScope(to *string, name string, t fields.Text, faults *fields.Errors) {
	scope := authz.Scope(t.Value)
	switch {
	case t.Problem != "":
		faults.Add(name, t.Problem)
	case !t.Sent:
	case !scope.Within(authz.AllScopes):
		faults.Add(name, "Choose from "+string(authz.AllScopes)+".")
	default:
		*to = strings.Join(distinct(scope.Tokens()), " ")
	}
}

// setURIs sets a list of URIs to which we add the parameters ours.
func setURIs(ours []string) func(*[]string, string, fields.List, *fields.Errors) {
	return func(to *[]string, name string, l fields.List, faults *fields.Errors) {
		if l.Problem != "" {
			faults.Add(name, l.Problem)
			return
		}
		if !l.Sent {
			return
		}
		*to = distinct(l.Values)
		if len(*to) > maxURIs {
			faults.Add(name, fmt.Sprintf("There may be no more than %d.", maxURIs))
		}
		for _, uri := range *to {
			if fault := cmp.Or(redirectFault(uri), answerFault(uri, ours)); fault != "" {
				faults.Add(name, fmt.Sprintf("%.100q: %s", uri, fault))
			}
		}
	}
}

// setURI sets one URI, or none, if fault returns "" for it.
func setURI(fault func(string) string) func(*string, string, fields.Text, *fields.Errors) {
	return func(to *string, name string, t fields.Text, faults *fields.Errors) {
		switch {
		case t.Problem != "":
			faults.Add(name, t.Problem)
		case !t.Sent:
		case t.Value != "" && fault(t.Value) != "":
			faults.Add(name, fault(t.Value))
		default:
			*to = t.Value
		}
	}
}

// A bound is the longest lifetime allowed, and the reason if it is not obvious.
type bound struct {
	is  time.Duration
	why string
}

func (s *Service) maxRefreshIdle() bound {
	if s.MaxRefreshIdle > 0 && s.MaxRefreshIdle < longest {
		return bound{s.MaxRefreshIdle, " (GATEHOUSE_REFRESH_TOKEN_LIFETIME: no refresh token outlives the key that signed it)"}
	}
	return bound{is: longest}
}

// setLifetime sets a lifetime of at most most.
func setLifetime(most bound) func(*time.Duration, string, fields.Number, *fields.Errors) {
	const least = time.Minute
	return func(to *time.Duration, name string, n fields.Number, faults *fields.Errors) {
		switch {
		case n.Problem != "":
			faults.Add(name, n.Problem)
		case !n.Sent:
		case n.Value != 0 && (n.Value < int64(least/time.Second) || n.Value > int64(most.is/time.Second)):
			faults.Add(name, fmt.Sprintf("Give a number of seconds from %d to %d%s, or 0 for the default.", int64(least/time.Second), int64(most.is/time.Second), most.why))
		default:
			*to = time.Duration(n.Value) * time.Second
		}
	}
}

// MaxSessions is the highest bound of the sessions of one person in one client.
const MaxSessions = 10_000

func setMaxSessions(to *int, name string, n fields.Number, faults *fields.Errors) {
	switch {
	case n.Problem != "":
		faults.Add(name, n.Problem)
	case !n.Sent:
	case n.Value < -1 || n.Value > MaxSessions:
		faults.Add(name, fmt.Sprintf("Give a number from 1 to %d, 0 for the server's setting, or -1 for any number.", MaxSessions))
	default:
		*to = int(n.Value)
	}
}

func distinct(values []string) []string {
	kept := []string{}
	for _, v := range values {
		if !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	return kept
}
