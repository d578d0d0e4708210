package authz

import (
	"errors"
	"testing"

	"gatehouse/store"
)

// The actors of the tables below: one of each role with every scope that the role can use,
// an administrator in a client with fewer, and a client acting for itself.
var (
	user    = Actor{UserID: 1, Role: store.RoleUser, Scope: ForRole(store.RoleUser)}
	staff   = Actor{UserID: 2, Role: store.RoleStaff, Scope: ForRole(store.RoleStaff)}
	admin   = Actor{UserID: 3, Role: store.RoleAdmin, Scope: ForRole(store.RoleAdmin)}
	reader  = Actor{UserID: 3, Role: store.RoleAdmin, Scope: ScopeUsersRead}
	pusher  = Actor{UserID: 1, Role: store.RoleUser, Scope: AllScopes}
	machine = Actor{ClientID: "robot", Scope: AllScopes}
	nobody  = Actor{}
)

func TestPermissions(t *testing.T) {
	everybody := map[string]Actor{"nobody": nobody, "user": user, "staff": staff, "admin": admin,
		"admin in a reading app": reader, "user with every scope": pusher, "machine": machine, "operator": Operator}
	for _, rule := range []struct {
		p      Permission
		admits []string
	}{
		{Anyone, []string{"nobody", "user", "staff", "admin", "admin in a reading app", "user with every scope", "machine", "operator"}},
		{OwnAccount, []string{"user", "staff", "admin", "user with every scope", "operator"}},
		{ReadPeople, []string{"staff", "admin", "admin in a reading app", "operator"}},
		{InspectPeople, []string{"admin", "admin in a reading app", "operator"}},
		{ChangePeople, []string{"admin", "operator"}},
		{ManageClients, []string{"admin", "operator"}},
	} {
		want := map[string]bool{}
		for _, name := range rule.admits {
			want[name] = true
		}
		for name, a := range everybody {
			if err := rule.p.Allow(a); (err == nil) != want[name] || err != nil && !errors.Is(err, ErrDenied) {
				t.Errorf("%s, %s: err = %v, want it allowed: %t", rule.p, name, err, want[name])
			}
		}
	}
}

func TestAMissingScopeIsToldOnlyToWhoHasTheRole(t *testing.T) {
	var scope *ScopeError
	if err := ChangePeople.Allow(reader); !errors.As(err, &scope) || scope.Needs != ScopeUsersWrite {
		t.Errorf("admin without the scope: %v", err)
	}
	if err := ChangePeople.Allow(user); errors.As(err, &scope) {
		t.Errorf("user without role and scope: %v", err)
	}
}

func TestChangePerson(t *testing.T) {
	var (
		ann      = store.User{ID: 9, Role: store.RoleUser, Active: true}
		boss     = store.User{ID: 3, Role: store.RoleAdmin, Active: true}
		retired  = store.User{ID: 4, Role: store.RoleAdmin, Active: false}
		off      = false
		on       = true
		toUser   = store.RoleUser
		toAdmin  = store.RoleAdmin
		nothing  = Change{}
		remove   = Change{Delete: true}
		demote   = Change{Role: &toUser}
		lock     = Change{Active: &off}
		lastOne  = false
		otherOne = true
	)
	for _, c := range []struct {
		actor  Actor
		target store.User
		change Change
		other  bool
		want   error
	}{
		{admin, ann, nothing, lastOne, nil},
		{admin, ann, remove, lastOne, nil},
		{admin, ann, Change{Role: &toAdmin}, lastOne, nil},
		{admin, boss, nothing, lastOne, nil},
		{admin, boss, Change{Role: &toAdmin, Active: &on}, lastOne, nil},
		{admin, boss, demote, lastOne, ErrLastAdmin}, // oneself, too
		{admin, boss, lock, lastOne, ErrLastAdmin},
		{admin, boss, remove, lastOne, ErrLastAdmin},
		{admin, boss, demote, otherOne, nil},
		{admin, boss, lock, otherOne, nil},
		{admin, boss, remove, otherOne, nil},
		{admin, retired, remove, lastOne, nil}, // an inactive administrator is not the last one
		{Operator, boss, remove, lastOne, ErrLastAdmin},
		{Operator, boss, remove, otherOne, nil},
		{staff, ann, nothing, otherOne, ErrDenied}, // staff read
		{staff, boss, remove, lastOne, ErrDenied},  // and do not learn who is the last
		{user, ann, nothing, otherOne, ErrDenied},
		{reader, ann, nothing, otherOne, ErrDenied},
		{machine, ann, remove, otherOne, ErrDenied},
	} {
		if err := ChangePerson(c.actor, c.target, c.change, c.other); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s (%s) changes %d by %+v, other admin %v: %v, want %v", c.actor.Role, c.actor.ClientID, c.target.ID, c.change, c.other, err, c.want)
		}
	}
}

func TestGiveRole(t *testing.T) {
	for _, c := range []struct {
		actor         Actor
		current, role store.Role
		want          error
	}{
		{nobody, store.RoleUser, store.RoleUser, nil}, // sign-up
		{nobody, store.RoleUser, store.RoleStaff, ErrDenied},
		{nobody, store.RoleUser, store.RoleAdmin, ErrDenied},
		{user, store.RoleUser, store.RoleUser, nil},
		{user, store.RoleUser, store.RoleAdmin, ErrDenied},
		{pusher, store.RoleUser, store.RoleAdmin, ErrDenied},
		{staff, store.RoleStaff, store.RoleAdmin, ErrDenied}, // staff may read but not promote
		{staff, store.RoleUser, store.RoleStaff, ErrDenied},
		{machine, store.RoleUser, store.RoleAdmin, ErrDenied},
		{reader, store.RoleUser, store.RoleStaff, ErrDenied},
		{admin, store.RoleUser, store.RoleAdmin, nil},
		{admin, store.RoleAdmin, store.RoleUser, nil},
		{Operator, store.RoleUser, store.RoleAdmin, nil},
	} {
		if err := GiveRole(c.actor, c.current, c.role); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s gives %s: %v, want %v", c.actor.Role, c.role, err, c.want)
		}
	}
}

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name   string
		actor  Actor
		target int64
		want   error
	}{
		{"an administrator, another", admin, 9, nil},
		{"an administrator, a new user", admin, 0, nil},
		{"an administrator, themselves", admin, admin.UserID, ErrDenied},
		{"the operator, anybody", Operator, 9, nil},
		{"the operator, a new user", Operator, 0, nil},
		{"a stranger who signs up", nobody, 0, ErrDenied},
		{"a user, themselves", pusher, pusher.UserID, ErrDenied},
		{"a user, another", pusher, 9, ErrDenied},
		{"staff, another", staff, 9, ErrDenied},
		{"an administrator in a reading app", reader, 9, ErrDenied},
		{"a machine", machine, 9, ErrDenied},
	} {
		if err := Verify(c.actor, c.target); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: err = %v, want %v", c.name, err, c.want)
		}
	}
}
