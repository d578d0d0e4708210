package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// Change lets actor change target, as just read, and returns the changed user. The
// transaction that writes reads again what the permission depends on. If replaceAll,
// the username, e-mail address and password are required.
//
// A new password or a deactivation ends the user's sessions, except the session in
// which users change their own password. A change of role does not end sessions,
// because our own API checks the current role. A person who is not as in.Shown says any more
// is not changed: version.ErrChanged.
//
// Administrators who change their own password or names need the current password here as
// well: with their token alone, a thief must not take over the account for good.
func (s *Service) Change(ctx context.Context, actor authz.Actor, target store.User, in Input, replaceAll bool) (store.User, error) {
	if err := authz.ChangePeople.Allow(actor); err != nil {
		return store.User{}, err
	}
	d, faults := s.examine(actor, in, target, replaceAll)
	if err := s.unique(ctx, d, target.ID, faults); err != nil {
		return store.User{}, err
	}
	proven, err := s.provenIfOwn(ctx, actor, &d, in, target)
	if err != nil {
		return store.User{}, err
	}
	if d, err = s.hashed(ctx, d); err != nil {
		return store.User{}, err
	}
	var after store.User
	var ended store.EndResult
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		after, ended, err = s.change(ctx, tx, actor, target.ID, d, in.Shown, proven)
		return err
	})
	if err != nil {
		return store.User{}, fmt.Errorf("changing a person: %w", taken(err))
	}
	s.Ends.Forget(ctx, ended)
	return after, nil
}

// Version stands for all of a person that a change can overwrite.
func Version(u store.User) (version.Tag, error) { return version.Of(shownOf(u)) }

// shownOf returns u without what changes by itself.
func shownOf(u store.User) store.User {
	u.LastLoginAt, u.PasswordHash, u.PasswordStolen, u.Generation = time.Time{}, "", false, 0
	return u
}

// provenIfOwn is proven for users who change themselves. Others need no proof.
func (s *Service) provenIfOwn(ctx context.Context, actor authz.Actor, d *draft, in Input, target store.User) (ownProof, error) {
	if actor.UserID != target.ID {
		return ownProof{}, nil
	}
	return s.proven(ctx, d, in, target)
}

func (s *Service) change(ctx context.Context, tx store.Tx, actor authz.Actor, id int64, d draft, shown version.Tag, proven ownProof) (store.User, store.EndResult, error) {
	target, err := lockForAdmin(tx, actor, id, authz.Change{Role: d.role, Active: d.active})
	if err == nil {
		err = shown.Check(shownOf(target))
	}
	if err != nil {
		return store.User{}, store.EndResult{}, err
	}
	if actor.UserID == id && needsProof(d, target) {
		if err := s.spend(tx, target, proven); err != nil {
			return store.User{}, store.EndResult{}, err
		}
	}
	after, ended, err := s.write(ctx, tx, actor, target, d)
	if err == nil && after.Role == store.RoleAdmin && target.Role != store.RoleAdmin {
		err = tx.ClearBootstrap()
	}
	return after, ended, err
}

// write writes the differences and an audit event, ends the sessions that must not
// outlive the change, and tells the person by mail.
func (s *Service) write(ctx context.Context, tx store.Tx, actor authz.Actor, target store.User, d draft) (store.User, store.EndResult, error) {
	now := s.Now()
	change, before, after, err := d.at(now, target)
	if err != nil || len(after) == 0 {
		return target, store.EndResult{}, err
	}
	if err := tx.UpdateUser(target.ID, change); err != nil {
		return store.User{}, store.EndResult{}, err
	}
	var ended store.EndResult
	switch {
	case change.Active != nil && !*change.Active:
		ended, err = s.end(ctx, tx, actor, target, "", store.EndedDeactivated, now)
	case change.PasswordHash != nil:
		keep := ""
		if actor.UserID == target.ID {
			keep = actor.SessionID
		}
		ended, err = s.end(ctx, tx, actor, target, keep, store.EndedPassword, now)
	}
	if err != nil {
		return store.User{}, store.EndResult{}, err
	}
	event := audit.Event{Actor: actor.String(), Subject: audit.UserSubject(target.Sub), What: audit.UserUpdated{Before: before, After: after}}
	updated := applied(target, change)
	updated.Generation = max(updated.Generation, ended.Generation)
	if err := s.tell(ctx, tx, actor, target, updated, change); err != nil {
		return store.User{}, store.EndResult{}, err
	}
	if err := tx.Audit(event.Record(ctx, now)); err != nil {
		return store.User{}, store.EndResult{}, err
	}
	return updated, ended, s.proveOwn(ctx, tx, actor, target, updated)
}

