package replay

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gatehouse/internal/profile"
)

// An answer is a response whose body was read.
type answer struct {
	status int
	body   string
}

// news are the fields that the old answers did not have.
var news = append(profile.Names(), "sub", "email_verified", "date_joined", "last_login", "updated_at")

// difference says how got differs from the row's answer, or returns "" if it does not.
func (p *player) difference(r row, got answer) string {
	if got.status != r.Status {
		return fmt.Sprintf("status %d, not %d: %s", got.status, r.Status, got.body)
	}
	var old any
	if err := json.Unmarshal(r.Response, &old); err != nil {
		return "reading the old answer: " + err.Error()
	}
	if old == "" {
		if got.body != "" {
			return "a body, where there was none: " + got.body
		}
		return ""
	}
	var ours any
	if err := json.Unmarshal([]byte(got.body), &ours); err != nil {
		return "not JSON: " + got.body
	}
	return p.compare("", old, ours)
}

// compare compares two values, except for tokens and new fields.
func (p *player) compare(at string, old, ours any) string {
	switch old := old.(type) {
	case map[string]any:
		got, ok := ours.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: not an object", at)
		}
		return p.compareObjects(at, old, got)
	case []any:
		got, ok := ours.([]any)
		if !ok {
			return fmt.Sprintf("%s: not a list", at)
		}
		if len(old) > 0 && isPerson(old[0]) {
			return p.comparePeople(old, got)
		}
		if len(old) == len(got) {
			for i := range old {
				if d := p.compare(fmt.Sprintf("%s[%d]", at, i), old[i], got[i]); d != "" {
					return d
				}
			}
			return ""
		}
	case string:
		if got, ok := ours.(string); ok && strings.HasPrefix(old, "<") && strings.Count(got, ".") == 2 {
			return "" // a token
		}
	}
	if !reflect.DeepEqual(old, ours) {
		return fmt.Sprintf("%s: %v, not %v", at, ours, old)
	}
	return ""
}

func (p *player) compareObjects(at string, old, got map[string]any) string {
	person := isPerson(old)
	for key, want := range old {
		if key == "is_staff" && person {
			want = old["role"] != "user" // in the old application it was false for everybody
		}
		value, ok := got[key]
		if !ok {
			return fmt.Sprintf("%s: no %s", at, key)
		}
		if d := p.compare(at+"."+key, want, value); d != "" {
			return d
		}
	}
	for key := range got {
		_, known := old[key]
		switch {
		case known, person && slices.Contains(news, key):
		case key == "user" && old["message"] != nil: // the person who was created
		case key == "refresh" && old["access"] != nil: // the successor
		default:
			return fmt.Sprintf("%s: %s is new", at, key)
		}
	}
	return ""
}

// comparePeople compares lists of people by ID. It ignores old people whom our server
// cannot have, and people whom only our server has.
func (p *player) comparePeople(old, got []any) string {
	here := map[int64]any{}
	for _, one := range got {
		if u := one.(map[string]any); !isOurs(u["username"].(string)) && !strings.HasPrefix(u["username"].(string), "nobody") {
			here[int64(u["id"].(float64))] = one
		}
	}
	for _, one := range old {
		id := int64(one.(map[string]any)["id"].(float64))
		if who := p.people[id]; who == nil || who.id == 0 {
			continue
		}
		if d := p.compare(fmt.Sprintf("[%d]", id), one, here[id]); d != "" {
			return d
		}
		delete(here, id)
	}
	if len(here) > 0 {
		return fmt.Sprintf("%d people whom the old list does not have: %v", len(here), here)
	}
	return ""
}

func isPerson(v any) bool {
	u, ok := v.(map[string]any)
	return ok && u["id"] != nil && u["username"] != nil
}
