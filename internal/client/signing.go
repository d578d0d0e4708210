package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/attribute"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// idTokenAlg is the member of RFC 7591's registry (OpenID Connect Dynamic Client Registration
// 1.0 §2).
const idTokenAlg = "id_token_signed_response_alg"

// refreshAlg is not in that registry, because refresh tokens are nobody's but ours to read. So
// an app cannot choose it itself.
const refreshAlg = "refresh_token_alg"

// byDefault is what signs for a client that does not say.
func byDefault() store.SigningChoice { return store.SigningChoice{Alg: store.RS256} }

// beginnings are when the algorithms sign that were chosen; zero: at once.
type beginnings struct{ ofID, ofRefresh time.Time }

// begin makes sure that there are keys of the algorithms that an administrator sent.
func (s *Service) begin(ctx context.Context, actor authz.Actor, in Input) (from beginnings, err error) {
	if from.ofID, err = attribute.SignsFrom(ctx, s.Keys, actor.String(), in.IDTokenAlg, store.SigningAlgorithms()); err != nil {
		return from, err
	}
	from.ofRefresh, err = attribute.SignsFrom(ctx, s.Keys, actor.String(), in.RefreshAlg, store.RefreshAlgorithms())
	return from, err
}

// settle records what signs for a client that was changed, and from when.
func (b beginnings) settle(is *store.Client, was store.Client) {
	is.IDTokenSigning = is.IDTokenSigning.Instead(was.IDTokenSigning, b.ofID, is.UpdatedAt)
	is.RefreshSigning = is.RefreshSigning.Instead(was.RefreshSigning, b.ofRefresh, is.UpdatedAt)
}

// checkRefreshAlg keeps RS256 for apps that keep their first refresh token: theirs are those of
// the application that we replaced.
func checkRefreshAlg(c *store.Client, faults *fields.Errors) {
	if c.Rotation == store.RotationAdopted && c.RefreshSigning.Alg == store.Ed25519 && !faults.Has(refreshAlg) {
		faults.Add(refreshAlg, "With the rotation "+store.RotationAdopted+", only "+store.RS256+" is supported.")
	}
}

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
func (s *Service) signsFrom(ctx context.Context, actor string, t fields.Text, supported []string) (from beginnings, err error) {
	chosen, faults := byDefault().Alg, &fields.Errors{}
	if setSupported(&chosen, t, supported, faults); faults.Has(idTokenAlg) {
		return from, nil // refused later
	}
	from.ofID, err = attribute.SignsFrom(ctx, s.Keys, actor, fields.Given(chosen), supported)
	return from, err
}

// setSupported sets the algorithm of ID tokens to one of those supported.
func setSupported(to *string, t fields.Text, supported []string, faults *fields.Errors) {
	chosen, bad := *to, &fields.Errors{}
	attribute.SetSigningAlg(store.SigningAlgorithms())(&chosen, idTokenAlg, t, bad)
	switch {
	case bad.Err() == nil && slices.Contains(supported, chosen):
		*to = chosen
	case len(supported) == 1:
		faults.Add(idTokenAlg, "Only "+supported[0]+" is supported.")
	default:
		faults.Add(idTokenAlg, "Only "+strings.Join(supported, ", ")+" are supported.")
	}
}
