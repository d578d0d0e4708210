package sqlstore_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/engine"

	"gorm.io/gorm"
)

// TestNoListReadsTheWholeTable: among ten thousand people, sessions, events and refusals, the
// statements of the console's lists are led by an index, and sort no more than a page.
func TestNoListReadsTheWholeTable(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			db := crowd(t, dsn(t), 1)
			fillLists(t, db)
			w := &watch{}
			db.Watch(func(inner gorm.ConnPool) gorm.ConnPool { w.ConnPool = inner; return w })
			for what, read := range lists(db) {
				w.seen = nil
				if err := read(t.Context()); err != nil {
					t.Errorf("reading %s: %v", what, err)
				}
				if len(w.seen) == 0 {
					t.Errorf("%s: no statement was seen, want some", what)
				}
				for _, s := range w.seen {
					if strings.Contains(s.query, "FROM user_counts") {
						continue // a hundred rows
					}
					for _, fault := range faults(t, db, what, s) {
						t.Errorf("%s: %s, want neither a scan nor a sort of it all, in\n%s", what, fault, s.query)
					}
				}
			}
		})
	}
}

// TestASearchLooksAtSomeAtATime: a page of a search that finds few among many tells where to go
// on, and the pages together have everybody.
func TestASearchLooksAtSomeAtATime(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			db := crowd(t, dsn(t), 1)
			idle := crowdSince.Add(-198 * 24 * time.Hour)
			want, err := db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByID, IdleSince: idle, Limit: 100})
			if err != nil {
				t.Fatalf("listing people: %v", err)
			}
			var found []int64
			q := store.UserQuery{OrderBy: store.ByMatch, Search: []string{"user"}, IdleSince: idle, Limit: 100, Most: store.Uncounted}
			for pages := 1; ; pages++ {
				page, err := db.ListUsers(t.Context(), q)
				if err != nil {
					t.Fatalf("searching: %v", err)
				}
				if pages == 1 && (len(page.Users) == len(want.Users) || !page.More) {
					t.Errorf("the first page has %d people of %d, and another follows: %t; want fewer, and another", len(page.Users), len(want.Users), page.More)
				}
				for _, u := range page.Users {
					found = append(found, u.ID)
				}
				if !page.More {
					break
				}
				q.After = &page.Last
			}
			slices.Sort(found)
			if len(found) != len(want.Users) || !slices.EqualFunc(found, want.Users, func(id int64, u store.User) bool { return id == u.ID }) {
				t.Errorf("found %d people: %v; want the %d of the list", len(found), found, len(want.Users))
			}
		})
	}
}

// TestATotalIsExactUpToItsBound: everybody is found by their address and by their last name, and
// counts once.
func TestATotalIsExactUpToItsBound(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			db := crowd(t, dsn(t), 1)
			for _, want := range []struct {
				word        string
				most, total int64
				beyond      bool
			}{{"lind03", 10_000, 500, false}, {"l", 10_000, 10_000, false}, {"l", 9_999, 9_999, true}, {"nobody", 10_000, 0, false}} {
				page, err := db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByMatch, Search: []string{want.word}, Limit: 10, Most: want.most})
				if err != nil || page.Total != want.total || page.Beyond != want.beyond {
					t.Errorf("%q, counted to %d: %d people, more %t, error %v; want %d, %t", want.word, want.most, page.Total, page.Beyond, err, want.total, want.beyond)
				}
			}
		})
	}
}

