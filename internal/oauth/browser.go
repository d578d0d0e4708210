package oauth

import (
	"errors"

	"gatehouse/store"
)

// A Browser is what is known of the browser that asks for an authorization.
type Browser struct {
	// Pre is the value of the pre-login cookie: random, and there before anything
	// else is decided. A request is bound to it, so that a link carried to another
	// browser gives the first one nothing.
	Pre string
	// Session and User are who is signed in; zero: nobody.
	Session store.BrowserSession
	User    store.User
}

// SignedIn reports whether somebody is.
func (b Browser) SignedIn() bool { return b.Session.ID != "" && b.User.ID != 0 }

// ErrMoved says that a sealed request does not belong to this page any more: it
// was begun in another browser, or somebody else has signed in meanwhile. The
// person is sent to where it is decided anew.
var ErrMoved = errors.New("an authorization that goes on elsewhere")
