package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/attribute"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// idTokenAlg is the member of RFC 7591's registry (OpenID Connect Dynamic Client Registration
// 1.0 §2).
const idTokenAlg = "id_token_signed_response_alg"

// byDefault is what signs for a client that does not say.
func byDefault() store.SigningChoice { return store.SigningChoice{Alg: store.RS256} }

// supported returns the algorithms that an app may choose itself: those in the metadata. A
// stranger brings no new one about.
func (s *Service) supported(ctx context.Context, t fields.Text) ([]string, error) {
	if !t.Sent || t.Value == store.RS256 {
		return []string{store.RS256}, nil
	}
	all, err := s.Keys.Algorithms(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the algorithms of the keys: %w", err)
	}
	return all, nil
}

// signsFrom is attribute.SignsFrom for an app that chooses itself, of those supported.
func (s *Service) signsFrom(ctx context.Context, actor string, t fields.Text, supported []string) (from time.Time, err error) {
	chosen, faults := byDefault().Alg, &fields.Errors{}
	if setSupported(&chosen, t, supported, faults); faults.Has(idTokenAlg) {
		return time.Time{}, nil // refused later
	}
	return attribute.SignsFrom(ctx, s.Keys, actor, fields.Given(chosen))
}

// setSupported sets the algorithm of ID tokens to one of those supported.
func setSupported(to *string, t fields.Text, supported []string, faults *fields.Errors) {
	chosen, bad := *to, &fields.Errors{}
	attribute.SetSigningAlg(&chosen, idTokenAlg, t, bad)
	switch {
	case bad.Err() == nil && slices.Contains(supported, chosen):
		*to = chosen
	case len(supported) == 1:
		faults.Add(idTokenAlg, "Only "+supported[0]+" is supported.")
	default:
		faults.Add(idTokenAlg, "Only "+strings.Join(supported, ", ")+" are supported.")
	}
}
