package account

import (
	"strings"
	"time"

	"gatehouse/internal/fields"
	"gatehouse/internal/profile"
	"gatehouse/store"
)

// Attributes are what a caller sends about a user's profile, by the names of
// profile.List. An empty text removes the attribute. The name of an object has the
// problem of a value that is not an object.
type Attributes map[string]fields.Text

// A setting is an attribute and its new text.
type setting struct {
	profile.Attribute
	text string
}

// settings returns the settings for the valid texts and adds a fault for each other.
func (a Attributes) settings(now time.Time, faults *fields.Errors) []setting {
	a.objects(faults)
	var settings []setting
	for _, one := range profile.Texts {
		sent := a[one.Name]
		if sent.Problem != "" {
			faults.Add(one.Name, sent.Problem)
		}
		if !sent.Is() {
			continue
		}
		text, fault := strings.TrimSpace(sent.Value), ""
		if odd := fields.CharFaults(text, 0); odd != nil {
			faults.Add(one.Name, odd...)
			continue
		}
		if text != "" {
			text, fault = one.Form.Read(text, now)
		}
		if fault != "" {
			faults.Add(one.Name, fault)
		}
		settings = append(settings, setting{one, text})
	}
	return settings
}

// objects adds a fault for each value that should be an object but is not one.
func (a Attributes) objects(faults *fields.Errors) {
	for _, one := range profile.List {
		object, _ := one.Part()
		if problem := a[object].Problem; object != "" && problem != "" && !faults.Has(object) {
			faults.Add(object, problem)
		}
	}
}

// profileAgainst applies d to p and adds the differences to before and after. It returns
// nil if nothing differs.
func (d draft) profileAgainst(p store.Profile, before, after map[string]any) *store.ProfileText {
	is := p
	for _, s := range d.settings {
		if was := *s.Text(&p); was != s.text {
			*s.Text(&is) = s.text
			before[s.Name], after[s.Name] = was, s.text
		}
	}
	if is.PhoneNumber != p.PhoneNumber {
		is.PhoneProved = false // the proof was for the old number
	}
	if is.PhoneProved = d.numberVouch.over(is.PhoneNumber, is.PhoneProved); is.PhoneProved != p.PhoneProved {
		before["phone_number_verified"], after["phone_number_verified"] = p.PhoneProved, is.PhoneProved
	}
	if is == p {
		return nil
	}
	return new(is.Text())
}
