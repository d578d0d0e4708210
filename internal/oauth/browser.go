package oauth

import (
	"errors"

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

// ErrMoved says that a sealed request no longer belongs to this page: it was begun
// in another browser, or somebody else has signed in since. The caller sends
// the person to the authorization endpoint, which decides again.
var ErrMoved = errors.New("the authorization continues elsewhere")
