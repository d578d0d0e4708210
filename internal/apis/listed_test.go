package apis

import (
	"context"
	"errors"
	"testing"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/store"
)

// aList is a list of APIs that can be away.
type aList struct {
	apis  []store.API
	away  error
	asked int
}

func (l *aList) ListAPIs(context.Context, string, int) ([]store.API, error) {
	l.asked++
	return l.apis, l.away
}

func TestListed(t *testing.T) {
	list := &aList{apis: []store.API{
		{ID: "a", Identifier: "https://a.example", Scopes: scopes("read", "a:pay"), ListedInMetadata: true},
		{ID: "b", Identifier: "https://b.example", Scopes: scopes("read", "account"), ListedInMetadata: true},
		{ID: "c", Identifier: "https://c.example", Scopes: scopes("secret")},
		{ID: store.OwnAPI, Scopes: scopes("account"), ListedInMetadata: true},
	}}
	now := time.Unix(0, 0)
	listed := &Listed{Store: list, Now: func() time.Time { return now }}
	const want = authz.Scope("https://a.example#read a:pay https://b.example#read https://b.example#account")
	for range 3 {
		if got := listed.Scopes(t.Context()); got != want || list.asked != 1 {
			t.Errorf("scopes = %q after %d queries, want %q after one", got, list.asked, want)
		}
	}
	now, list.away = now.Add(time.Second), errors.New("away")
	if got := listed.Scopes(t.Context()); got != want || list.asked != 2 {
		t.Errorf("while the record is away: %q after %d queries, want what was the case before, after two", got, list.asked)
	}
	now, list.away, list.apis = now.Add(time.Second), nil, nil
	if got := listed.Scopes(t.Context()); got != "" {
		t.Errorf("after the APIs were deleted: %q, want none", got)
	}
}
