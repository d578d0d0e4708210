package oauth

import (
	"errors"
	"time"

	"gatehouse/internal/signin"
	"gatehouse/store"
)

// A Browser describes the browser that asks for an authorization.
type Browser struct {
	// Pre is the random value of the pre-login cookie, which is set before anything
	// else is decided. A request is bound to it: a link carried to another browser
	// is worth nothing there.
	Pre string
	// Session and User are zero unless a person is signed in.
	Session store.BrowserSession
	User    store.User
}

// SignedIn reports whether a person is signed in.
func (b Browser) SignedIn() bool { return b.Session.ID != "" && b.User.ID != 0 }

// Fresh reports whether the person signed in recently enough for something sensitive.
func (b Browser) Fresh(now time.Time) bool {
	return signin.Recent(b.Session.SignIn.At, now)
}

// ErrMoved says that a sealed request no longer belongs to this page: it was begun
// in another browser, or somebody else has signed in since. The caller sends
// the person to the authorization endpoint, which decides again.
var ErrMoved = errors.New("the authorization continues elsewhere")
