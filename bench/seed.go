package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/names"
	"gatehouse/store"
)

// fill writes the crowd and its sessions straight into the tables, because the
// server's own way, one transaction for each, would take hours. It keeps the same
// invariants: both names of a person are in user_names, and everybody is counted. The
// server does not run meanwhile.
func fill(ctx context.Context, p place, c *crowd, known []signIn) (err error) {
	db, err := sql.Open(p.driver, p.source)
	if err != nil {
		return fmt.Errorf("filling the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // the settings below are those of one connection
	f := filler{ctx: ctx, db: db, dialect: dialects[p.driver]}
	if err := f.exec(f.dialect.before...); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return f.around("users", func() error { return f.people(c) }) },
		func() error { return f.around("user_names", func() error { return f.names(c) }) },
		func() error { return f.around("sessions", func() error { return f.sessions(c, known) }) },
		func() error {
			return f.around("browser_sessions", func() error { return f.browserSessions(c, known[len(known)-1].user) })
		},
		func() error {
			return f.around("audit_log", func() error { return f.auditEvents(c, known[len(known)-1].user) })
		},
		func() error { return f.consents(c) },
		func() error { return f.codes(c) },
		func() error { return f.counts(c) },
		// Everybody's name has one word, and the server has looked at all of them: it would do so
		// while its memory at rest is read.
		func() error {
			return f.exec("DELETE FROM user_words WHERE word = ''", "INSERT INTO user_words (word, user_id) SELECT '', MAX(id) FROM users")
		},
		func() error { return f.exec(f.dialect.after...) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("filling the database: %w", err)
		}
	}
	return nil
}

type filler struct {
	ctx     context.Context
	db      *sql.DB
	dialect dialect
}

func (f filler) exec(statements ...string) error {
	for _, s := range statements {
		if _, err := f.db.ExecContext(f.ctx, s); err != nil {
			return fmt.Errorf("%.60s: %w", s, err)
		}
	}
	return nil
}

// around drops the table's indexes while f fills it: building them once afterwards
// takes a fraction of the time.
func (f filler) around(table string, fill func() error) error {
	drop, create, err := f.dialect.indexes(f.ctx, f.db, table)
	if err != nil {
		return err
	}
	if err := f.exec(drop...); err != nil {
		return err
	}
	if err := fill(); err != nil {
		return err
	}
	return f.exec(create...)
}

func (f filler) people(c *crowd) error {
	columns := "id, sub, username, username_key, email, email_key, email_domain, email_verified, " +
		"first_name, first_key, last_name, last_key, role, active, password_hash, joined_at, last_login_at"
	return f.insert("users", columns, c.size, func(i int, args []any) []any {
		u := c.person(i)
		_, domain, _ := strings.Cut(u.EmailKey, "@")
		return append(args, u.ID, u.Sub, u.Username, u.UsernameKey, u.Email, u.EmailKey, domain, u.EmailVerified,
			u.FirstName, names.Fold(u.FirstName), u.LastName, names.Fold(u.LastName), string(u.Role), u.Active, u.PasswordHash,
			u.JoinedAt.UnixMilli(), u.LastLoginAt.UnixMilli())
	})
}

func (f filler) names(c *crowd) error {
	return f.insert("user_names", "digest, user_id", 2*c.size, func(i int, args []any) []any {
		u := c.person(i / 2)
		digest := store.DigestOf([]string{u.UsernameKey, u.EmailKey}[i%2])
		return append(args, digest[:], u.ID)
	})
}

func (f filler) sessions(c *crowd, known []signIn) error {
	columns := "id, user_id, client_id, scope, resources, auth_time, created_at, expires_at, last_used_at, ended_at, end_reason, " +
		"ip, user_agent, gen, jti, prev_jti, token_iat, token_exp, token_role, key_id, rotated_at"
	n := max(c.size, len(known))
	return f.insert("sessions", columns, n, func(i int, args []any) []any {
		s := c.session(i, known[0].session.Rotation.KeyID)
		if i < len(known) {
			s = known[i].session
		}
		r := s.Rotation
		return append(args, s.ID, s.UserID, s.ClientID, s.Scope, resourcesOf(s), s.SignIn.At.UnixMilli(), s.CreatedAt.UnixMilli(),
			s.ExpiresAt.UnixMilli(), s.LastUsedAt.UnixMilli(), 0, "", s.IP, s.UserAgent,
			r.Gen, r.JTI, "", r.IssuedAt.UnixMilli(), r.ExpiresAt.UnixMilli(), string(r.Role), r.KeyID, s.CreatedAt.UnixMilli())
	})
}

// counts fills the counter rows. Sixteen rows share a class's count, and a person is
// always counted in the same one.
func (f filler) counts(c *crowd) error {
	const shards = 16
	type row struct {
		role   store.Role
		active bool
		shard  int
	}
	found := map[row]int{}
	for i := range c.size {
		found[row{role(i), active(i), (firstID + i) % shards}]++
	}
	for r, n := range found {
		_, err := f.db.ExecContext(f.ctx, "UPDATE user_counts SET n = n + ? WHERE role = ? AND active = ? AND shard = ?",
			n, string(r.role), r.active, r.shard)
		if err != nil {
			return err
		}
	}
	return nil
}