// Delete deletes the user and ends their sessions. Somebody who is not as shown says any more
// stays: version.ErrChanged.
func (s *Service) Delete(ctx context.Context, actor authz.Actor, id int64, shown version.Tag) error {
	var ended store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		ended, err = s.remove(ctx, tx, actor, id, shown)
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting a person: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return nil
}

func (s *Service) remove(ctx context.Context, tx store.Tx, actor authz.Actor, id int64, shown version.Tag) (store.EndResult, error) {
	target, err := lockForAdmin(tx, actor, id, authz.Change{Delete: true})
	if err == nil {
		err = shown.Check(shownOf(target))
	}
	if err != nil {
		return store.EndResult{}, err
	}
	return s.erase(ctx, tx, actor, target)
}

// erase deletes the user, whom the caller has locked, and all that is theirs.
func (s *Service) erase(ctx context.Context, tx store.Tx, actor authz.Actor, target store.User) (store.EndResult, error) {
	now := s.Now()
	ended, err := s.end(ctx, tx, actor, target, "", store.EndedDeleted, now)
	if err != nil {
		return store.EndResult{}, err
	}
	if err := tx.DeleteUser(target.ID); err != nil {
		return store.EndResult{}, err
	}
	event := audit.Event{
		Actor: actor.String(), Subject: audit.UserSubject(target.Sub),
		What: audit.UserDeleted{Username: target.Username, Email: target.Email, Role: string(target.Role)},
	}
	return ended, tx.Audit(event.Record(ctx, now))
}

// lockForAdmin locks and returns the target if actor may make the change. It decides
// under the locks: whether actor is still an administrator, what role the target has,
// and whether another administrator exists.
func lockForAdmin(tx store.Tx, actor authz.Actor, id int64, c authz.Change) (store.User, error) {
	mayTakeAdmin := c.Delete || c.Role != nil || c.Active != nil
	if mayTakeAdmin {
		if err := tx.LockAdmins(); err != nil {
			return store.User{}, err
		}
	}
	actor, target, err := lockBoth(tx, actor, id)
	if err != nil {
		return store.User{}, err
	}
	other := true
	if mayTakeAdmin {
		if other, err = tx.OtherAdmin(id); err != nil {
			return store.User{}, err
		}
	}
	return target, authz.ChangePerson(actor, target, c, other)
}

// lockBoth locks the actor and the target, the lower ID first, so that two users who
// change each other do not deadlock. It returns the actor with the current role.
func lockBoth(tx store.Tx, actor authz.Actor, id int64) (authz.Actor, store.User, error) {
	if actor.UserID == id {
		target, err := tx.LockUser(id)
		return asNow(actor, target), target, err
	}
	var err error
	if actor.UserID < id {
		if actor, err = stillAdmin(tx, actor); err != nil {
			return actor, store.User{}, err
		}
	}
	target, found := tx.LockUser(id)
	if actor.UserID > id {
		if actor, err = stillAdmin(tx, actor); err != nil {
			return actor, store.User{}, err
		}
	}
	return actor, target, found
}

// stillAdmin locks the actor, who must still be an administrator. The command line has
// no row to lock.
func stillAdmin(tx store.Tx, actor authz.Actor) (authz.Actor, error) {
	if actor.Operator {
		return actor, nil
	}
	row, err := tx.LockUser(actor.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return actor, authz.ErrDenied
	}
	if err != nil {
		return actor, err
	}
	actor = asNow(actor, row)
	return actor, authz.ChangePeople.Allow(actor)
}

// asNow returns the actor with the current role, or with none after a deactivation.
func asNow(actor authz.Actor, row store.User) authz.Actor {
	if actor.Operator {
		return actor
	}
	actor.Role = row.Role
	if !row.Active {
		actor.Role = ""
	}
	return actor
}
