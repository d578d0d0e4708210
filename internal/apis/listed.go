package apis

import (
	"context"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/store"
)

// Listed knows the scopes of the APIs that are listed in the server's metadata.
type Listed struct {
	Store interface {
		ListAPIs(ctx context.Context, after string, limit int) ([]store.API, error)
	}
	Now func() time.Time

	mu    sync.Mutex
	known authz.Scope
	asked time.Time
}

// listedPatience is how long the metadata may wait for the record.
const listedPatience = time.Second

// Scopes returns the scopes: by their names or, where two APIs have the same name or it is
// one of ours, as IDENTIFIER#name. It asks the record about once a second; while that does
// not answer, it returns what was the case before.
func (l *Listed) Scopes(ctx context.Context) authz.Scope {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	if age := now.Sub(l.asked); !l.asked.IsZero() && age >= 0 && age < apiMemory {
		return l.known
	}
	l.asked = now
	ctx, cancel := context.WithTimeout(ctx, listedPatience)
	defer cancel()
	if apis, err := l.Store.ListAPIs(ctx, "", MaxAPIs+1); err == nil {
		l.known = namesOf(apis)
	}
	return l.known
}

// namesOf returns the scopes of the APIs that are listed.
func namesOf(apis []store.API) authz.Scope {
	named, all := map[string]int{}, []string{}
	for _, token := range authz.AllScopes.Tokens() {
		named[token]++
	}
	each := func(do func(api store.API, name string)) {
		for _, api := range apis {
			for _, s := range api.Scopes {
				if api.ListedInMetadata && api.ID != store.OwnAPI {
					do(api, s.Name)
				}
			}
		}
	}
	each(func(_ store.API, name string) { named[name]++ })
	each(func(api store.API, name string) {
		if named[name] > 1 {
			name = long(api.Identifier, name)
		}
		all = append(all, name)
	})
	return authz.Scope(strings.Join(all, " "))
}
