package console

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/internal/attribute"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
	"gatehouse/web"
)

// attributes describe all that an app is registered with. The forms are drawn from them.
var attributes = client.Attributes(grant.Types())

// A form draws the fields of an app. Values are as a browser sends them; each parameter has
// one value: a list is name.0, name.1 and so on, and a set has name.value for each member.
type form struct {
	r      *http.Request
	values url.Values
	faults *fields.Errors
	// more is the list that gets one more empty line.
	more string
	// scopes are those to choose from.
	scopes []string
	// now are the values as they are saved, if they differ from what was shown.
	now url.Values
}

// attributeNamed returns the attribute with this name.
func attributeNamed(name string) client.Attribute {
	return attributes[slices.IndexFunc(attributes, func(a client.Attribute) bool { return a.Name == name })]
}

// field returns one attribute as a field.
func (f form) field(name string) web.AppField {
	a := attributeNamed(name)
	field := web.AppField{
		Name: name, ID: name, Label: labelOf(f.r, name), Hint: hintOf(f.r, a), Value: f.values.Get(name),
		Draw: drawn(a), Errors: f.said(name),
	}
	switch field.Draw {
	case "choice":
		for _, word := range a.Schema.Enum {
			field.Options = append(field.Options, web.AppOption{Value: word, Text: word, Chosen: word == field.Value})
		}
	case "set":
		field.Options = f.members(name, f.memberNames(a))
	case "lines":
		field.Lines, field.Errors = f.lines(name, field.Errors)
	}
	if f.now != nil && shownValue(f.now, name) != shownValue(f.values, name) {
		field.Now = shownValue(f.now, name)
	}
	return field
}

// drawn says how an attribute is drawn.
func drawn(a client.Attribute) string {
	switch a.Sent(&client.Input{}).(type) {
	case *fields.Flag:
		return "flag"
	case *fields.List:
		if a.Schema.Items != nil && a.Schema.Items.Enum != nil {
			return "set"
		}
		return "lines"
	}
	switch {
	case a.Name == "scope":
		return "set"
	case a.Kind == attribute.Choice:
		return "choice"
	case a.Kind == attribute.Document:
		return "area"
	}
	return "text"
}

// memberNames returns the members of a set.
func (f form) memberNames(a client.Attribute) []string {
	if a.Name == "scope" {
		return f.scopes
	}
	return a.Schema.Items.Enum
}

// members returns the members of a set, and after them those that are chosen all the same.
func (f form) members(name string, members []string) (options []web.AppOption) {
	for _, m := range append(slices.Clone(members), f.besides(name, members)...) {
		parameter := name + "." + m
		option := web.AppOption{Name: parameter, ID: fmt.Sprint(name, len(options)), Text: m, Value: f.values.Get(parameter), Chosen: f.values.Has(parameter)}
		if !option.Chosen {
			option.Value = strconv.Itoa(later + len(options))
		}
		if api, short, found := cutLast(m, "#"); found {
			option.Text, option.Note = short, api
		}
		options = append(options, option)
	}
	return options
}

// later is the place of members that are added to a set: after those that it had.
const later = 1000

func (f form) besides(name string, members []string) (others []string) {
	for _, m := range chosen(f.values, name) {
		if !slices.Contains(members, m) {
			others = append(others, m)
		}
	}
	return others
}

func cutLast(text, at string) (before, after string, found bool) {
	i := strings.LastIndex(text, at)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(at):], true
}

// maxLines is more than any list may have, so that one too many is told.
const maxLines = 40

// lines returns the lines of a list with their faults, an empty one after them, and the
// faults that are of no line.
func (f form) lines(name string, errors []string) (lines []web.AppLine, rest []string) {
	rest = errors
	values := listed(f.values, name)
	blank := 1
	if f.more == name || len(values) == 0 && name == "redirect_uris" {
		blank = 2
	}
	for i, value := range append(values, make([]string, blank)...) {
		line := web.AppLine{Name: fmt.Sprint(name, ".", i), ID: fmt.Sprint(name, i), Value: value}
		if value != "" {
			line.Errors, rest = ofLine(value, rest)
		}
		if meant := client.Meant(value); meant != "" && len(line.Errors) > 0 {
			line.Errors, line.Meant = []string{pages.Say(f.r, "An address begins with https://, or with http:// on this machine.")}, meant
		}
		lines = append(lines, line)
	}
	return lines, rest
}

