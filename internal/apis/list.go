package apis

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// A Page is one page of the list of APIs, by ID.
type Page struct {
	APIs []store.API
	// Total is the number of APIs on all pages.
	Total int64
	// Next is the cursor of the page that follows; empty if this is the last.
	Next string
}

const list = "apis"

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
	apis, err := s.after(ctx, after, limit+1)
	if err != nil {
		return Page{}, err
	}
	total, err := s.DB.CountAPIs(ctx)
	if err != nil {
		return Page{}, fmt.Errorf("counting APIs: %w", err)
	}
	page := Page{APIs: apis, Total: total + 1}
	if len(apis) > limit {
		page.APIs = apis[:limit]
		page.Next, err = s.Cursors.Seal(list, apis[limit-1].ID)
	}
	return page, err
}

// after returns up to limit APIs whose ID comes after the given one, with ours at its place.
func (s *Service) after(ctx context.Context, id string, limit int) ([]store.API, error) {
	apis, err := s.DB.ListAPIs(ctx, id, limit)
	if err != nil {
		return nil, fmt.Errorf("listing APIs: %w", err)
	}
	if id >= store.OwnAPI {
		return apis, nil
	}
	own, err := s.own(ctx)
	if err != nil {
		return nil, err
	}
	at, changed := slices.BinarySearchFunc(apis, store.OwnAPI, func(a store.API, id string) int { return strings.Compare(a.ID, id) })
	if changed {
		apis[at] = own
	} else {
		apis = slices.Insert(apis, at, own)
	}
	return apis[:min(len(apis), limit)], nil
}

// All returns every API, ours among them, by ID.
func (s *Service) All(ctx context.Context) ([]store.API, error) { return s.after(ctx, "", MaxAPIs+2) }
