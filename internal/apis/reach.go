package apis

import (
	"context"
	"fmt"

	"gatehouse/internal/authz"
	"gatehouse/store"
)

// A Reach counts the apps that an API is open to, and those that hold its scopes.
type Reach struct {
	// Registered are the apps that an administrator registered, and Strangers the others.
	Registered, Strangers int
	// Holders have a scope of the API in their registration, and Holding counts those of
	// each scope by its name.
	Holders int
	Holding map[string]int
	// More says that there are more apps than were counted.
	More bool
}

const (
	// counted bounds the apps that Reach reads, and countedAtOnce those of one query.
	counted       = 1000
	countedAtOnce = 500
)

// Reach counts apps, the first 1,000 by ID.
func (s *Service) Reach(ctx context.Context, a store.API) (Reach, error) {
	reach, after := Reach{Holding: map[string]int{}}, ""
	for range counted / countedAtOnce {
		clients, err := s.DB.ListClients(ctx, after, countedAtOnce)
		if err != nil {
			return Reach{}, fmt.Errorf("counting the apps of an API: %w", err)
		}
		for _, c := range clients {
			reach.add(a, c)
		}
		if len(clients) < countedAtOnce {
			return reach, nil
		}
		after = clients[len(clients)-1].ID
	}
	reach.More = true
	return reach, nil
}

func (r *Reach) add(a store.API, c store.Client) {
	if c.Origin == store.OriginRegistered {
		r.Registered++
	} else {
		r.Strangers++
	}
	held := false
	for _, token := range authz.Scope(c.Scope).Tokens() {
		if name, its := nameIn(a, token); its {
			r.Holding[name]++
			held = true
		}
	}
	if held {
		r.Holders++
	}
}

// nameIn returns the name of a canonical scope token in the API, if it is one of its.
func nameIn(a store.API, token string) (name string, its bool) {
	identifier, name, other := foreign(token)
	if other {
		return name, identifier == a.Identifier
	}
	_, its = a.Scope(name)
	return name, its && a.ID == store.OwnAPI
}
