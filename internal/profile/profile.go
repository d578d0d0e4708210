// Package profile lists the attributes of a user that store.User has no columns for: the
// standard claims of OIDC Core 1.0 §5.1. The list serves to decode requests, to write
// answers and to make the API document. Package claims decides which of them a client
// gets.
package profile

import (
	"strings"

	"gatehouse/internal/fields"
	"gatehouse/store"
)

// An Attribute is one text of a profile, or one flag.
type Attribute struct {
	// Name is the name of the claim. Parts of the address have names such as
	// "address.country".
	Name string
	// Text returns where a text is stored; nil for a flag.
	Text func(*store.Profile) *string
	// Flag returns where a flag is stored; nil for a text. Only administrators set flags.
	Flag func(*store.Profile) *bool
	Form Form
	// Doc says in the API document what Name and Form do not.
	Doc string
	// Example is a text as it is stored.
	Example string
}

// List has all attributes in the order of answers. The parts of an object are adjacent.
var List = []Attribute{
	{Name: "middle_name", Text: func(p *store.Profile) *string { return &p.MiddleName }, Form: line(maxName), Example: "Pleasance"},
	{Name: "nickname", Text: func(p *store.Profile) *string { return &p.Nickname }, Form: line(maxName), Example: "Al"},
	{Name: "profile", Text: func(p *store.Profile) *string { return &p.PageURL }, Form: webAddress, Doc: "The person's own page.", Example: "https://alice.example.com/#me"},
	{Name: "picture", Text: func(p *store.Profile) *string { return &p.Picture }, Form: webAddress, Example: "https://images.example.com/alice.jpg"},
	{Name: "website", Text: func(p *store.Profile) *string { return &p.Website }, Form: webAddress, Example: "https://alice.example.com"},
	{Name: "gender", Text: func(p *store.Profile) *string { return &p.Gender }, Form: line(50), Doc: "`female`, `male` or any other word.", Example: "female"},
	{Name: "birthdate", Text: func(p *store.Profile) *string { return &p.Birthdate }, Form: birthdate, Example: "0000-05-04"},
	{Name: "zoneinfo", Text: func(p *store.Profile) *string { return &p.ZoneInfo }, Form: timeZone, Example: "Europe/London"},
	{Name: "locale", Text: func(p *store.Profile) *string { return &p.Locale }, Form: locale, Example: "en-GB"},
	{Name: "phone_number", Text: func(p *store.Profile) *string { return &p.PhoneNumber }, Form: phoneNumber, Example: "+442079460958"},
	{Name: "phone_number_verified", Flag: func(p *store.Profile) *bool { return &p.PhoneProved }, Form: flag, Doc: "Set by administrators; a new number is not verified."},
	{Name: "address.formatted", Text: func(p *store.Profile) *string { return &p.Address.Formatted }, Form: lines(1000), Doc: "As on an envelope, with line feeds.", Example: "Christ Church\nOxford"},
	{Name: "address.street_address", Text: func(p *store.Profile) *string { return &p.Address.Street }, Form: lines(500), Doc: "Perhaps with line feeds.", Example: "St Aldate's"},
	{Name: "address.locality", Text: func(p *store.Profile) *string { return &p.Address.Locality }, Form: line(maxName), Doc: "City or town.", Example: "Oxford"},
	{Name: "address.region", Text: func(p *store.Profile) *string { return &p.Address.Region }, Form: line(maxName), Doc: "State, province or county.", Example: "Oxfordshire"},
	{Name: "address.postal_code", Text: func(p *store.Profile) *string { return &p.Address.PostalCode }, Form: line(40), Example: "OX1 1DP"},
	{Name: "address.country", Text: func(p *store.Profile) *string { return &p.Address.Country }, Form: line(maxName), Example: "GB"},
}

// Texts are the attributes that people can set for themselves.
var Texts = chosen(func(a Attribute) bool { return a.Text != nil })

// Flags are the attributes that only an administrator can set, and not for themselves.
var Flags = chosen(func(a Attribute) bool { return a.Flag != nil })

func chosen(by func(Attribute) bool) (some []Attribute) {
	for _, a := range List {
		if by(a) {
			some = append(some, a)
		}
	}
	return some
}

// Part returns the object that the attribute is part of, or "", and its name there.
func (a Attribute) Part() (object, name string) {
	if object, name, within := strings.Cut(a.Name, "."); within {
		return object, name
	}
	return "", a.Name
}

// At returns a pointer to the attribute in p: a *string or a *bool.
func (a Attribute) At(p *store.Profile) any {
	if a.Flag != nil {
		return a.Flag(p)
	}
	return a.Text(p)
}

// Schema returns the attribute's schema in the API document.
func (a Attribute) Schema() fields.Schema {
	if a.Form.Name != "" {
		return fields.Component(a.Form.Name).Saying(a.Doc)
	}
	return a.Form.Schema.Saying(a.Doc)
}

var byName = func() map[string]Attribute {
	all := map[string]Attribute{}
	for _, a := range List {
		all[a.Name] = a
	}
	return all
}()

// Value returns the value of the named attribute of p, or nil if the name is unknown.
func Value(p store.Profile, name string) any {
	switch a := byName[name]; {
	case a.Text != nil:
		return *a.Text(&p)
	case a.Flag != nil:
		return *a.Flag(&p)
	}
	return nil
}

// Names returns the names of the members of an answer: an object's name once, and not
// those of its parts.
func Names() []string {
	var names []string
	for _, a := range List {
		name, _, _ := strings.Cut(a.Name, ".")
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}
