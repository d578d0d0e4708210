package store

import (
	"context"
	"slices"
	"strings"
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

// Roles returns the roles.
func Roles() []Role { return []Role{RoleUser, RoleStaff, RoleAdmin} }

// Valid reports whether r is one of the three roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// A User is a person with an account.
type User struct {
	// ID is the number used under /api/accounts; never reused.
	ID int64
	// Sub is the subject of tokens: a UUID v4, never reused (OIDC Core 1.0 §2).
	Sub string

	// Username and Email are as the person spelt them. UsernameKey and EmailKey are
	// their canonical forms (internal/names), which are unique, both in one name space.
	Username, UsernameKey string
	Email, EmailKey       string
	EmailVerified         bool

	FirstName, LastName string
	Role                Role
	Active              bool

	// PasswordHash is an encoded hash (internal/password).
	PasswordHash string
	// PasswordStolen says that at the last sign-in with it, the password was in a list of
	// stolen ones.
	PasswordStolen bool

	// Factors are the ways beside a password by which they can prove who they are.
	Factors Factors

	// Generation counts the ends of all that is theirs.
	Generation Generation

	JoinedAt time.Time
	// LastLoginAt is zero if the person never signed in.
	LastLoginAt time.Time
	// UpdatedAt is when an attribute other than LastLoginAt last changed. It is zero
	// for an account that is older than this field and has not changed since.
	UpdatedAt time.Time

	// Profile holds the standard claims that are not fields above; ProfileOf reads it.
	Profile ProfileText
}

// FullName returns the first and the last name; empty if there is neither.
func (u User) FullName() string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// Staff reports whether u is staff or an administrator.
func (u User) Staff() bool { return u.Role == RoleStaff || u.Role == RoleAdmin }

// Users reads people.
type Users interface {
	// UserByID returns ErrNotFound for an unknown ID.
	UserByID(ctx context.Context, id int64) (User, error)
	// UserBySub returns ErrNotFound for an unknown subject.
	UserBySub(ctx context.Context, sub string) (User, error)
	// UsersBySub returns those of the subjects, at most 1,000, that exist, in no order.
	UsersBySub(ctx context.Context, subs []string) ([]User, error)
	// UserByName finds a person by the canonical form of a username or an e-mail
	// address. It returns ErrNotFound for an unknown name.
	UserByName(ctx context.Context, key string) (User, error)
	// ListUsers returns one page. A page costs the same however far it is from the
	// start. Without a Search, Total costs the same however many people there are.
	ListUsers(ctx context.Context, q UserQuery) (UserPage, error)
	// HasAdmin reports whether there is an active administrator.
	HasAdmin(ctx context.Context) (bool, error)
}

// A UserQuery selects and orders people.
type UserQuery struct {
	// Search lists prefixes in canonical form. The username, the e-mail address, its
	// domain, the first or the last name must start with each of them. Empty: everybody.
	Search []string
	Role   Role  // empty: any
	Active *bool // nil: any
	// Verified is whether the e-mail address is verified, and Second whether they have a
	// second factor; nil: either.
	Verified, Second *bool
	// IdleSince selects those who have not signed in at that time or later; zero: any.
	IdleSince time.Time
	// UpTo is the highest ID; 0: any.
	UpTo int64

	// Most is how far Total is counted: 0 to the end, and Uncounted not at all.
	Most int64

	OrderBy    UserOrder
	Descending bool
	// After is the last person of the previous page; nil: the first page.
	After *UserPosition
	// Limit is the size of the page, at least 1.
	Limit int
}

// A UserOrder is a column by which people can be ordered. Ties are ordered by ID.
type UserOrder string

// The orders.
const (
	ByID        UserOrder = "id"
	ByUsername  UserOrder = "username" // by canonical form
	ByEmail     UserOrder = "email"    // by canonical form
	ByJoined    UserOrder = "date_joined"
	ByLastLogin UserOrder = "last_login" // people who never signed in come first
)

// ByMatch orders the people whom a search finds by where it finds them: first those whose
// username starts with the word, by username, then those whose e-mail address does, and so on.
// It finds the first page at once, however many people a word finds. Where a filter selects
// few people, it is ByUsername. It goes one way only, and needs a Search.
const ByMatch UserOrder = "match"

// Uncounted is a UserQuery.Most.
const Uncounted = -1

// UserOrders returns all the orders but ByMatch. The list of users and the API document read it.
func UserOrders() []UserOrder {
	return []UserOrder{ByID, ByUsername, ByEmail, ByJoined, ByLastLogin}
}

// A UserPosition is a place in an ordered list.
type UserPosition struct {
	// Text is the canonical form for ByUsername and ByEmail.
	Text string
	// Millis is the time for ByJoined and ByLastLogin (0: never), in Unix ms.
	Millis int64
	ID     int64
	// Match is for ByMatch alone.
	Match *UserMatch `json:",omitempty"`
}

// A UserMatch is where ByMatch found the last person, whose text is in UserPosition.Text.
type UserMatch struct {
	// Source counts the columns from 0, and Word is what was found there. If Listed, the
	// order is ByUsername.
	Source int
	Word   string
	Listed bool `json:",omitempty"`
}

// A UserPage is one page of people.
type UserPage struct {
	Users []User
	// Total is the exact number of people whom the query selects, on all pages, unless Beyond
	// says that there may be more: more than UserQuery.Most, or than could be counted by
	// looking at hardly more rows than that.
	Total  int64
	Beyond bool
	// Last is the position after which the next page begins, for ByMatch alone. A page may have
	// fewer people than Limit, or none, and yet another may follow.
	Last UserPosition
	// More is true if another page follows.
	More bool
}

// UsersTx changes people.
type UsersTx interface {
	// LockAdmins waits for every other transaction that called it, and keeps later
	// ones waiting until this one ends. A transaction that may remove an
	// administrator, or make the first one, calls it before it reads anything else,
	// so that two acts at once cannot remove the last administrator.
	LockAdmins() error

	// OtherAdmin reports whether there is an active administrator other than id.
	// The answer is reliable only after LockAdmins.
	OtherAdmin(id int64) (bool, error)

	// LockUser returns the person, or ErrNotFound. Other writers of the person wait
	// until the transaction ends.
	LockUser(id int64) (User, error)

	// CreateUser adds u and returns its new ID. It ignores u.ID. It returns a
	// *NameTaken if another person has the username or e-mail address.
	CreateUser(u User) (int64, error)

	// UpdateUser writes the fields that c sets, and nothing else. It returns
	// ErrNotFound or a *NameTaken.
	UpdateUser(id int64, c UserChange) error

	// DeleteUser erases the person with their profile, factors, challenges, sessions,
	// browser sessions, consents, links, codes and mail that waits, or returns ErrNotFound. An EndAll in the same
	// transaction gives the reason; the rows of sessions, browser sessions and codes follow
	// (ContinueEnd). Notices that apps are owed stay until they are delivered.
	DeleteUser(id int64) error
}

// A UserChange sets the fields that change; nil leaves a field as it is. Username
// and UsernameKey go together, as do Email and EmailKey.
type UserChange struct {
	Username, UsernameKey *string
	Email, EmailKey       *string
	EmailVerified         *bool
	FirstName, LastName   *string
	Role                  *Role
	Active                *bool
	PasswordHash          *string
	PasswordStolen        *bool
	// Factors replaces all of them: the caller has locked the person.
	Factors     *Factors
	LastLoginAt *time.Time
	// UpdatedAt is set with every change but that of LastLoginAt.
	UpdatedAt *time.Time
	// Profile replaces the whole profile.
	Profile *ProfileText

	// IfActive, IfPasswordHash (empty: any) and IfGeneration (nil: any) are conditions
	// on the row at the moment of the change. If one does not hold, UpdateUser changes
	// nothing and returns ErrNotFound. So a sign-in cannot outrun a deactivation, a
	// change of password or an end of all sessions.
	IfActive       bool
	IfPasswordHash string
	IfGeneration   *Generation
}

// Bootstraps reads and sweeps the one-time links for the first administrator.
type Bootstraps interface {
	// HasBootstrap reports whether the link exists and has not expired at now.
	HasBootstrap(ctx context.Context, link Digest, now time.Time) (bool, error)
	// SweepBootstraps deletes at most n links that expired before limit.
	SweepBootstraps(ctx context.Context, limit time.Time, n int) (int64, error)
}

// BootstrapTx keeps the one-time links for the first administrator.
type BootstrapTx interface {
	// AddBootstrap keeps the digest of a link until expires.
	AddBootstrap(link Digest, expires time.Time) error
	// UseBootstrap removes the link and reports whether it existed and had not
	// expired at now. Of any number of concurrent callers, one gets true.
	UseBootstrap(link Digest, now time.Time) (bool, error)
	// ClearBootstrap removes every link.
	ClearBootstrap() error
}
