package store

import (
	"context"
	"time"
)

// A Role is what a person may do. There are three, fixed in code.
type Role string

// The roles.
const (
	RoleUser  Role = "user"
	RoleStaff Role = "staff"
	RoleAdmin Role = "admin"
)

// Valid reports whether r is one of the three roles.
func (r Role) Valid() bool { return r == RoleUser || r == RoleStaff || r == RoleAdmin }

// A User is a person with an account.
type User struct {
	// ID is the number used under /api/accounts; never reused.
	ID int64
	// Sub is the subject of tokens: a UUID v4, never reused (OIDC Core 1.0 §2).
	Sub string

	// Username and Email are as the person spelt them; UsernameKey and EmailKey
	// are their canonical forms (internal/names), by which they are unique, both
	// in one name space.
	Username, UsernameKey string
	Email, EmailKey       string
	EmailVerified         bool

	FirstName, LastName string
	Role                Role
	Active              bool

	// PasswordHash is an encoded hash (internal/password).
	PasswordHash string

	JoinedAt time.Time
	// LastLoginAt is zero if the person never signed in.
	LastLoginAt time.Time
	// UpdatedAt is when an attribute last changed, a sign-in not counted. It is zero
	// for a person who was there before this was kept and has not changed since.
	UpdatedAt time.Time

	// Profile holds the standard claims that are not fields above; ProfileOf reads it.
	Profile ProfileText
}

// Staff reports whether u is staff or an administrator.
func (u User) Staff() bool { return u.Role == RoleStaff || u.Role == RoleAdmin }

// Users reads people.
type Users interface {
	// UserByID returns ErrNotFound for an ID that is nobody's.
	UserByID(ctx context.Context, id int64) (User, error)
	// UserBySub returns ErrNotFound for a subject that is nobody's.
	UserBySub(ctx context.Context, sub string) (User, error)
	// UserByName finds a person by the canonical form of a username or an e-mail
	// address. It returns ErrNotFound if it is nobody's.
	UserByName(ctx context.Context, key string) (User, error)
	// ListUsers returns one page. Its cost does not grow with the page's distance
	// from the start, nor that of Total with the number of people unless there is
	// a Search.
	ListUsers(ctx context.Context, q UserQuery) (UserPage, error)
	// HasAdmin reports whether there is an active administrator.
	HasAdmin(ctx context.Context) (bool, error)
}

// A UserQuery selects and orders people.
type UserQuery struct {
	// Search are prefixes in canonical form; each must be the start of the
	// username, the e-mail address, its domain, the first or the last name. Empty: everybody.
	Search []string
	Role   Role  // empty: any
	Active *bool // nil: any

	OrderBy    UserOrder
	Descending bool
	// After is the last person of the page before; nil: the first page.
	After *UserPosition
	// Limit is the size of the page, at least 1.
	Limit int
}

// A UserOrder is a column that people can be ordered by. Equals are ordered by ID.
type UserOrder string

// The orders.
const (
	ByID        UserOrder = "id"
	ByUsername  UserOrder = "username" // by canonical form
	ByEmail     UserOrder = "email"    // by canonical form
	ByJoined    UserOrder = "date_joined"
	ByLastLogin UserOrder = "last_login" // who never signed in comes first
)

// A UserPosition is a place in an ordered list.
type UserPosition struct {
	// Text is the canonical form for ByUsername and ByEmail.
	Text string
	// Millis is the time for ByJoined and ByLastLogin (0: never), in Unix ms.
	Millis int64
	ID     int64
}

// A UserPage is one page of people.
type UserPage struct {
	Users []User
	// Total is the exact number of people whom the query selects, on all pages.
	Total int64
	// More says that another page follows.
	More bool
}

// UsersTx changes people.
type UsersTx interface {
	// LockAdmins makes this transaction wait for, and keep out until its end,
	// every other one that called it. Whoever may take an administrator away, or
	// make the first one, calls it before reading anything else: so the last
	// administrator cannot be lost to two acts at once.
	LockAdmins() error

	// OtherAdmin reports whether there is an active administrator other than id.
	// It is exact after LockAdmins.
	OtherAdmin(id int64) (bool, error)

	// LockUser returns the person, kept from other writers until the end of the
	// transaction, or ErrNotFound.
	LockUser(id int64) (User, error)

	// CreateUser adds u and returns its new ID. It ignores u.ID. It returns a
	// *NameTaken if the username or e-mail address is somebody's.
	CreateUser(u User) (int64, error)

	// UpdateUser writes what c names, and nothing else. It returns ErrNotFound,
	// or a *NameTaken.
	UpdateUser(id int64, c UserChange) error

	// DeleteUser erases the person with profile, sessions, browser sessions, consents
	// and codes, or returns ErrNotFound. Logouts that apps are owed stay until they
	// are delivered.
	DeleteUser(id int64) error
}

// A UserChange names what changes; nil means "as it is". Username and
// UsernameKey, Email and EmailKey go together.
type UserChange struct {
	Username, UsernameKey *string
	Email, EmailKey       *string
	EmailVerified         *bool
	FirstName, LastName   *string
	Role                  *Role
	Active                *bool
	PasswordHash          *string
	LastLoginAt           *time.Time
	// UpdatedAt goes with every change but that of LastLoginAt.
	UpdatedAt *time.Time
	// Profile replaces the whole profile.
	Profile *ProfileText

	// IfActive and IfPasswordHash (empty: any) make the change conditional on what
	// the row holds at that moment: where they do not hold, UpdateUser changes
	// nothing and returns ErrNotFound. So a sign-in cannot outrun a deactivation
	// or a change of password.
	IfActive       bool
	IfPasswordHash string
}

// Bootstraps reads and sweeps the one-time links for the first administrator.
type Bootstraps interface {
	// HasBootstrap reports whether the link is there and has not expired at now.
	HasBootstrap(ctx context.Context, link Digest, now time.Time) (bool, error)
	// SweepBootstraps deletes at most n that expired before limit.
	SweepBootstraps(ctx context.Context, limit time.Time, n int) (int64, error)
}

// BootstrapTx keeps the one-time links for the first administrator.
type BootstrapTx interface {
	// AddBootstrap keeps the digest of a link until expires.
	AddBootstrap(link Digest, expires time.Time) error
	// TakeBootstrap removes the link and reports whether it was there and had not
	// expired at now: of any number of takers, one gets true.
	TakeBootstrap(link Digest, now time.Time) (bool, error)
	// ClearBootstrap removes every link.
	ClearBootstrap() error
}
