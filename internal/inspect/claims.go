package inspect

import (
	"context"
	"errors"
	"slices"

	"gatehouse/internal/session"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// issuer asks whether it is ours, byte for byte.
func (l *inspection) issuer(context.Context) (Why, bool, error) {
	if l.failed(Form) {
		return "", false, nil
	}
	if text(l.Members["iss"]) != l.Report.Issuer {
		return OtherIss, true, nil
	}
	return "", true, nil
}

// addressed finds the API for which the token was made. It judges, unless the question names
// another one.
func (l *inspection) addressed(ctx context.Context) (err error) {
	if l.Kind != Access {
		return nil
	}
	if l.For, err = l.api(ctx, text(l.Members["aud"])); l.Audience == "" {
		l.API = l.For
	}
	return err
}

// audience asks whether the token is for the API that judges. Those for the token endpoint,
// and for apps, are for none.
func (l *inspection) audience(context.Context) (Why, bool, error) {
	switch {
	case l.failed(Form) || l.Kind != Access:
		return "", false, nil
	case l.API == nil:
		return NoAPI, true, nil
	case text(l.Members["aud"]) != l.API.Identifier:
		return OtherAud, true, nil
	}
	return "", true, nil
}

// time asks the clock.
func (l *inspection) time(context.Context) (Why, bool, error) {
	if l.failed(Form) {
		return "", false, nil
	}
	notBefore := int64(0)
	if !l.NotBefore.IsZero() {
		notBefore = l.NotBefore.Unix()
	}
	c := l.Claims
	err := l.Tokens.InTime(c.IssuedAt, c.Expires, notBefore)
	switch {
	case err == nil:
		return "", true, nil
	case errors.Is(err, token.ErrExpired):
		return Expired, true, nil
	case errors.Is(err, token.ErrEarly):
		return Early, true, nil
	case c.IssuedAt <= 0 || c.Expires <= 0:
		return Endless, true, nil
	}
	return NotYet, true, nil
}

// claims has package token look at all of the token again, so that nothing passes here that
// a verifier of ours refuses.
func (l *inspection) claims(ctx context.Context) (Why, bool, error) {
	if !l.Proved || l.Kind != Access {
		return "", false, nil
	}
	_, err := l.Tokens.AccessToAny(ctx, l.Token)
	_, refused := l.Fault()
	switch {
	case err == nil:
		return "", true, nil
	case !errors.Is(err, token.ErrInvalid):
		return "", false, err
	case refused: // for that reason, and it looks no further
		return "", false, nil
	}
	return Incomplete, true, nil
}

// session asks the record whether what the token stands on is still there.
func (l *inspection) session(ctx context.Context) (Why, bool, error) {
	if !l.Proved || !slices.Contains([]Kind{Access, Refresh, ID}, l.Kind) {
		return "", false, nil
	}
	c := l.Claims
	if l.Kind == ID {
		c.ClientID = c.Audience
	}
	if err := l.concerns(ctx, c); err != nil {
		return "", false, err
	}
	user, left, err := l.Sessions.Standing(ctx, c)
	l.Left = left
	if user.ID != 0 {
		l.Person = &user
	}
	return ending(err)
}

// ending returns the fault for an error of package session.
func ending(err error) (Why, bool, error) {
	for _, known := range []struct {
		err error
		why Why
	}{{session.ErrUserGone, UserGone}, {session.ErrUserInactive, UserInactive}, {session.ErrClientGone, ClientGone}, {session.ErrEnded, Ended}, {session.ErrInvalid, Mismatched}} {
		if errors.Is(err, known.err) {
			return known.why, true, nil
		}
	}
	return "", true, err
}

// concerns reads whom the token is about, as far as they are still there.
func (l *inspection) concerns(ctx context.Context, c token.Access) error {
	app, err := l.Apps.ClientByID(ctx, c.ClientID)
	if err == nil {
		l.App = &app
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) || c.SessionID == "" {
		return ignoreMissing(err)
	}
	record, user, err := l.Store.SessionWithUser(ctx, c.SessionID)
	if err == nil && user.Sub == c.Subject {
		l.Record, l.Person = &record, &user
	}
	return ignoreMissing(err)
}

func ignoreMissing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// scope asks whether the token has what the request needs.
func (l *inspection) scope(context.Context) (Why, bool, error) {
	if l.failed(Form) || l.Kind != Access || l.Needed == "" {
		return "", false, nil
	}
	switch {
	case !l.Needed.Within(l.Claims.Scope):
		return Lacking, true, nil
	case l.Proved && !l.failed(Session) && !l.Needed.Within(l.Left):
		return Withdrawn, true, nil
	}
	return "", true, nil
}