// lists are what the pages of the console read.
func lists(db *sqlstore.DB) map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"the last administrator": func(ctx context.Context) error { _, err := db.HasAdmin(ctx); return err },
		"active people":          func(ctx context.Context) error { _, err := db.CountActive(ctx, crowdSince); return err },
		"living sessions":        func(ctx context.Context) error { _, err := db.CountSessionsUpTo(ctx, "", 100, crowdSince); return err },
		"living sessions, app": func(ctx context.Context) error {
			_, err := db.CountSessionsUpTo(ctx, "spa", 100, crowdSince)
			return err
		},
		"sessions": func(ctx context.Context) error {
			_, err := db.NewestSessions(ctx, store.Mark{}, crowdSince, 50)
			return err
		},
		"sessions, far": func(ctx context.Context) error {
			_, err := db.NewestSessions(ctx, store.Mark{Millis: 5000, ID: "s5000"}, crowdSince, 50)
			return err
		},
		"sessions, person": func(ctx context.Context) error { _, err := db.ListSessions(ctx, 5000, crowdSince); return err },
		"sessions, ended":  func(ctx context.Context) error { _, err := db.EndedSessions(ctx, 50); return err },
		"browsers": func(ctx context.Context) error {
			_, err := db.NewestBrowsers(ctx, store.Mark{}, crowdSince, 50)
			return err
		},
		"a plot": func(ctx context.Context) error { _, err := db.Hourly(ctx, store.Tokens, crowdSince); return err },
		"plots of apps": func(ctx context.Context) error {
			_, err := db.HourlyOfBusiest(ctx, store.Tokens, crowdSince, 5)
			return err
		},
		"what an app uses": func(ctx context.Context) error { _, err := db.Uses(ctx, "spa", crowdSince); return err },
		"unusual refusals": func(ctx context.Context) error { _, err := db.GroupRefusals(ctx, crowdSince, 5); return err },
		"a refusal":        func(ctx context.Context) error { return missing(db.RefusalByRequest(ctx, "R")) },
	}
	for name, q := range userQueries() {
		all["people, "+name] = func(ctx context.Context) error { _, err := db.ListUsers(ctx, q); return err }
	}
	for name, q := range map[string]store.AuditQuery{
		"all": {}, "far": {Before: store.AuditSplit + 5000}, "actor": {Actor: "user:s1"}, "subject": {Subject: "user:s1"}, "kind": {Kind: "signin.ok"}, "kinds": {Kind: "signin.*"},
		"app": {Actor: "client:spa"}, "actor, kind": {Actor: "user:s1", Kind: "signin.ok"}, "request": {RequestID: "R"},
		"times": {Since: crowdBegan, Until: crowdBegan.Add(time.Hour)}, "kind, times": {Kind: "signin.ok", Since: crowdBegan},
	} {
		q.Limit = 50
		all["audit, "+name] = func(ctx context.Context) error { _, err := db.ListAudit(ctx, q); return err }
	}
	for name, q := range map[string]store.RefusalQuery{"all": {}, "far": {Before: 5000}, "app": {ClientID: "spa"}, "kind": {Kind: "redirect_uri"}} {
		q.Limit = 50
		all["refusals, "+name] = func(ctx context.Context) error { _, err := db.ListRefusals(ctx, q); return err }
	}
	return all
}

// crowdBegan is the time of one of the events: there is one every minute.
var crowdBegan = time.UnixMilli(0).Add(48 * time.Hour)

