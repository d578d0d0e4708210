package web

import (
	"html/template"
	"strings"
)

// A Field is an input with its label, for the template "field". A page writes it in one
// line:
//
//	{{template "field" field "email" (t "E-mail address") .Email .Errors.email `type="email" required` | focus true}}
type Field struct {
	// Name is the name of the input and its id.
	Name  string
	Label template.HTML
	Value string
	// Faults are what is wrong with the value, in the language of the page.
	Faults []string
	Hint   template.HTML
	// Attributes are further attributes of the input, written in the template itself.
	Attributes template.HTMLAttr
	Focus      bool
}

func field(name string, label template.HTML, value string, faults []string, attributes template.HTMLAttr) Field {
	return Field{Name: name, Label: label, Value: value, Faults: faults, Attributes: attributes}
}

// hint adds a line below the input.
func hint(text template.HTML, f Field) Field { f.Hint = text; return f }

// focus gives the input the focus when the page opens, if on.
func focus(on bool, f Field) Field { f.Focus = on; return f }

// Password reports whether the value is hidden while it is typed.
func (f Field) Password() bool { return strings.Contains(string(f.Attributes), `type="password"`) }

// DescribedBy returns the ids of the hint and of the faults.
func (f Field) DescribedBy() string {
	return describedBy(f.Name, f.Hint != "", len(f.Faults) > 0)
}

// describedBy returns the ids of the hint and of the faults of an input, if it has them.
func describedBy(id string, hint, faults bool) string {
	var ids []string
	if hint {
		ids = append(ids, id+"-hint")
	}
	if faults {
		ids = append(ids, id+"-error")
	}
	return strings.Join(ids, " ")
}

// A Room is what the pages of the account and of the console show around their content.
type Room struct {
	Account Account
	// Console says that the person may open the console, and Admin that they may see all
	// of it.
	Console, Admin bool
	// At is the item of the navigation that the page belongs to.
	At string
}

// A Frame is what all pages of the account and of the console show.
type Frame struct {
	Room
	// Said is what the form did that led here; empty: nothing.
	Said string
	// Problem is why the form could not be taken as a whole; empty: nothing.
	Problem string
}
