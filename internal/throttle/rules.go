package throttle

import (
	"context"
	"net/netip"
	"time"

	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// Rules are the rules of a Limiter. Those for one network (a /24 of IPv4, a /64 of IPv6)
// are also applied to the wider ones that it is part of, which may do more (levels).
type Rules struct {
	// SignIn counts tries at one account from one network, or from one browser that
	// signed the person in before.
	SignIn store.Rule
	// Near counts failed tries at one account from the wider networks.
	Near store.Rule
	// Attack counts failed tries at one account, from everywhere. An account that has
	// used up the free ones is under attack until Forget has passed: then Spread takes
	// the place of SignIn.
	Attack, Spread store.Rule
	// Network counts failed tries from one network, at any accounts, against an attacker
	// who tries one common password on everybody. It bounds other failures likewise.
	Network store.Rule
	// SignUp counts new accounts from one network.
	SignUp store.Rule
	// Registration counts apps that register themselves from one network.
	Registration store.Rule
	// UserCode counts wrong device codes typed from one network.
	UserCode store.Rule
	// Document counts failed fetches of documents that describe clients, by network and by
	// host; NewDocument counts documents that nobody had asked for, by network.
	Document, NewDocument store.Rule
	// Mail counts mails that people ask for, by address and purpose; MailNetwork counts them
	// by network.
	Mail, MailNetwork store.Rule
	// Failure counts other failures by their kind, ID and network.
	Failure store.Rule
}

// DefaultRules returns rules for networks of up to several thousand people, or for a
// gateway that is not a trusted proxy: they all sign in, and mistype, in the same quarter
// of an hour.
func DefaultRules() Rules {
	return Rules{
		SignIn: store.Rule{Free: 5, Delay: time.Second, Factor: 2, MaxDelay: 15 * time.Minute, Forget: time.Hour},
		Near:   store.Rule{Free: 5, Delay: 2 * time.Minute, Factor: 1, MaxDelay: 2 * time.Minute, Forget: time.Hour},
		// NIST SP 800-63B-4 §3.2.2 wants a limit of 100 failures. Spread does not close the
		// account then: each network still has its first try at once, the owner's among them.
		Attack:  store.Rule{Free: 100, Delay: time.Hour, Factor: 1, MaxDelay: time.Hour, Forget: time.Hour},
		Spread:  store.Rule{Free: 1, Delay: 30 * time.Second, Factor: 2, MaxDelay: 15 * time.Minute, Forget: time.Hour},
		Network: store.Rule{Free: 1000, Delay: time.Second, Factor: 1, MaxDelay: time.Second, Forget: 15 * time.Minute},
		SignUp:  store.Rule{Free: 300, Delay: 2 * time.Second, Factor: 1, MaxDelay: 2 * time.Second, Forget: time.Hour},
		// 20 in any hour.
		Registration: store.Rule{Free: 20, Delay: time.Hour, Factor: 1, MaxDelay: time.Hour, Forget: time.Hour},
		// RFC 8628 §5.1: a code has 34 bits and lives ten minutes.
		UserCode: store.Rule{Free: 5, Delay: 10 * time.Second, Factor: 2, MaxDelay: 15 * time.Minute, Forget: time.Hour},

		Document:    store.Rule{Free: 5, Delay: 12 * time.Second, Factor: 1, MaxDelay: 12 * time.Second, Forget: time.Minute},
		NewDocument: store.Rule{Free: 50, Delay: time.Minute, Factor: 1, MaxDelay: time.Minute, Forget: time.Hour},

		// Five in an hour, and then one in twelve minutes, so that a stranger who asks for mails
		// to an address does not take the last one from its owner for long.
		Mail: store.Rule{Free: 5, Delay: 12 * time.Minute, Factor: 1, MaxDelay: 12 * time.Minute, Forget: time.Hour},
		// A school or a company may be one network. Beyond this, one in two minutes.
		MailNetwork: store.Rule{Free: 30, Delay: 2 * time.Minute, Factor: 1, MaxDelay: 2 * time.Minute, Forget: time.Hour},

		Failure: store.Rule{Free: 200, Delay: time.Second, Factor: 2, MaxDelay: time.Minute, Forget: 10 * time.Minute},
	}
}

// levels are the networks that a request is counted by, from the narrowest to the widest,
// with how many times as much as the narrowest a network may do. A site has a /56 or a
// /48 of IPv6 (RFC 6177), so it can try from 65,536 of the narrowest.
var levels = []struct{ v4, v6, times int }{{24, 64, 1}, {24, 56, 2}, {16, 48, 4}}

// wider returns the rule for a network that may do more.
func wider(r store.Rule, times int) store.Rule {
	r.Free *= times
	r.Delay /= time.Duration(times)
	r.MaxDelay /= time.Duration(times)
	return r
}

// A network is one that a request comes from, and how much it may do.
type network struct {
	netip.Prefix
	times int
}

// networksOf returns the networks that the request comes from, the narrowest first.
// Requests of unknown origin share one.
func networksOf(ctx context.Context) (all []network) {
	info := reqctx.From(ctx)
	for i, level := range levels {
		n := network{info.Within(level.v4, level.v6), level.times}
		if i == 0 || n.Prefix != all[len(all)-1].Prefix {
			all = append(all, n)
		}
	}
	return all
}

// siteOf returns the network that has one free try while an account is under attack. A
// /16 of IPv4 has too many owners for that.
func siteOf(ctx context.Context) string { return reqctx.From(ctx).Site().String() }
