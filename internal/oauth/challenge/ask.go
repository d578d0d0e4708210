package challenge

import (
	"context"

	"gatehouse/internal/factor"
	"gatehouse/internal/oauth"
	"gatehouse/store"
)

// ask asks for a first factor, in the same words for every name. Each call leaves an
// auth_session and the challenge of a passkey, so a network gets only so many.
func (e *Endpoint) ask(ctx context.Context, req *request, wrong bool) (a Answer, err error) {
	if err := e.Limits.Ceremony(ctx); err != nil {
		return Answer{}, err
	}
	a = refuse(oauth.InsufficientAuthorization, wrong)
	if a.AuthSession, err = e.keep(ctx, req); err != nil {
		return Answer{}, err
	}
	a.ExpiresIn = int(life.Seconds())
	a.Next = []Parameter{Password}
	return e.offerPasskey(ctx, req, a)
}

// askFactor asks for a second factor that the person has. A passkey takes the place of both.
func (e *Endpoint) askFactor(ctx context.Context, req *request, u store.User, token string, wrong bool) (Answer, error) {
	a := refuse(oauth.InsufficientAuthorization, wrong)
	a.AuthSession, a.ExpiresIn = token, int(factor.WaitingFor.Seconds())
	if u.Factors.Has(store.FactorTOTP) {
		a.Next = append(a.Next, OTP)
	}
	if u.Factors.Has(store.FactorRecovery) {
		a.Next = append(a.Next, RecoveryCode)
	}
	if !u.Factors.Has(store.FactorPasskey) {
		return a, nil
	}
	return e.offerPasskey(ctx, req, a)
}

// offerPasskey adds the options of a passkey to an answer.
func (e *Endpoint) offerPasskey(ctx context.Context, req *request, a Answer) (Answer, error) {
	if !e.Passkeys.On() {
		return a, nil
	}
	options, err := e.Passkeys.Ask(ctx, req.client.ID)
	if err != nil {
		return Answer{}, err
	}
	a.Next, a.Passkey = append(a.Next, Passkey), options
	return a, nil
}
