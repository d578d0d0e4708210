package client

import (
	"context"
	"fmt"
	"net/url"

	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// A Page is one page of the list of clients, by ID.
type Page struct {
	Clients []store.Client
	// Total is the number of clients on all pages.
	Total int64
	// Next is the cursor of the page that follows; empty if this is the last.
	Next string
}

const list = "clients"

// List returns the page that the parameters limit and cursor ask for.
func (s *Service) List(ctx context.Context, parameters url.Values) (Page, error) {
	limit := cursor.DefaultLimit
	if parameters.Has("limit") {
		var fault string
		if limit, fault = cursor.Limit(parameters.Get("limit")); fault != "" {
			return Page{}, fields.New("limit", fault)
		}
	}
	var after string
	if parameters.Has("cursor") {
		if err := s.Cursors.Open(list, parameters.Get("cursor"), &after); err != nil {
			return Page{}, fields.New("cursor", "Invalid cursor.")
		}
	}
	clients, err := s.DB.ListClients(ctx, after, limit+1)
	if err != nil {
		return Page{}, fmt.Errorf("listing clients: %w", err)
	}
	total, err := s.DB.CountClients(ctx)
	if err != nil {
		return Page{}, fmt.Errorf("counting clients: %w", err)
	}
	page := Page{Clients: clients, Total: total}
	if len(clients) > limit {
		page.Clients = clients[:limit]
		page.Next, err = s.Cursors.Seal(list, clients[limit-1].ID)
	}
	return page, err
}
