package console

import (
	"net/url"

	"gatehouse/internal/account"
	"gatehouse/store"
	"gatehouse/web"
)

// choices are the filters of people, each a parameter of account.Browsing with its value.
var choices = []struct{ name, value, text string }{
	{"role", string(store.RoleAdmin), "Administrators"},
	{"role", string(store.RoleStaff), "Staff"},
	{"role", string(store.RoleUser), "People without a role"},
	{"state", account.StateActive, "Active"},
	{"state", account.StateDeactivated, "Deactivated"},
	{"unverified", account.Set, "E-mail not verified"},
	{"factor", account.FactorHas, "With a second factor"},
	{"factor", account.FactorNone, "Without a second factor"},
	{"idle", account.Set, "No sign-in for 90 days"},
}

// chips are links that set a filter, or take it away if it is set, and keep the others.
func chips(query url.Values) (all []web.Filter) {
	kept := only(query, account.Browsing()...)
	for _, c := range choices {
		chosen := kept.Get(c.name) == c.value
		value := c.value
		if chosen {
			value = ""
		}
		all = append(all, web.Filter{Text: c.text, Address: with(kept, c.name, value), Chosen: chosen})
	}
	return all
}

// with returns the path of the first page of the list with one parameter changed; an empty
// value takes it away.
func with(query url.Values, name, value string) string {
	changed := url.Values{}
	for n, values := range query {
		changed[n] = values
	}
	changed.Del(name)
	if value != "" {
		changed.Set(name, value)
	}
	return onward(peoplePath, changed, "")
}
