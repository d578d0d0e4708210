package authz

import (
	"errors"
	"fmt"
	"slices"

	"gatehouse/store"
)

var (
	// ErrDenied says that the actor may not do it.
	ErrDenied = errors.New("authz: denied")

	// ErrLastAdmin says that no active administrator would be left. It does not depend
	// on the actor.
	ErrLastAdmin = errors.New("authz: the last active administrator")
)

// A ScopeError is an ErrDenied that concerns the client, not the user: the role is
// sufficient, but the token lacks the scope (RFC 6750 §3.1, insufficient_scope).
type ScopeError struct{ Needs string }

func (e *ScopeError) Error() string {
	return fmt.Sprintf("authz: denied: token lacks scope %q", e.Needs)
}

// Is makes a ScopeError an ErrDenied.
func (e *ScopeError) Is(target error) bool { return target == ErrDenied }

// A Permission is what a route of our own API requires of the caller: a role of the user
// and a scope of the client that acts for them. Both must allow it. The zero Permission is
// open to everybody.
type Permission struct {
	name  string
	roles []store.Role
	scope string
}

// The permissions. All but Anyone are for users: a token that a client got for itself does
// not have a role, and so has none of them.
var (
	Anyone = Permission{}
	// OwnAccount is for the user's own profile and sessions.
	OwnAccount = Permission{"own account", []store.Role{store.RoleUser, store.RoleStaff, store.RoleAdmin}, ScopeAccount}
	// ReadPeople is for the staff's view of all users.
	ReadPeople = Permission{"read people", []store.Role{store.RoleStaff, store.RoleAdmin}, ScopeUsersRead}
	// InspectPeople is for the administrators' view, with sessions, audit log and statistics.
	InspectPeople = Permission{"inspect people", []store.Role{store.RoleAdmin}, ScopeUsersRead}
	// ChangePeople is for creating, changing, deactivating, deleting and signing out users.
	ChangePeople = Permission{"change people", []store.Role{store.RoleAdmin}, ScopeUsersWrite}
	// ManageClients is for clients, and for the keys that sign our tokens.
	ManageClients = Permission{"manage clients", []store.Role{store.RoleAdmin}, ScopeClients}
)

// String returns the permission's name.
func (p Permission) String() string {
	if p.Open() {
		return "anyone"
	}
	return p.name
}

// Open reports whether p requires nothing, not even a token.
func (p Permission) Open() bool { return len(p.roles) == 0 }

// Roles returns the roles that p admits.
func (p Permission) Roles() []store.Role { return slices.Clone(p.roles) }

// Scope returns the scope token that p requires.
func (p Permission) Scope() string { return p.scope }

// Allow decides whether a has the permission. It checks the role first, so that a user
// who may not do it anyway learns nothing about scopes.
func (p Permission) Allow(a Actor) error {
	switch {
	case p.Open(), a.Operator:
		return nil
	case a.UserID == 0, !slices.Contains(p.roles, a.Role):
		return ErrDenied
	case !a.Scope.Has(p.scope):
		return &ScopeError{Needs: p.scope}
	}
	return nil
}

// A Change is a change of a user, as far as it matters to the decision.
type Change struct {
	// Role and Active are the new values; nil: unchanged.
	Role   *store.Role
	Active *bool
	Delete bool
}

// ChangePerson decides whether a may make the change c to target.
//
// Only an administrator may change others, and nobody may remove the last administrator.
// otherAdmin says whether another active one exists; the caller reads it in the
// transaction that makes the change.
func ChangePerson(a Actor, target store.User, c Change, otherAdmin bool) error {
	if err := ChangePeople.Allow(a); err != nil {
		return err
	}
	if removesAdmin(target, c) && !otherAdmin {
		return ErrLastAdmin
	}
	return nil
}

// DeleteOwn decides whether the user, as the row says under lock, may delete their own
// account. As in ChangePerson, nobody may remove the last administrator.
func DeleteOwn(row store.User, otherAdmin bool) error {
	switch {
	case !row.Active:
		return ErrDenied
	case removesAdmin(row, Change{Delete: true}) && !otherAdmin:
		return ErrLastAdmin
	}
	return nil
}

// removesAdmin reports whether target is an active administrator but will not be one after c.
func removesAdmin(target store.User, c Change) bool {
	if target.Role != store.RoleAdmin || !target.Active {
		return false
	}
	return c.Delete || c.Role != nil && *c.Role != store.RoleAdmin || c.Active != nil && !*c.Active
}

// GiveRole decides whether a may give role to a user who has current; a new account has
// "user". Keeping the current role is always allowed.
func GiveRole(a Actor, current, role store.Role) error {
	if role == current {
		return nil
	}
	return ChangePeople.Allow(a)
}

// Verify decides whether a may say that an address or a number is that of the user with the
// ID target, which is 0 for a new one. Nobody may say so for themselves.
func Verify(a Actor, target int64) error {
	if !a.Operator && a.UserID == target {
		return ErrDenied
	}
	return ChangePeople.Allow(a)
}
