package events

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"gatehouse/handlers/pages"
)

// members returns the values of before or after, by name; none if it is not an object.
func members(raw json.RawMessage) (all map[string]any) {
	_ = json.Unmarshal(raw, &all)
	return all
}

// before and after are the marks of what a change of one thing began and ended with.
func (t *told) before() string { return t.value(plain(t.detail.Before)) }
func (t *told) after() string  { return t.value(plain(t.detail.After)) }

// plain writes a value as people read it: a text without its quotes.
func plain(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// attributes names what changed of an app or an API, as the API and the command line do.
func (t *told) attributes() string {
	return t.value(strings.Join(slices.Sorted(maps.Keys(members(t.detail.After))), ", "))
}

func (t *told) created() string {
	switch t.detail.By {
	case "signup":
		return t.Say("%s signed up.", t.whom())
	case "bootstrap":
		return t.Say("%s became the first administrator.", t.whom())
	}
	return t.Say("%s created the account of %s.", t.who(), t.whom())
}

// updated tells a change of one attribute that matters by itself, or else names all that
// changed.
func (t *told) updated() string {
	before, after := members(t.detail.Before), members(t.detail.After)
	if len(after) == 1 {
		if role, changed := after["role"].(string); changed {
			was, _ := before["role"].(string)
			return t.Say("%s changed the role of %s from %s to %s.", t.who(), t.whom(), Role(t.request, was), Role(t.request, role))
		}
		switch active, changed := after["is_active"].(bool); {
		case changed && active:
			return t.Say("%s activated the account of %s.", t.who(), t.whom())
		case changed:
			return t.Say("%s deactivated the account of %s.", t.who(), t.whom())
		}
	}
	what := changed(t.request, after)
	if t.own() {
		return t.Say("%s changed their own account: %s.", t.who(), what)
	}
	return t.Say("%s changed the account of %s: %s.", t.who(), t.whom(), what)
}

// Role says a role in words, as the end of a sentence.
func Role(r *http.Request, role string) string {
	switch role {
	case "admin":
		return pages.Say(r, "administrator")
	case "staff":
		return pages.Say(r, "staff")
	}
	return pages.Say(r, "person")
}

// clientCreated and clientUpdated also tell what apps did to their own entries.
func (t *told) clientCreated() string {
	if strings.HasPrefix(t.event.Actor, "registration") {
		return t.Say("The app %s registered itself.", t.whom())
	}
	return t.Say("%s registered the app %s.", t.who(), t.whom())
}

func (t *told) clientUpdated() string {
	if t.own() {
		return t.Say("The app %s changed what it says of itself: %s.", t.whom(), t.attributes())
	}
	return t.Say("%s changed the app %s: %s.", t.who(), t.whom(), t.attributes())
}