func missing(_ store.Refusal, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// userQueries are the chips, searches and orders of the list of people, and the next part of
// an act on many.
func userQueries() map[string]store.UserQuery {
	all := map[string]store.UserQuery{
		"next of an act": {OrderBy: store.ByUsername, Role: store.RoleUser, UpTo: 9000, After: &store.UserPosition{Text: "user5", ID: 5}, Most: store.Uncounted},
	}
	idle := crowdSince.Add(-90 * 24 * time.Hour)
	for _, by := range []store.UserOrder{store.ByID, store.ByUsername, store.ByEmail, store.ByJoined, store.ByLastLogin} {
		all[fmt.Sprintf("by %s", by)] = store.UserQuery{OrderBy: by}
		all[fmt.Sprintf("by %s, backwards", by)] = store.UserQuery{OrderBy: by, Descending: true}
		all[fmt.Sprintf("by %s, far", by)] = store.UserQuery{OrderBy: by, After: &store.UserPosition{Text: "user5", Millis: 5000, ID: 5000}}
	}
	for chip, q := range map[string]store.UserQuery{
		"administrators": {Role: store.RoleAdmin}, "staff": {Role: store.RoleStaff}, "users": {Role: store.RoleUser}, "active": {Active: new(true)}, "deactivated": {Active: new(false)},
		"unverified": {Verified: new(false)}, "factor": {Second: new(true)}, "no factor": {Second: new(false)}, "idle": {IdleSince: idle}, "everybody": {},
	} {
		q.OrderBy = store.ByUsername
		if chip == "idle" {
			q.OrderBy = store.ByLastLogin
		}
		all[chip] = q
		for word, search := range map[string][]string{"word": {"lind03"}, "letter": {"l"}, "two words": {"anna07", "anna08"}, "nobody": {"qqqq"}} {
			q.Search, q.OrderBy = search, store.ByMatch
			all[chip+", "+word] = q
		}
	}
	for name, q := range all {
		q.Limit = 40
		if q.Most == 0 {
			q.Most = 1000
		}
		all[name] = q
	}
	return all
}

// A watch notes the queries that pass.
type watch struct {
	gorm.ConnPool
	seen []seen
}

type seen struct {
	query string
	args  []any
}

func (w *watch) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	w.seen = append(w.seen, seen{query, args})
	return w.ConnPool.QueryContext(ctx, query, args...)
}

// newest are the lists that read an end of the primary key, or of the index of their order, and
// grouped those that add up or sort the few that an index leads to.
var (
	newest = []string{
		"audit, all", "refusals, all", "people, everybody", "people, by id", "people, by id, backwards",
		"people, by username", "people, by username, backwards", "people, by email", "people, by email, backwards",
	}
	grouped = []string{"a plot", "plots of apps", "what an app uses", "unusual refusals", "sessions, person"}
)

// faults says what is wrong with the plan of a statement.
func faults(t *testing.T, db *sqlstore.DB, what string, s seen) []string {
	t.Helper()
	explain, judge := "EXPLAIN ", mysqlFaults
	if db.Dialect.Name == "sqlite" {
		explain, judge = "EXPLAIN QUERY PLAN ", sqliteFaults
	}
	rows, err := db.Pool().QueryContext(t.Context(), explain+s.query, s.args...)
	if err != nil {
		t.Fatalf("%s: asking for the plan: %v", what, err)
	}
	defer rows.Close()
	all, err := judge(rows, slices.Contains(newest, what), slices.Contains(grouped, what))
	if err := errors.Join(err, rows.Err()); err != nil {
		t.Fatalf("%s: reading the plan: %v", what, err)
	}
	return all
}

var (
	sqliteReads = regexp.MustCompile(`^(SCAN|SEARCH) (\w+)`)
	sqliteMade  = regexp.MustCompile(`^(?:CO-ROUTINE|MATERIALIZE) (\w+)`)
)

// sqliteFaults returns the steps that scan a table, or sort what comes from one. A part that
// the query has made is short, and a DISTINCT ends with its limit.
func sqliteFaults(rows *sql.Rows, newest, grouped bool) (all []string, err error) {
	made, first := map[string]bool{}, map[int]string{} // what each level reads first
	for rows.Next() {
		var id, level, unused int
		var step string
		if err := rows.Scan(&id, &level, &unused, &step); err != nil {
			return nil, err
		}
		if name := sqliteMade.FindStringSubmatch(step); name != nil {
			made[name[1]] = true
		}
		if reads := sqliteReads.FindStringSubmatch(step); reads != nil {
			first[level] = cmp.Or(first[level], reads[2])
			if reads[1] == "SCAN" && !made[reads[2]] && reads[2] != "CONSTANT" && !newest {
				all = append(all, step)
			}
		}
		if strings.Contains(step, "TEMP B-TREE") && !strings.HasSuffix(step, "FOR DISTINCT") && !made[first[level]] && !grouped {
			all = append(all, step)
		}
	}
	return all, nil
}

