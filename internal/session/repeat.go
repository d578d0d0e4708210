package session

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// networkOf returns the network of the caller, or "" if it is unknown.
func networkOf(ctx context.Context) string {
	if network := reqctx.From(ctx).Network(); network.IsValid() {
		return network.String()
	}
	return ""
}

// take takes a step at the back-end that decides. For an adopted step it is the record:
// a predecessor may come again long after the rotation, when an emptied Redis would have
// forgotten that its successor has been used. A repeat, which is what most tokens of a
// front end are that keeps its first one, shows in the row as just read.
func (s *Service) take(ctx context.Context, session store.Session, step store.Step) (store.Rotation, store.Outcome, error) {
	if !step.Adopted {
		return s.Rotations.Rotate(ctx, session.ID, step)
	}
	record, err := s.adopt(ctx, session.ID, &step)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Rotation{}, store.Ended, nil
	case err != nil:
		return store.Rotation{}, 0, err
	case step.Known.Gen == step.Gen+1 && step.Known.From == step.JTI:
		return step.Known, store.Repeated, nil
	}
	return record.Rotate(ctx, session.ID, step)
}

// adopt brings the record up to date with Redis, which knows more only of a session that
// was rotated there before its client adopted the rule. It returns the record.
func (s *Service) adopt(ctx context.Context, sid string, step *store.Step) (store.Rotations, error) {
	if s.Record == nil {
		return s.Rotations, nil
	}
	known, err := s.Rotations.Current(ctx, sid, step.Known)
	if err != nil {
		return nil, err
	}
	if known.Gen > step.Known.Gen {
		err = s.DB.TouchSessions(ctx, store.SessionTouch{ID: sid, Rotation: known, At: s.Now()})
	}
	if known.Gen > step.Known.Gen || known.JTI == step.Known.JTI { // Redis may know its From alone
		step.Known = known
	}
	return s.Record, err
}

// repeated counts a repeat of the predecessor. It counts as a use of an adopted session,
// whose app may never present another token.
func (s *Service) repeated(ctx context.Context, session store.Session, user store.User, step store.Step, successor store.Rotation) error {
	s.observe(Repeated)
	if now := s.Now(); step.Adopted && now.Sub(session.LastUsedAt) >= DefaultTouchEvery {
		if err := s.DB.UseSession(ctx, session.ID, now); err != nil {
			return fmt.Errorf("noting a use: %w", err)
		}
	}
	return s.noteRepeat(ctx, session, user, step, successor)
}

// noteRepeat writes the evidence of a repeat. Within the grace a repeat is ordinary, and
// evidence only if it comes from another network than the one that the successor was made
// for: then two hold the token. Of an adopted session the first repeat of each token is
// evidence as well.
func (s *Service) noteRepeat(ctx context.Context, session store.Session, user store.User, step store.Step, successor store.Rotation) error {
	network := step.Next.Network
	elsewhere := network != successor.Network && network != "" && successor.Network != ""
	first := step.Adopted && session.Repeats.Of != step.JTI
	if !elsewhere && !first || session.Repeats.Noted(step.JTI, network) {
		return nil
	}
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		noted, err := tx.NoteRepeat(session.ID, step.JTI, network)
		if err != nil || !noted {
			return err
		}
		return tx.Audit(audit.Event{
			Actor: audit.ClientSubject(session.ClientID), Subject: audit.UserSubject(user.Sub),
			SessionID: session.ID, ClientID: session.ClientID,
			What: audit.TokenRepeated{Gen: step.Gen, Elsewhere: elsewhere},
		}.Record(ctx, s.Now()))
	})
	if err != nil {
		return fmt.Errorf("noting a repeat: %w", err)
	}
	return nil
}
