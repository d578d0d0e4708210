package sqlstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/engine"

	"gorm.io/gorm"
)

// BenchmarkListsOfAMillion measures what the console asks for among a million people. The
// aim is 50 ms for any word:
//
//	go test -run none -bench ListsOfAMillion -benchtime 20x ./store/sqlstore
func BenchmarkListsOfAMillion(b *testing.B) {
	const most = 10_000
	queries := map[string]store.UserQuery{
		"everybody":             {OrderBy: store.ByUsername},
		"unverified":            {OrderBy: store.ByUsername, Verified: new(false)},
		"with a second factor":  {OrderBy: store.ByUsername, Second: new(true)},
		"administrators":        {OrderBy: store.ByUsername, Role: store.RoleAdmin},
		"idle":                  {OrderBy: store.ByLastLogin, IdleSince: crowdSince.Add(-90 * 24 * time.Hour)},
		"idle, unverified":      {OrderBy: store.ByUsername, Verified: new(false), IdleSince: crowdSince.Add(-90 * 24 * time.Hour)},
		"a rare word":           {Search: []string{"user777777"}},
		"a surname":             {Search: []string{"lind03"}},
		"a first name":          {Search: []string{"anna07"}},
		"a domain":              {Search: []string{"big.example"}},
		"one letter":            {Search: []string{"l"}},
		"two words":             {Search: []string{"anna07", "lind03"}},
		"two words, none both":  {Search: []string{"anna07", "anna08"}},
		"surname, admin":        {Search: []string{"lind03"}, Role: store.RoleAdmin},
		"surname, staff":        {Search: []string{"lind03"}, Role: store.RoleStaff},
		"surname, deactivated":  {Search: []string{"lind03"}, Active: new(false)},
		"surname, unverified":   {Search: []string{"lind03"}, Verified: new(false)},
		"surname, factor, idle": {Search: []string{"lind03"}, Second: new(true), IdleSince: crowdSince.Add(-90 * 24 * time.Hour)},
		"nobody":                {Search: []string{"qqqq"}},
	}
	for name, dsn := range backends {
		db := crowd(b, dsn(b), 100)
		for what, q := range queries {
			if len(q.Search) > 0 {
				q.OrderBy = store.ByMatch
			}
			q.Limit, q.Most = 50, most
			b.Run(name+"/"+what, func(b *testing.B) {
				for b.Loop() {
					if _, err := db.ListUsers(b.Context(), q); err != nil {
						b.Fatalf("listing: %v", err)
					}
				}
			})
		}
	}
}

var crowdSince = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

// crowd opens a database with so many times ten thousand people: twenty surnames and fifty
// first names, a tenth of them at one domain, and one in a hundred of most of what can be
// filtered by.
func crowd(b testing.TB, dsn string, times int) *sqlstore.DB {
	b.Helper()
	db, err := sqlstore.Open(b.Context(), sqlstore.Options{DSN: dsn, Timeout: 10 * time.Minute})
	if err != nil {
		b.Fatalf("opening the store: %v", err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(b.Context()); err != nil {
		b.Fatalf("migrating the database: %v", err)
	}
	digits := "(SELECT 0 AS d" + strings.Repeat(" UNION ALL SELECT %d", 9) + ")"
	digits = fmt.Sprintf(digits, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	for i := range 10 * times { // a thousand at a time: MySQL has five seconds for a statement
		number := fmt.Sprintf("%d * 1000", i)
		var from []string
		for place := range 3 {
			number += fmt.Sprintf(" + d%d.d * %d", place, []int{1, 10, 100}[place])
			from = append(from, fmt.Sprintf("%s d%d", digits, place))
		}
		err := db.Change(b.Context(), func(tx *gorm.DB) error {
			_, err := engine.Exec(tx, `INSERT INTO users (sub, username, username_key, email, email_key, email_domain, email_verified, first_name, first_key,
				last_name, last_key, role, active, password_hash, factors, joined_at, last_login_at, updated_at, profile)
				SELECT CONCAT('s', i), CONCAT('user', i), CONCAT('user', i), '', CONCAT(last, '.', i, '@', domain), domain, i % 100 <> 0, first, first, last, last,
				CASE WHEN i % 50000 = 0 THEN 'admin' WHEN i % 100 = 3 THEN 'staff' ELSE 'user' END, i % 33 <> 0, 'x', CASE WHEN i % 3 = 0 THEN 1 ELSE 0 END, 1, ? - (i * 7919 % 200) * 86400000, 0, ''
				FROM (SELECT i, CONCAT('anna', SUBSTR(CONCAT('0', i % 50), -2)) AS first, CONCAT('lind', SUBSTR(CONCAT('0', (i * 31) % 20), -2)) AS last,
				CASE WHEN i % 10 = 0 THEN 'big.example' ELSE CONCAT('d', i % 1000, '.example') END AS domain FROM (SELECT `+number+` AS i FROM `+strings.Join(from, ", ")+`) AS n) AS p`,
				crowdSince.UnixMilli())
			return err
		})
		if err != nil {
			b.Fatalf("adding people: %v", err)
		}
	}
	err = db.Change(b.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE user_counts SET n = (SELECT COUNT(*) FROM users u WHERE u.role = user_counts.role AND u.active = user_counts.active) WHERE shard = 0").Error
	})
	if err != nil {
		b.Fatalf("counting: %v", err)
	}
	return db
}
