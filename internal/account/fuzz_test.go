package account

import (
	"net/url"
	"slices"
	"testing"
	"unicode/utf8"

	"gatehouse/internal/cursor"
	"gatehouse/internal/names"
	"gatehouse/store"
)

// Parameters become a bounded query with columns of ours, and a cursor continues only
// its own list.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"", "search=ann+%25_&role=admin&is_active=true&ordering=-date_joined&limit=5", "limit=0", "limit=1e3", "limit=%2B5", "ordering=password", "search=a&search=b", "search=%00", "search=a+b+c+d+e+f+g+h+i", "is_active=True", "cursor=AAAA", "role=%22king", "limit=9223372036854775808",
	} {
		f.Add(s)
	}
	orders := []store.UserOrder{store.ByID, store.ByUsername, store.ByEmail, store.ByJoined, store.ByLastLogin}
	s := &Service{Cursors: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}}
	f.Fuzz(func(t *testing.T, raw string) {
		parameters, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, err := s.query(parameters)
		if err != nil {
			return
		}
		if q.Limit < 1 || q.Limit > cursor.MaxLimit || !slices.Contains(orders, q.OrderBy) || q.Role != "" && !q.Role.Valid() || len(q.Search) > maxSearchWords {
			t.Errorf("%q asks for %+v, want bounded and known values", raw, q)
		}
		for _, word := range q.Search {
			if word == "" || !utf8.ValidString(word) || names.Plain(word) != word {
				t.Errorf("%q searches for %q, want a word that is folded and has no accents", raw, word)
			}
		}
		if q.After != nil {
			t.Errorf("%q has a cursor of ours, want none", raw)
		}
		mark, err := s.Cursors.Seal(bind(q), position(store.User{ID: 7, UsernameKey: "a"}, q.OrderBy))
		if err != nil {
			t.Fatalf("sealing the text: %v", err)
		}
		parameters.Set("cursor", mark)
		if next, err := s.query(parameters); err != nil || next.After == nil || next.After.ID != 7 {
			t.Errorf("%q continues after %+v, %v; want the ID 7", raw, next.After, err)
		}
		parameters.Set("search", parameters.Get("search")+" zz")
		if next, err := s.query(parameters); err == nil {
			t.Errorf("the cursor of %q opens %+v, want a refusal", raw, next)
		}
	})
}
