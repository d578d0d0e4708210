package account_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"

	"gatehouse/internal/fields"
	"gatehouse/store"
)

func TestEveryOrderShowsEachUserOnce(t *testing.T) {
	w := open(t)
	for i := range 11 {
		w.person(fmt.Sprintf("p%02d", (i*7)%11), store.RoleUser)
	}
	for _, ordering := range []string{"", "id", "-id", "username", "-username", "email", "-email", "date_joined", "-date_joined", "last_login", "-last_login"} {
		q := url.Values{"limit": {"3"}}
		if ordering != "" {
			q.Set("ordering", ordering)
		}
		seen := map[int64]bool{}
		for pages := 0; ; pages++ {
			page, err := w.List(t.Context(), q)
			if err != nil || page.Total != 11 || pages > 5 {
				t.Fatalf("%s: total %d, page %d, %v; want 11 in at most five pages", ordering, page.Total, pages, err)
			}
			for _, u := range page.Users {
				if seen[u.ID] {
					t.Errorf("%s: %s twice, want everybody once", ordering, u.Username)
				}
				seen[u.ID] = true
			}
			if page.Next == "" {
				break
			}
			q.Set("cursor", page.Next)
		}
		if len(seen) != 11 {
			t.Errorf("%s: %d people, want 11", ordering, len(seen))
		}
	}
}

func TestOddParametersAreRefused(t *testing.T) {
	w := open(t)
	for _, name := range []string{"a1", "a2", "a3"} {
		w.person(name, store.RoleUser)
	}
	first, err := w.List(t.Context(), url.Values{"limit": {"1"}})
	if err != nil || first.Next == "" {
		t.Fatalf("listing the users: next %q, %v; want a cursor", first.Next, err)
	}
	for _, c := range []struct {
		query, field string
	}{
		{"limit=0", "limit"}, {"limit=1001", "limit"}, {"limit=x", "limit"}, {"limit=", "limit"}, {"limit=1&limit=2", "limit"}, {"limit=99999999999999999999", "limit"},
		{"ordering=password", "ordering"}, {"ordering=id%3BDROP", "ordering"}, {"ordering=--id", "ordering"}, {"ordering=", "ordering"},
		{"role=king", "role"}, {"role=", "role"}, {"role=%ff", "role"},
		{"is_active=yes", "is_active"}, {"is_active=", "is_active"},
		{"search=%00", "search"}, {"search=%ff", "search"}, {"search=a+b+c+d+e+f+g+h+i", "search"},
		{"cursor=", "cursor"}, {"cursor=x", "cursor"}, {"cursor=' OR 1=1 --", "cursor"}, {"cursor=" + first.Next + "A", "cursor"},
		{"ordering=-id&cursor=" + first.Next, "cursor"}, {"role=user&cursor=" + first.Next, "cursor"}, {"search=a&cursor=" + first.Next, "cursor"},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatalf("%s: parsing the query: %v", c.query, err)
		}
		_, err = w.List(t.Context(), q)
		var faults *fields.Errors
		if !errors.As(err, &faults) || !faults.Has(c.field) {
			t.Errorf("%s: err = %v, want a fault in %s", c.query, err, c.field)
		}
	}
	if _, err := w.List(t.Context(), url.Values{"limit": {"2"}, "page": {"7"}, "cursor": {first.Next}}); err != nil {
		t.Errorf("another page size and an unknown parameter: err = %v, want none", err)
	}
}
