package oauth

import (
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
