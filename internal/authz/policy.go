package authz

import (
	"errors"
	"fmt"
	"slices"

	"gatehouse/store"
)

var (
	// ErrDenied: the actor may not do it.
	ErrDenied = errors.New("authz: denied")

	// ErrLastAdmin: there would be no active administrator left. It is no matter
	// of who asks.
	ErrLastAdmin = errors.New("authz: the last active administrator")
)

// A ScopeError is an ErrDenied of the app, not of the person: the role would do,
// but the token lacks the scope (RFC 6750 §3.1, insufficient_scope).
type ScopeError struct{ Needs string }

func (e *ScopeError) Error() string {
	return fmt.Sprintf("authz: denied: token lacks scope %q", e.Needs)
}

// Is makes a ScopeError an ErrDenied.
func (e *ScopeError) Is(target error) bool { return target == ErrDenied }

// A Permission is what a route of our own API asks of who calls it: a role of
// the person, and a scope of the app that acts for them. Both must allow. The
// zero Permission is open to everybody.
type Permission struct {
	name  string
	roles []store.Role
	scope string
}

// The permissions. All but Anyone are for people: a token that a client got for
// itself has no role, and no other grants it one.
var (
	Anyone = Permission{}
	// OwnAccount: one's own profile and sessions.
	OwnAccount = Permission{"own account", []store.Role{store.RoleUser, store.RoleStaff, store.RoleAdmin}, ScopeAccount}
	// ReadPeople: the staff's view of everybody.
	ReadPeople = Permission{"read people", []store.Role{store.RoleStaff, store.RoleAdmin}, ScopeUsersRead}
	// InspectPeople: the administrators' view: sessions, evidence and statistics too.
	InspectPeople = Permission{"inspect people", []store.Role{store.RoleAdmin}, ScopeUsersRead}
	// ChangePeople: create, change, deactivate, delete, sign out.
	ChangePeople = Permission{"change people", []store.Role{store.RoleAdmin}, ScopeUsersWrite}
	// ManageClients: apps, and the keys by which apps know our tokens.
	ManageClients = Permission{"manage clients", []store.Role{store.RoleAdmin}, ScopeClients}
)

// String is the permission's name.
func (p Permission) String() string {
	if p.Open() {
		return "anyone"
	}
	return p.name
}

// Open reports whether p asks for nothing, not even a token.
func (p Permission) Open() bool { return len(p.roles) == 0 }

// Roles are those that p admits.
func (p Permission) Roles() []store.Role { return slices.Clone(p.roles) }

// Scope is the scope token that p asks for.
func (p Permission) Scope() string { return p.scope }

// Allow decides whether a has the permission. The role is asked first: a person
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

// A Change of a person, as far as it matters to who may make it.
type Change struct {
	// Role and Active are what the person will have; nil: as it is.
	Role   *store.Role
	Active *bool
	Delete bool
}

// ChangePerson decides whether a may make the change to target.
//
// Only an administrator changes others, and nobody takes away the last one:
// otherAdmin is read in the same transaction that will write.
func ChangePerson(a Actor, target store.User, c Change, otherAdmin bool) error {
	if err := ChangePeople.Allow(a); err != nil {
		return err
	}
	if takesAdmin(target, c) && !otherAdmin {
		return ErrLastAdmin
	}
	return nil
}

// takesAdmin reports whether target is an active administrator and will not be.
func takesAdmin(target store.User, c Change) bool {
	if target.Role != store.RoleAdmin || !target.Active {
		return false
	}
	return c.Delete || c.Role != nil && *c.Role != store.RoleAdmin || c.Active != nil && !*c.Active
}

// GiveRole decides whether a may give role to somebody who has current; a new
// account has "user" by itself. What one has already need not be given.
func GiveRole(a Actor, current, role store.Role) error {
	if role == current {
		return nil
	}
	return ChangePeople.Allow(a)
}
