package account

import (
	"context"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/mail"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// FactorAdded writes that the user, whom the transaction has locked, has another factor.
// It ends their other sessions, tells them, and gives recovery codes to users who have
// none. The caller adds the factor itself.
func (s *Service) FactorAdded(ctx context.Context, tx store.Tx, actor authz.Actor, row store.User, added store.Factors, kind factor.Kind) (FactorChange, error) {
	now, has := s.Now(), row.Factors|added
	var done FactorChange
	var err error
	if !has.Has(store.FactorRecovery) {
		if done.Codes, err = s.giveCodes(tx, row.ID, now); err != nil {
			return FactorChange{}, err
		}
		has |= store.FactorRecovery
	}
	done.User, done.ended, err = s.refounded(ctx, tx, actor, row, has, actor.SessionID, now)
	if err != nil {
		return FactorChange{}, err
	}
	if err := s.tellOfFactor(tx, actor, row, string(kind), "added"); err != nil {
		return FactorChange{}, err
	}
	event := audit.Event{Actor: actor.String(), Subject: audit.UserSubject(row.Sub), What: audit.FactorAdded{Factor: string(kind)}}
	return done, tx.Audit(event.Record(ctx, now))
}

// FactorRemoved is FactorAdded for a factor that the caller removes. Gone is what the user
// does not have any more; 0 if they have another of the kind. Recovery codes go with the
// last factor.
func (s *Service) FactorRemoved(ctx context.Context, tx store.Tx, actor authz.Actor, row store.User, gone store.Factors, kind factor.Kind) (FactorChange, error) {
	now, left := s.Now(), row.Factors&^gone
	if !left.Second() {
		if err := tx.ReplaceRecoveryCodes(row.ID, nil, now); err != nil {
			return FactorChange{}, err
		}
		left = 0
	}
	var done FactorChange
	var err error
	if done.User, done.ended, err = s.refounded(ctx, tx, actor, row, left, actor.SessionID, now); err != nil {
		return FactorChange{}, err
	}
	if err := s.tellOfFactor(tx, actor, row, string(kind), "removed"); err != nil {
		return FactorChange{}, err
	}
	event := audit.Event{Actor: actor.String(), Subject: audit.UserSubject(row.Sub), What: audit.FactorRemoved{Factor: string(kind)}}
	return done, tx.Audit(event.Record(ctx, now))
}

// ResetFactors takes all factors away from a user who has lost them, and ends all of their
// sessions. It is an administrator's act on another user: one's own factors are removed
// one by one, with a recent sign-in. It returns store.ErrNotFound for an unknown user,
// version.ErrChanged for one who is not as shown says any more, and does nothing for one
// without factors.
func (s *Service) ResetFactors(ctx context.Context, actor authz.Actor, id int64, shown version.Tag) error {
	if err := authz.ChangePeople.Allow(actor); err != nil {
		return err
	}
	var ended store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		ended, err = s.resetFactors(ctx, tx, actor, id, shown)
		return err
	})
	if err != nil {
		return fmt.Errorf("resetting factors: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return nil
}

func (s *Service) resetFactors(ctx context.Context, tx store.Tx, actor authz.Actor, id int64, shown version.Tag) (store.EndResult, error) {
	target, err := lockForAdmin(tx, actor, id, authz.Change{})
	if err == nil {
		err = shown.Check(shownOf(target))
	}
	if err != nil || target.Factors == 0 {
		return store.EndResult{}, err
	}
	if actor.UserID == id {
		if err := s.StepUp(actor, target); err != nil {
			return store.EndResult{}, err
		}
	}
	if err := tx.DropFactors(id); err != nil {
		return store.EndResult{}, err
	}
	now := s.Now()
	_, ended, err := s.refounded(ctx, tx, actor, target, 0, "", now)
	if err != nil {
		return store.EndResult{}, err
	}
	if err := s.tellOfFactor(tx, actor, target, "", "removed"); err != nil {
		return store.EndResult{}, err
	}
	event := audit.Event{Actor: actor.String(), Subject: audit.UserSubject(target.Sub), What: audit.FactorsReset{}}
	return ended, tx.Audit(event.Record(ctx, now))
}

// refounded writes the user's factors, and ends all that was founded on the old ones but
// for one session.
func (s *Service) refounded(ctx context.Context, tx store.Tx, actor authz.Actor, row store.User, has store.Factors, except string, now time.Time) (store.User, store.EndResult, error) {
	row, err := withFactors(tx, row, has)
	if err != nil {
		return row, store.EndResult{}, err
	}
	ended, err := s.end(ctx, tx, actor, row, except, store.EndedFactor, now)
	row.Generation = max(row.Generation, ended.Generation)
	return row, ended, err
}

func withFactors(tx store.Tx, row store.User, has store.Factors) (store.User, error) {
	row.Factors = has
	return row, tx.UpdateUser(row.ID, store.UserChange{Factors: &has})
}

// giveCodes replaces the user's recovery codes and returns them.
func (s *Service) giveCodes(tx store.Tx, userID int64, now time.Time) ([]string, error) {
	codes, digests := s.Factors.NewRecoveryCodes(userID)
	return codes, tx.ReplaceRecoveryCodes(userID, digests, now)
}

// tellOfFactor adds the message that a factor was "added", "removed" or "changed" to the
// transaction of that.
func (s *Service) tellOfFactor(tx store.Tx, actor authz.Actor, u store.User, which, what string) error {
	data := map[string]string{"Factor": which, "What": what}
	if actor.UserID != u.ID {
		data["By"] = "administrator"
	}
	return s.Mail.Add(tx, Notice(mail.FactorChanged, u.Email, u, data))
}

// TellOfGuessing tells the user that somebody guesses at their second factor. If that fails,
// the guesses are refused all the same.
func (s *Service) TellOfGuessing(ctx context.Context, u store.User) {
	if !s.Mail.On() {
		return
	}
	network := ""
	if here := reqctx.From(ctx); here.IP.IsValid() {
		network = here.Network().String()
	}
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		return s.Mail.Add(tx, Notice(mail.Guessing, u.Email, u, map[string]string{"Network": network}))
	})
	if err != nil {
		s.Log.WarnContext(ctx, "a person was not told that somebody guesses at their second factor", "error", err)
	}
}
