package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/audit"
	"gatehouse/internal/names"
	"gatehouse/internal/session"
	"gatehouse/internal/suggest"
	"gatehouse/store"
)

// checkKind refuses a kind, or the start of one, that no event has: an empty list would
// say that nothing happened.
func checkKind(kind string) error {
	known := audit.KindNames()
	prefix, open := strings.CutSuffix(kind, "*")
	matches := func(name string) bool { return name == kind || open && strings.HasPrefix(name, prefix) }
	if kind == "" || slices.ContainsFunc(known, matches) {
		return nil
	}
	return fmt.Errorf("--kind %s is not a kind of event%s\nThe kinds are: %s", kind, suggest.Question(kind, known), strings.Join(known, ", "))
}

// A party is a value of --actor or --subject.
type party struct {
	flag string
	// words are the values that are not about a user, a client or a key.
	words []string
}

// resolve returns the name that the audit log has for what was given: a username, an
// e-mail address or the ID of a client is enough. It refuses a name that nobody has or had.
func (p party) resolve(ctx context.Context, core *core, given string) (string, error) {
	if given == "" || slices.Contains(p.words, given) {
		return given, nil
	}
	kind, name, found := strings.Cut(given, ":")
	if !found {
		kind, name = "", given
	}
	if kind == "user" || kind == "" {
		u, err := core.db.UserByName(ctx, names.Lookup(name))
		if err == nil {
			return audit.UserSubject(u.Sub), nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return "", err
		}
	}
	return p.recorded(ctx, core, given, kind, name)
}

// recorded accepts a user or a client that exists, and a name that is on record: the log
// keeps what concerned those that were deleted.
func (p party) recorded(ctx context.Context, core *core, given, kind, name string) (string, error) {
	var err error
	switch kind {
	case "user":
		_, err = core.db.UserBySub(ctx, name)
	case "client", "":
		given = audit.ClientSubject(name)
		if name != session.AccountsID { // the built-in one, which is not in the database
			_, err = core.db.ClientByID(ctx, name)
		}
	default:
		err = store.ErrNotFound
	}
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return given, err
	}
	for _, q := range []store.AuditQuery{{Actor: given, Limit: 1}, {Subject: given, Limit: 1}} {
		if events, err := core.db.ListAudit(ctx, q); err != nil || len(events) > 0 {
			return given, err
		}
	}
	return "", p.unknown(kind, name)
}

func (p party) unknown(kind, name string) error {
	if kind == "" {
		return fmt.Errorf("--%s %s is nobody: no person is called that, and no app has that ID%s\nSee: gatehouse user list, gatehouse client list",
			p.flag, name, suggest.Question(name, p.words))
	}
	return fmt.Errorf("--%s %s:%s is nobody, and there is nothing on record about it", p.flag, kind, name)
}
