package account

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/store"
)

const (
	// Each word of a search is one condition. A name has few words.
	maxSearchWords = 8
	maxSearchBytes = 512
)

// A Page is one page of the list of users.
type Page struct {
	Users []store.User
	// Total is the exact number of users on all pages. Beyond says that there may be more,
	// which only Browse leaves uncounted.
	Total  int64
	Beyond bool
	// Next is the cursor of the page that follows; empty if this is the last.
	Next string
}

// List returns the page that the parameters search, role, is_active, ordering, limit and
// cursor ask for. It ignores other parameters, but refuses an invalid one: a filter
// that is silently dropped would show users whom the caller did not ask for.
func (s *Service) List(ctx context.Context, parameters url.Values) (Page, error) {
	q, err := s.query(parameters)
	if err != nil {
		return Page{}, err
	}
	found, err := s.DB.ListUsers(ctx, q)
	if err != nil {
		return Page{}, fmt.Errorf("listing people: %w", err)
	}
	page := Page{Users: found.Users, Total: found.Total}
	if found.More && len(found.Users) > 0 {
		if page.Next, err = s.Cursors.Seal(bind(q), position(found.Users[len(found.Users)-1], q.OrderBy)); err != nil {
			return Page{}, err
		}
	}
	return page, nil
}

// query reads the parameters.
func (s *Service) query(parameters url.Values) (store.UserQuery, error) {
	faults := &fields.Errors{}
	get := func(name string) (string, bool) {
		values := parameters[name]
		if len(values) > 1 {
			faults.Add(name, "This parameter may be given once.")
		}
		return parameters.Get(name), len(values) == 1
	}
	q := store.UserQuery{OrderBy: store.ByID, Limit: cursor.DefaultLimit}
	for _, p := range []struct {
		name string
		read func(*store.UserQuery, string) string
	}{
		{"search", readSearch}, {"role", readRole}, {"is_active", readActive}, {"ordering", readOrdering}, {"limit", readLimit},
	} {
		if value, ok := get(p.name); ok {
			if fault := p.read(&q, value); fault != "" {
				faults.Add(p.name, fault)
			}
		}
	}
	mark, ok := get("cursor")
	if err := faults.Err(); err != nil || !ok {
		return q, err
	}
	q.After = &store.UserPosition{}
	err := s.Cursors.Open(bind(q), mark, q.After)
	if errors.Is(err, cursor.ErrForged) {
		return q, fields.New("cursor", "Invalid cursor.")
	}
	return q, err
}

func readSearch(q *store.UserQuery, value string) string {
	if len(value) > maxSearchBytes || len(fields.CharFaults(value, 0)) > 0 {
		return "This search cannot be made."
	}
	q.Search = strings.Fields(names.Plain(value))
	if len(q.Search) > maxSearchWords {
		return fmt.Sprintf("A search has no more than %d words.", maxSearchWords)
	}
	return ""
}

func readRole(q *store.UserQuery, value string) string {
	q.Role = store.Role(value)
	if !q.Role.Valid() {
		return notAChoice(value)
	}
	return ""
}

func notAChoice(value string) string {
	return fmt.Sprintf(`"%s" is not a valid choice.`, strings.ToValidUTF8(value, "\uFFFD"))
}

func readActive(q *store.UserQuery, value string) string {
	active := value == "true"
	if !active && value != "false" {
		return fields.NotABoolean
	}
	q.Active = &active
	return ""
}

// readOrdering chooses the column from a list, so that no text of the caller becomes SQL.
func readOrdering(q *store.UserQuery, value string) string {
	value, q.Descending = strings.CutPrefix(value, "-")
	orders := store.UserOrders()
	at := slices.Index(orders, store.UserOrder(value))
	if at < 0 {
		return "This is not a column to order by."
	}
	q.OrderBy = orders[at]
	return ""
}

func readLimit(q *store.UserQuery, value string) (fault string) {
	q.Limit, fault = cursor.Limit(value)
	return fault
}

// bind names the list that a cursor belongs to. It leaves out the page size, which may
// change from page to page.
func bind(q store.UserQuery) string {
	active := "any"
	if q.Active != nil {
		active = strconv.FormatBool(*q.Active)
	}
	return fmt.Sprintf("users %q %q %s %q %v", q.Search, q.Role, active, q.OrderBy, q.Descending)
}

func position(u store.User, by store.UserOrder) store.UserPosition {
	p := store.UserPosition{ID: u.ID}
	switch by {
	case store.ByUsername:
		p.Text = u.UsernameKey
	case store.ByEmail:
		p.Text = u.EmailKey
	case store.ByJoined:
		p.Millis = u.JoinedAt.UnixMilli()
	case store.ByLastLogin:
		if !u.LastLoginAt.IsZero() {
			p.Millis = u.LastLoginAt.UnixMilli()
		}
	case store.ByID:
	}
	return p
}