// ofLine returns the faults that name a value, without its name, and the others.
func ofLine(value string, all []string) (its, others []string) {
	for _, message := range all {
		if fault, found := strings.CutPrefix(message, fmt.Sprintf("%.100q: ", value)); found {
			its = append(its, fault)
		} else {
			others = append(others, message)
		}
	}
	return its, others
}

// said returns the faults of a field in the language of the page.
func (f form) said(name string) (all []string) {
	if f.faults == nil {
		return nil
	}
	for _, message := range f.faults.Of(name) {
		all = append(all, pages.Told(f.r, message))
	}
	return all
}

// besidesFields returns the faults that are of no field of the form.
func (f form) besidesFields(names ...string) string {
	if f.faults == nil {
		return ""
	}
	var all []string
	for name := range f.faults.Map() {
		if !slices.Contains(names, name) {
			all = append(all, f.said(name)...)
		}
	}
	return strings.Join(all, " ")
}

// listed returns the lines of a list that are not empty.
func listed(values url.Values, name string) (lines []string) {
	for i := range maxLines {
		if line := strings.TrimSpace(values.Get(fmt.Sprint(name, ".", i))); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// chosen returns the members of a set that are chosen, in the order in which they were kept:
// the value of each is its place.
func chosen(values url.Values, name string) (members []string) {
	place := map[string]int{}
	for parameter := range values {
		if m, found := strings.CutPrefix(parameter, name+"."); found {
			place[m], _ = strconv.Atoi(values.Get(parameter)) // in the first place if it is none
			members = append(members, m)
		}
	}
	slices.SortFunc(members, func(a, b string) int { return cmp.Or(place[a]-place[b], strings.Compare(a, b)) })
	return members
}

// shownValue returns the value of a field in one line.
func shownValue(values url.Values, name string) string {
	switch a := attributeNamed(name); drawn(a) {
	case "lines":
		return strings.Join(listed(values, name), " ")
	case "set":
		return strings.Join(chosen(values, name), " ")
	}
	return values.Get(name)
}

// valuesOf returns what an app is registered with, as a form would send it.
func valuesOf(c store.Client) url.Values {
	values := url.Values{}
	for _, a := range attributes {
		put(values, a, a.Kept(&c))
	}
	return values
}

func put(values url.Values, a client.Attribute, kept any) {
	switch kept := kept.(type) {
	case *string:
		if a.Name == "scope" {
			putAll(values, a, authz.Scope(*kept).Tokens())
		} else if *kept != "" {
			values.Set(a.Name, *kept)
		}
	case *bool:
		if *kept {
			values.Set(a.Name, "on")
		}
	case *[]string:
		putAll(values, a, *kept)
	case *int:
		values.Set(a.Name, strconv.Itoa(*kept))
	case *time.Duration:
		values.Set(a.Name, span(*kept))
	}
}

func putAll(values url.Values, a client.Attribute, members []string) {
	for i, m := range members {
		if drawn(a) == "set" {
			values.Set(a.Name+"."+m, strconv.Itoa(i))
		} else {
			values.Set(fmt.Sprint(a.Name, ".", i), m)
		}
	}
}

// inputOf returns what a form says of the attributes that it has: browsers do not send what
// is empty or off.
func inputOf(values url.Values, names []string) (in client.Input) {
	for _, name := range names {
		if slices.ContainsFunc(attributes, func(a client.Attribute) bool { return a.Name == name }) {
			take(&in, attributeNamed(name), values)
		}
	}
	return in
}

func take(in *client.Input, a client.Attribute, values url.Values) {
	switch to := a.Sent(in).(type) {
	case *fields.Text:
		*to = fields.Given(values.Get(a.Name))
		if a.Name == "scope" {
			*to = fields.Given(strings.Join(append(chosen(values, "scope"), strings.Fields(values.Get("scope"))...), " "))
		}
	case *fields.Flag:
		*to = fields.On(values.Has(a.Name))
	case *fields.List:
		if drawn(a) == "set" {
			*to = fields.Listed(chosen(values, a.Name)...)
		} else {
			*to = fields.Listed(listed(values, a.Name)...)
		}
	case *fields.Number:
		_, lasting := a.Kept(&store.Client{}).(*time.Duration)
		*to = numberOf(values.Get(a.Name), lasting)
	}
}
