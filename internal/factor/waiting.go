package factor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

const (
	// kindSignIn is the kind of the challenges here.
	kindSignIn = "signin"
	// WaitingFor is how long a sign-in waits for its factor.
	WaitingFor = 5 * time.Minute
	// maxTries is how many codes may be tried at one waiting sign-in. After that, the
	// password has to be entered again.
	maxTries = 5
	// maxWaiting is how many sign-ins of one person may wait at once. Only somebody who
	// knows the password can begin one.
	maxWaiting = 50
)

// A Waiting is a sign-in that lacks a factor. It is given to one client, or to a browser
// at our own pages, and is used up when its proof is honoured.
type Waiting struct {
	// Proof is that of the password. It uses the waiting sign-in up.
	Proof signin.Proof
	// Onward is what the caller left to be able to go on.
	Onward []byte

	digest store.Digest
}

// content is a Waiting as it is kept.
type content struct {
	SignIn  store.SignIn  `json:"signin"`
	Method  signin.Method `json:"method"`
	NewHash string        `json:"new_hash,omitempty"`
	Stolen  *bool         `json:"stolen,omitempty"`
	Lacks   signin.Lack   `json:"lacks"`
	Onward  []byte        `json:"onward,omitempty"`
}

// Begin keeps a proof that lacks something, and returns the name under which it waits:
// 256 random bits. ClientID is the client that may go on with it, empty for our own pages.
// It returns a *throttle.Limited if too many sign-ins of the person wait.
func (s *Service) Begin(ctx context.Context, proof signin.Proof, clientID string, onward []byte) (token string, err error) {
	kept, err := json.Marshal(content{proof.SignIn, proof.Method, proof.NewHash, proof.Stolen, proof.Lacks, onward})
	if err != nil {
		return "", fmt.Errorf("encoding a waiting sign-in: %w", err)
	}
	token = secret.New()
	now := s.Now()
	err = s.DB.AddChallenge(ctx, store.Challenge{
		Digest: store.DigestOf(token), Kind: kindSignIn, UserID: proof.User.ID, ClientID: clientID, Generation: proof.User.Generation,
		Content: kept, CreatedAt: now, ExpiresAt: now.Add(WaitingFor),
	}, now, maxWaiting)
	if errors.Is(err, store.ErrFull) {
		return "", &throttle.Limited{RetryAfter: WaitingFor}
	}
	if err != nil {
		return "", fmt.Errorf("keeping a waiting sign-in: %w", err)
	}
	return token, nil
}

// Waiting returns the sign-in that waits under a name for this client, or ErrGone.
func (s *Service) Waiting(ctx context.Context, token, clientID string) (Waiting, error) {
	digest := store.DigestOf(token)
	c, err := s.DB.ChallengeByDigest(ctx, digest, s.Now())
	if errors.Is(err, store.ErrNotFound) || err == nil && (c.Kind != kindSignIn || c.ClientID != clientID || c.Misses >= maxTries) {
		return Waiting{}, ErrGone
	}
	if err != nil {
		return Waiting{}, fmt.Errorf("reading a waiting sign-in: %w", err)
	}
	u, err := s.DB.UserByID(ctx, c.UserID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!u.Active || u.Generation != c.Generation) {
		return Waiting{}, ErrGone
	}
	if err != nil {
		return Waiting{}, fmt.Errorf("reading the person of a waiting sign-in: %w", err)
	}
	w, err := s.waiting(c, u)
	if err == nil && s.Notice != nil {
		w.Proof.Notice = s.Notice(ctx, u, w.Proof.Method)
	}
	return w, err
}

func (s *Service) waiting(c store.Challenge, u store.User) (Waiting, error) {
	var kept content
	if err := json.Unmarshal(c.Content, &kept); err != nil {
		return Waiting{}, fmt.Errorf("decoding a waiting sign-in: %w", err)
	}
	take := func(tx store.Tx, at time.Time) error {
		taken, err := tx.TakeChallenge(c.Digest, at)
		return once(taken, err)
	}
	return Waiting{
		Proof: signin.Proof{
			User: u, SignIn: kept.SignIn, Method: kept.Method, NewHash: kept.NewHash, Stolen: kept.Stolen, Lacks: kept.Lacks, Uses: []signin.Use{take},
		},
		Onward: kept.Onward, digest: c.Digest,
	}, nil
}

// Answer checks the factor for which a sign-in waits, and returns the complete proof. A
// try is counted before it is looked at, at the waiting sign-in and by the person. The
// errors are ErrWrong, ErrGone after too many tries, and *throttle.Limited.
func (s *Service) Answer(ctx context.Context, w Waiting, a Answer) (signin.Proof, error) {
	tries, err := s.DB.MissChallenge(ctx, w.digest)
	if err != nil {
		return signin.Proof{}, fmt.Errorf("counting a try: %w", err)
	}
	if tries == 0 || tries > maxTries {
		return signin.Proof{}, ErrGone
	}
	found, err := s.Check(ctx, w.Proof.User, w.Proof.Method, a)
	if errors.Is(err, ErrWrong) && tries == maxTries {
		s.guessed(ctx, w.Proof.User)
		return signin.Proof{}, fmt.Errorf("%w: %w", ErrGone, err)
	}
	if err != nil {
		return signin.Proof{}, err
	}
	return w.Proof.With(found, s.Now()), nil
}
