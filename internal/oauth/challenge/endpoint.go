package challenge

import (
	"context"
	"encoding/json"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/factor"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// Path is the path of the endpoint.
const Path = "/oauth/challenge"

// An Endpoint is the authorization challenge endpoint.
type Endpoint struct {
	Clients interface {
		Fresh(ctx context.Context, id string) (store.Client, error)
	}
	APIs interface {
		Grant(ctx context.Context, client store.Client, asked apis.Asked) (apis.Grant, error)
	}
	People interface {
		CheckPassword(ctx context.Context, name, password string, method signin.Method) (signin.Proof, error)
	}
	Factors interface {
		Check(ctx context.Context, u store.User, method signin.Method, a factor.Answer) (signin.Factor, error)
		Begin(ctx context.Context, proof signin.Proof, clientID string, onward []byte) (token string, err error)
		Waiting(ctx context.Context, token, clientID string) (factor.Waiting, error)
		Answer(ctx context.Context, w factor.Waiting, a factor.Answer) (signin.Proof, error)
	}
	Passkeys interface {
		On() bool
		Ask(ctx context.Context, clientID string) (json.RawMessage, error)
		Answered(ctx context.Context, clientID string, method signin.Method, answer []byte) (signin.Proof, error)
	}
	DB interface {
		AddChallenge(ctx context.Context, c store.Challenge, at time.Time, most int) error
		ChallengeByDigest(ctx context.Context, d store.Digest, at time.Time) (store.Challenge, error)
		MissChallenge(ctx context.Context, d store.Digest) (int, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	Limits interface {
		Ceremony(ctx context.Context) error
	}
	Now func() time.Time
}
