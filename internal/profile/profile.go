// Package profile lists the attributes of a person that are no columns of
// store.User: the standard claims of OIDC Core 1.0 §5.1. A request is decoded, an
// answer written and the API document composed from the list. Package claims
// says what an app may learn of it.
package profile

import (
	"strings"

	"gatehouse/internal/fields"
	"gatehouse/store"
)

// An Attribute is one text of a profile, or one flag.
type Attribute struct {
	// Name is that of the claim; a part of the address is "address.country" and the like.
	Name string
	// Text is where a text is kept.
	Text func(*store.Profile) *string
	// Flag is where a flag is kept, which nobody sets.
	Flag func(*store.Profile) *bool
	Form Form
	// Doc is for the API document: what Name and Form leave open.
	Doc string
	// Example is a text in the form in which it is kept.
	Example string
}

// List has all attributes, in the order in which answers have them; the parts of an
// object follow each other.
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
	{Name: "phone_number_verified", Flag: func(p *store.Profile) *bool { return &p.PhoneProved }, Form: flag, Doc: "Nobody sets it."},
	{Name: "address.formatted", Text: func(p *store.Profile) *string { return &p.Address.Formatted }, Form: lines(1000), Doc: "As on an envelope, with line feeds.", Example: "Christ Church\nOxford"},
	{Name: "address.street_address", Text: func(p *store.Profile) *string { return &p.Address.Street }, Form: lines(500), Doc: "Perhaps with line feeds.", Example: "St Aldate's"},
	{Name: "address.locality", Text: func(p *store.Profile) *string { return &p.Address.Locality }, Form: line(maxName), Doc: "City or town.", Example: "Oxford"},
	{Name: "address.region", Text: func(p *store.Profile) *string { return &p.Address.Region }, Form: line(maxName), Doc: "State, province or county.", Example: "Oxfordshire"},
	{Name: "address.postal_code", Text: func(p *store.Profile) *string { return &p.Address.PostalCode }, Form: line(40), Example: "OX1 1DP"},
	{Name: "address.country", Text: func(p *store.Profile) *string { return &p.Address.Country }, Form: line(maxName), Example: "GB"},
}

// Texts are the attributes that a caller can send.
var Texts = chosen(func(a Attribute) bool { return a.Text != nil })

// Flags are the attributes that nobody sets.
var Flags = chosen(func(a Attribute) bool { return a.Flag != nil })

func chosen(by func(Attribute) bool) (some []Attribute) {
	for _, a := range List {
		if by(a) {
			some = append(some, a)
		}
	}
	return some
}

// Part returns the object that the attribute is a part of, and its name there; the
// object of one that stands by itself is "".
func (a Attribute) Part() (object, name string) {
	if object, name, within := strings.Cut(a.Name, "."); within {
		return object, name
	}
	return "", a.Name
}

// At points to where p has the attribute: a *string or a *bool.
func (a Attribute) At(p *store.Profile) any {
	if a.Flag != nil {
		return a.Flag(p)
	}
	return a.Text(p)
}

// Schema is what the API document says of the attribute.
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

// Value is what p has under a name, or nil if there is no such attribute.
func Value(p store.Profile, name string) any {
	switch a := byName[name]; {
	case a.Text != nil:
		return *a.Text(&p)
	case a.Flag != nil:
		return *a.Flag(&p)
	}
	return nil
}

// Names are the names that an answer has: of an object once, of its parts none.
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
