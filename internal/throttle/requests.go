package throttle

import (
	"context"

	"gatehouse/store"
)

// SignUp takes a slot for one new account, before its password is hashed. It returns a
// *Limited if the try comes too early.
func (l *Limiter) SignUp(ctx context.Context) (*Attempt, error) {
	return l.start(ctx, "signup", l.Rules.SignUp)
}

// Registration takes a slot for one app that registers itself. It returns a *Limited if
// there were too many.
func (l *Limiter) Registration(ctx context.Context) (*Attempt, error) {
	return l.start(ctx, "registration", l.Rules.Registration)
}

// Mail takes a slot for one mail of that purpose that somebody asked for, in each network
// that the request comes from and for the address. It returns a *Limited if there were too
// many. The address, as a key (names.Email), may be anybody's or nobody's.
func (l *Limiter) Mail(ctx context.Context, purpose, address string) (*Attempt, error) {
	a, err := l.start(ctx, "mail", l.Rules.MailNetwork)
	if err != nil {
		return nil, err
	}
	s := slot{key: keyOf("mail", "to", purpose, address), rule: l.Rules.Mail}
	d, err := l.take(ctx, &s, a.slots...)
	if err == nil && !d.Allowed {
		err = l.refuse("mail_address", d.RetryAfter)
	}
	if err != nil {
		a.Abandoned(ctx)
		return nil, err
	}
	a.slots = append(a.slots, s)
	return a, nil
}

// UserCode takes a slot for one device code that a person typed, before the code is
// looked up. The caller gives the slot of a right code back (Attempt.Abandoned).
func (l *Limiter) UserCode(ctx context.Context) (*Attempt, error) {
	return l.start(ctx, "user_code", l.Rules.UserCode)
}

// Document takes a slot for one fetch of a document that describes a client, before the
// fetch, in the network and for what is fetched. The caller gives the slots of a good
// document back (Attempt.Abandoned).
func (l *Limiter) Document(ctx context.Context, at string) (*Attempt, error) {
	a := &Attempt{limiter: l}
	for _, key := range []store.Digest{keyOf("document", "from", siteOf(ctx)), keyOf("document", "at", at)} {
		s := slot{key: key, rule: l.Rules.Document}
		d, err := l.take(ctx, &s, a.slots...)
		if err == nil && !d.Allowed {
			err = l.refuse("document", d.RetryAfter)
		}
		if err != nil {
			a.Abandoned(ctx)
			return nil, err
		}
		a.slots = append(a.slots, s)
	}
	l.observe("document", true)
	return a, nil
}

// NewDocument counts one document that nobody had asked for before.
func (l *Limiter) NewDocument(ctx context.Context) error {
	d, err := l.take(ctx, &slot{key: keyOf("document", "new", siteOf(ctx)), rule: l.Rules.NewDocument})
	if err != nil {
		return err
	}
	return l.decide("document_new", d)
}

// Ceremony counts one sign-in with a passkey that begins, or one that an app begins without
// a browser. Each leaves a record behind for a few minutes, whoever asks.
func (l *Limiter) Ceremony(ctx context.Context) error {
	d, err := l.take(ctx, &slot{key: keyOf("network", "ceremony", networkOf(ctx)), rule: l.Rules.Network})
	if err != nil {
		return err
	}
	return l.decide("ceremony", d)
}

// Failure counts one failure that has happened, at id (a client, a session), and returns
// a *Limited once there were too many. Successes are not counted.
//
// The network is charged first, because the ID may be made up: a caller that names
// another one each time would leave a count behind with every request.
func (l *Limiter) Failure(ctx context.Context, kind, id string) error {
	ctx = context.WithoutCancel(ctx) // a caller that hangs up has failed all the same
	network := networkOf(ctx)
	first := slot{key: keyOf("network", kind, network), rule: l.Rules.Network}
	d, err := l.take(ctx, &first)
	if err == nil && d.Allowed {
		d, err = l.take(ctx, &slot{key: keyOf(kind, id, network), rule: l.Rules.Failure}, first)
	}
	if err != nil {
		return err
	}
	return l.decide(kind, d)
}

// start takes a slot in each network that the request comes from, or none.
func (l *Limiter) start(ctx context.Context, kind string, r store.Rule) (*Attempt, error) {
	a := &Attempt{limiter: l}
	for _, n := range networksOf(ctx) {
		s := slot{key: keyOf(kind, n.String()), rule: wider(r, n.times)}
		d, err := l.take(ctx, &s, a.slots...)
		if err == nil && d.Allowed {
			a.slots = append(a.slots, s)
			continue
		}
		a.Abandoned(ctx)
		if err != nil {
			return nil, err
		}
		if n.times > 1 {
			l.suspect(ctx, s.key, &Suspicion{What: kind, Network: n.String()})
		}
		return nil, l.refuse(kind, d.RetryAfter)
	}
	l.observe(kind, true)
	return a, nil
}
