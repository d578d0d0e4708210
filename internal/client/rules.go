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

	"github.com/google/uuid"

	"gatehouse/internal/apis"
	"gatehouse/internal/attribute"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/internal/session"
	"gatehouse/store"
)

const (
	maxURIs     = 20
	maxURIBytes = 2000

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
const MaxAccessTokenLifetime = apis.MaxAccessTokenLifetime

// longest is the longest life of a session, and of a refresh token unless the server's
// own settings say less.
const longest = 366 * 24 * time.Hour

// examine copies what was sent into c and adds a fault for each value, or combination
// of values, that is invalid. The client holds some scopes already; all is every API.
func (s *Service) examine(c *store.Client, in Input, held string, all []store.API, faults *fields.Errors) {
	attribute.Examine(s.attributes(), c, in, faults)
	setScope(c, in.Scope, held, all, faults)
	checkIDTokenClaims(c, in.IDTokenClaims, faults)
	s.checkRedirect(c, faults)
	s.checkFirstParty(c, faults)
	checkRefreshAlg(c, faults)
	checkOrigin(*c, s.Grants, faults)
}

// checkIDTokenClaims refuses scopes that the client cannot be granted, because they would do
// nothing. One that stays behind when the scope is narrowed is harmless.
func checkIDTokenClaims(c *store.Client, sent fields.List, faults *fields.Errors) {
	if !sent.Sent || faults.Has("scope") || faults.Has("id_token_claims") {
		return
	}
	for _, token := range c.IDTokenClaims {
		if !authz.Scope(c.Scope).Has(token) {
			faults.Add("id_token_claims", "The app cannot be granted the scope "+token+": it is not in its scope.")
		}
	}
}

func (s *Service) checkRedirect(c *store.Client, faults *fields.Errors) {
	for _, g := range s.Grants {
		if g.Redirected && slices.Contains(c.GrantTypes, g.Name) && len(c.RedirectURIs) == 0 && !faults.Has("redirect_uris") {
			faults.Add("redirect_uris", "The grant "+g.Name+" needs a redirect URI.")
		}
	}
}

// checkFirstParty refuses grants that are not for the apps of others.
func (s *Service) checkFirstParty(c *store.Client, faults *fields.Errors) {
	for _, g := range s.Grants {
		if g.FirstParty && !c.FirstParty && slices.Contains(c.GrantTypes, g.Name) && !faults.Has("grant_types") {
			faults.Add("grant_types", "The grant "+g.Name+" is for first-party apps: it gives the app people's passwords.")
		}
	}
}

func (s *Service) setGrants(c *store.Client, in Input, faults *fields.Errors) {
	l := in.GrantTypes
	if l.Problem != "" {
		faults.Add("grant_types", l.Problem)
		return
	}
	if l.Sent {
		c.GrantTypes = attribute.Distinct(l.Values)
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
		*to = attribute.Distinct(l.Values)
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

func (s *Service) maxRefreshIdle() attribute.Bound {
	if s.MaxRefreshIdle > 0 && s.MaxRefreshIdle < longest {
		return attribute.Bound{Is: s.MaxRefreshIdle, Why: " (GATEHOUSE_REFRESH_TOKEN_LIFETIME: no refresh token outlives the key that signed it)"}
	}
	return attribute.Bound{Is: longest}
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