// mysqlFaults returns the tables that are read as a whole or sorted.
func mysqlFaults(rows *sql.Rows, newest, grouped bool) (all []string, err error) {
	for rows.Next() {
		var id, kind, table, access, keys, key, length, ref, n, extra sql.NullString
		if err := rows.Scan(&id, &kind, &table, &access, &keys, &key, &length, &ref, &n, &extra); err != nil {
			return nil, err
		}
		if table.String == "" || strings.HasPrefix(table.String, "<") {
			continue // a part that the query has made
		}
		whole := access.String == "ALL" || access.String == "index" && !newest
		if whole || strings.Contains(extra.String, "filesort") && !grouped {
			all = append(all, strings.Join([]string{table.String, access.String, key.String, extra.String}, " "))
		}
	}
	return all, nil
}

// fillLists gives everybody a session in an app and in a browser, an event and a refusal.
func fillLists(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	if err := db.PartitionAudit(t.Context(), time.UnixMilli(0), 24*time.Hour); err != nil { // a day each
		t.Fatalf("making partitions: %v", err)
	}
	for _, statement := range []string{
		`INSERT INTO sessions (id, user_id, client_id, scope, resources, auth_time, created_at, expires_at, last_used_at, ended_at, end_reason, ip, user_agent, gen, jti, prev_jti, token_iat, token_exp, token_role, key_id, rotated_at)
			SELECT CONCAT('s', id), id, 'spa', '', '[]', id, id, 9000000000000, id, CASE WHEN id % 2 = 0 THEN 0 ELSE id END, '', '', '', 1, CONCAT('j', id), '', id, 9000000000000, role, 'k', id FROM users`,
		`INSERT INTO browser_sessions (id, cookie_digest, user_id, auth_time, amr, acr, created_at, last_seen_at, expires_at, ended_at, ip, user_agent)
			SELECT CONCAT('b', id), CAST(SUBSTR(CONCAT('00000000000000000000000000000000', id), -32) AS BINARY), id, id, '[]', '', id, id, 9000000000000, 0, '', '' FROM users`,
		`INSERT INTO audit_log (happened_at, kind, actor, subject, session_id, client_id, ip, request_id, detail)
			SELECT 60000 * id, CASE WHEN id % 10 = 0 THEN 'signin.refused' ELSE 'signin.ok' END, CONCAT('user:', sub), CONCAT('user:', sub), '', 'spa', '', CONCAT('r', id), '{}' FROM users`,
		`INSERT INTO refusals (id, request_id, at, last_at, times, kind, code, endpoint, client_id, user_id, network, reason, given, expected, parameters)
			SELECT CONCAT('r', id), CONCAT('r', id), id, id, 1, CASE WHEN id % 10 = 0 THEN 'redirect_uri' ELSE 'scope' END, '', '', CASE WHEN id % 10 = 0 THEN 'spa' ELSE 'app' END, 0, '', '', '', '', '{}' FROM users`,
		`INSERT INTO hourly_counts (client_id, kind, detail, began_at, n) SELECT CONCAT('c', id % 100), 'tokens', '', 3600000 * id, 1 FROM users`,
	} {
		if db.Dialect.Name == "sqlite" {
			statement = strings.ReplaceAll(statement, "AS BINARY", "AS BLOB")
		}
		for i := range 10 { // a thousand at a time
			err := db.Change(t.Context(), func(tx *gorm.DB) error { _, err := engine.Exec(tx, statement+" WHERE id % 10 = ?", i); return err })
			if err != nil {
				t.Fatalf("filling the tables: %v", err)
			}
		}
	}
	if db.Dialect.Name == "mysql" {
		err := db.Change(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("ANALYZE TABLE users, sessions, browser_sessions, audit_log, refusals, hourly_counts, user_words").Error
		})
		if err != nil {
			t.Fatalf("analyzing the tables: %v", err)
		}
	}
}
