package challenge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/factor"
	"gatehouse/internal/secret"
	"gatehouse/store"
)

const (
	// kind is the kind of the challenges here: sign-ins that lack the first factor. Those
	// that lack the second are package factor's.
	kind = "app"
	// life is how long an auth_session is good.
	life = 5 * time.Minute
	// maxTries is how many answers an auth_session takes.
	maxTries = 5
)

// keep begins an auth_session that lacks the first factor, and returns its name.
func (e *Endpoint) keep(ctx context.Context, req *request) (string, error) {
	content, err := json.Marshal(req.asked)
	if err != nil {
		return "", fmt.Errorf("encoding what an app asked for: %w", err)
	}
	token, now := secret.New(), e.Now()
	err = e.DB.AddChallenge(ctx, store.Challenge{
		Digest: store.DigestOf(token), Kind: kind, ClientID: req.client.ID, Content: content, CreatedAt: now, ExpiresAt: now.Add(life),
	}, now, 0)
	if err != nil {
		return "", fmt.Errorf("keeping an auth_session: %w", err)
	}
	return token, nil
}

// find returns what waits under an auth_session: a sign-in that lacks the first factor, in
// req, or one that lacks the second. It returns errGone for any other name.
func (e *Endpoint) find(ctx context.Context, req *request, token string) (*factor.Waiting, error) {
	digest := store.DigestOf(token)
	found, err := e.DB.ChallengeByDigest(ctx, digest, e.Now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, errGone
	case err != nil:
		return nil, fmt.Errorf("reading an auth_session: %w", err)
	case found.Kind == kind && (found.ClientID != req.client.ID || found.Misses >= maxTries):
		return nil, errGone
	case found.Kind == kind:
		req.digest, req.begun = digest, true
		return nil, e.read(ctx, req, found.Content)
	}
	w, err := e.Factors.Waiting(ctx, token, req.client.ID)
	if errors.Is(err, factor.ErrGone) {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	return &w, e.read(ctx, req, w.Onward)
}

// count counts an answer at the auth_session before it is looked at. It returns errGone
// after too many.
func (e *Endpoint) count(ctx context.Context, req *request) error {
	if !req.begun {
		return nil
	}
	tries, err := e.DB.MissChallenge(ctx, req.digest)
	if err != nil {
		return fmt.Errorf("counting an answer: %w", err)
	}
	if tries == 0 || tries > maxTries {
		return errGone
	}
	return nil
}
