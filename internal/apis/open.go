package apis

import (
	"gatehouse/internal/authz"
	"gatehouse/store"
)

// WithOpen adds to a canonical scope those of the APIs that are open to any client, as many
// as a registration may have.
func WithOpen(scope authz.Scope, all []store.API) authz.Scope {
	for _, api := range all {
		if api.ID == store.OwnAPI || api.Clients != store.ClientsAny {
			continue
		}
		for _, s := range api.Scopes {
			if more := scope.With(authz.Scope(long(api.Identifier, s.Name))); len(more) <= maxKeptBytes {
				scope = more
			}
		}
	}
	return scope
}
