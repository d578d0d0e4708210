package account

import (
	"strings"
	"time"

	"gatehouse/internal/fields"
	"gatehouse/store"
)

// Attributes are what a caller sends about a person's profile: the standard claims
// that are no columns of store.User (OIDC Core 1.0 §5.1). An empty text takes the
// attribute away.
type Attributes struct {
	MiddleName, Nickname, PageURL, Picture, Website fields.Text
	Gender, Birthdate, ZoneInfo, Locale             fields.Text
	PhoneNumber                                     fields.Text
	Address                                         Address
}

// An Address is sent part by part, as it is changed.
type Address struct {
	// Problem says why what was sent is no address at all.
	Problem string

	Formatted, Street, Locality, Region, PostalCode, Country fields.Text
}

// An attribute is one text of a profile: where it was sent and where it is kept.
type attribute struct {
	name string
	sent fields.Text
	kept func(*store.Profile) *string
	// read gives the text the form in which it is kept, or says what is wrong with it.
	read func(text string) (kept, fault string)
}

// list names all of a, in the order in which answers have them.
func (a Attributes) list(now time.Time) []attribute {
	type p = store.Profile
	return []attribute{
		{"middle_name", a.MiddleName, func(p *p) *string { return &p.MiddleName }, line(maxName)},
		{"nickname", a.Nickname, func(p *p) *string { return &p.Nickname }, line(maxName)},
		{"profile", a.PageURL, func(p *p) *string { return &p.PageURL }, webAddress},
		{"picture", a.Picture, func(p *p) *string { return &p.Picture }, webAddress},
		{"website", a.Website, func(p *p) *string { return &p.Website }, webAddress},
		{"gender", a.Gender, func(p *p) *string { return &p.Gender }, line(50)},
		{"birthdate", a.Birthdate, func(p *p) *string { return &p.Birthdate }, birthdate(now)},
		{"zoneinfo", a.ZoneInfo, func(p *p) *string { return &p.ZoneInfo }, timeZone},
		{"locale", a.Locale, func(p *p) *string { return &p.Locale }, locale},
		{"phone_number", a.PhoneNumber, func(p *p) *string { return &p.PhoneNumber }, phoneNumber},
		{"address.formatted", a.Address.Formatted, func(p *p) *string { return &p.Address.Formatted }, lines(1000)},
		{"address.street_address", a.Address.Street, func(p *p) *string { return &p.Address.Street }, lines(500)},
		{"address.locality", a.Address.Locality, func(p *p) *string { return &p.Address.Locality }, line(maxName)},
		{"address.region", a.Address.Region, func(p *p) *string { return &p.Address.Region }, line(maxName)},
		{"address.postal_code", a.Address.PostalCode, func(p *p) *string { return &p.Address.PostalCode }, line(40)},
		{"address.country", a.Address.Country, func(p *p) *string { return &p.Address.Country }, line(maxName)},
	}
}

// A setting is an attribute with the text that it gets.
type setting struct {
	name, text string
	kept       func(*store.Profile) *string
}

// take returns what was sent and holds, and reports every fault.
func (a Attributes) take(now time.Time, faults *fields.Errors) []setting {
	var settings []setting
	if a.Address.Problem != "" {
		faults.Add("address", a.Address.Problem)
	}
	for _, one := range a.list(now) {
		if one.sent.Problem != "" {
			faults.Add(one.name, one.sent.Problem)
		}
		if !one.sent.Is() {
			continue
		}
		text, fault := strings.TrimSpace(one.sent.Value), ""
		if odd := fields.CharFaults(text, 0); odd != nil {
			faults.Add(one.name, odd...)
			continue
		}
		if text != "" {
			text, fault = one.read(text)
		}
		if fault != "" {
			faults.Add(one.name, fault)
		}
		settings = append(settings, setting{one.name, text, one.kept})
	}
	return settings
}

// profileAgainst returns the profile that d makes of p, and adds what differs to
// both sides of the record; nil if nothing does.
func (d draft) profileAgainst(p store.Profile, before, after map[string]any) *store.Profile {
	is := p
	for _, s := range d.settings {
		if was := *s.kept(&p); was != s.text {
			*s.kept(&is) = s.text
			before[s.name], after[s.name] = was, s.text
		}
	}
	if is.PhoneNumber != p.PhoneNumber && p.PhoneProved {
		is.PhoneProved = false // whoever answers the old number may not answer this one
		before["phone_number_verified"], after["phone_number_verified"] = true, false
	}
	if is == p {
		return nil
	}
	return &is
}
