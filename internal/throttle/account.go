package throttle

import "context"

// An Account is what a try to sign in is aimed at.
type Account struct {
	kind, id string
	exists   bool // so that no stranger can make up the key of its count (strangers)
}

// Person is the account of a user, whichever of their names was entered.
func Person(sub string) Account { return Account{"signin", sub, true} }

// SignedIn is the account of a user who proves once more who they are. All of their
// sessions share one count, wherever they are. Somebody with a stolen token can use it
// up, until its owner ends the person's sessions, which needs no password.
func SignedIn(sub string) Account { return Account{"confirm", sub, true} }

// Factor is the second factor of a user who is signing in.
func Factor(sub string) Account { return Account{"factor", sub, true} }

// FactorSignedIn is the second factor of a user who proves once more who they are.
func FactorSignedIn(sub string) Account { return Account{"confirm factor", sub, true} }

// Nobody is a name (names.Lookup) that no account has. It is treated as an account is.
func Nobody(name string) Account { return Account{"nobody", name, false} }

type browserKey struct{}

// WithBrowser returns the context of a request from a browser that signed people in
// before. Of returns what identifies the browser to the person with that sub; "" if it
// has not signed them in. Their tries from there have a count of their own: whatever
// others do, nearby or everywhere, neither delays them nor refuses them.
func WithBrowser(ctx context.Context, of func(sub string) string) context.Context {
	return context.WithValue(ctx, browserKey{}, of)
}

// Familiar reports whether the request comes from a browser in which the person with that sub
// signed in before.
func Familiar(ctx context.Context, sub string) bool {
	of, ok := ctx.Value(browserKey{}).(func(string) string)
	return ok && of(sub) != ""
}

// own returns what distinguishes a count that strangers have no part in; "" for most
// tries.
func (a Account) own(ctx context.Context) string {
	if a.kind == "confirm" || a.kind == "confirm factor" {
		return "signed in"
	}
	of, ok := ctx.Value(browserKey{}).(func(string) string)
	if !ok || !a.exists {
		return ""
	}
	return of(a.id)
}
