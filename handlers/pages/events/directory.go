package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/audit"
	"gatehouse/store"
	"gatehouse/web"
)

// A Directory finds what the people and things of events are called.
type Directory struct {
	People interface {
		UsersBySub(ctx context.Context, subs []string) ([]store.User, error)
	}
	Apps interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	APIs interface {
		APIByID(ctx context.Context, id string) (store.API, error)
	}
}

// Names returns the names in the events: of people with one query, and of apps and APIs
// with one for each. Those that do not exist any more are not among them.
func (d Directory) Names(ctx context.Context, log []store.AuditEvent) (Names, error) {
	all := Names{}
	for _, name := range namesIn(log) {
		kind, id, _ := strings.Cut(name, ":")
		var part web.Part
		var err error
		switch kind {
		case "client":
			part, err = d.app(ctx, id)
		case "api":
			part, err = d.api(ctx, id)
		default:
			continue
		}
		switch {
		case err == nil:
			all[name] = part
		case !errors.Is(err, store.ErrNotFound):
			return nil, fmt.Errorf("reading the names in the audit log: %w", err)
		}
	}
	return all, d.people(ctx, log, all)
}

// namesIn returns the names in the events, each once.
func namesIn(log []store.AuditEvent) (all []string) {
	for _, event := range log {
		all = append(all, event.Actor, event.Subject)
		if event.ClientID != "" {
			all = append(all, audit.ClientSubject(event.ClientID))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (d Directory) app(ctx context.Context, id string) (web.Part, error) {
	c, err := d.Apps.ClientByID(ctx, id)
	return web.Part{Text: pages.NameOf(c), Name: true, Address: pages.AppPath(id)}, err
}

func (d Directory) api(ctx context.Context, id string) (web.Part, error) {
	a, err := d.APIs.APIByID(ctx, id)
	return web.Part{Text: a.Name, Name: true, Address: pages.APIPath(id)}, err
}

func (d Directory) people(ctx context.Context, log []store.AuditEvent, all Names) error {
	var subs []string
	for _, name := range namesIn(log) {
		if sub, person := strings.CutPrefix(name, "user:"); person {
			subs = append(subs, sub)
		}
	}
	people, err := d.People.UsersBySub(ctx, subs)
	if err != nil {
		return fmt.Errorf("reading the people of the audit log: %w", err)
	}
	for _, u := range people {
		all[audit.UserSubject(u.Sub)] = PersonPart(u)
	}
	return nil
}

// PersonPart returns a person as they stand in a sentence.
func PersonPart(u store.User) web.Part {
	return web.Part{Text: pages.FullNameOf(u), Name: true, Address: pages.PersonPath(u)}
}
