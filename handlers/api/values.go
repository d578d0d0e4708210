package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"gatehouse/internal/fields"
)

// Has reports whether the field was sent.
func (b Body) Has(name string) bool {
	_, ok := b.values[name]
	return ok
}

// Text returns a string without surrounding white space. A number counts as its digits.
func (b Body) Text(name string) fields.Text {
	t := b.Verbatim(name)
	t.Value = strings.TrimSpace(t.Value)
	return t
}

// Verbatim returns a string as it was sent, for passwords.
func (b Body) Verbatim(name string) fields.Text {
	v, ok := b.values[name]
	if !ok {
		return fields.Text{}
	}
	switch v := v.(type) {
	case string:
		return fields.Given(v)
	case json.Number:
		return fields.Given(v.String())
	case nil:
		return fields.Text{Sent: true, Problem: fields.Null}
	}
	return fields.Text{Sent: true, Problem: fields.NotAString}
}

// Part returns an object within the body, or the problem if the value is not an object.
// An object that was not sent has no fields. In a form its fields have names like
// "address.country".
func (b Body) Part(name string) (part Body, problem string) {
	v, ok := b.values[name]
	switch v := v.(type) {
	case map[string]any:
		return Body{values: v}, ""
	case nil:
		if ok {
			return Body{}, fields.Null
		}
		return b.dotted(name), ""
	}
	return Body{}, fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", typeName(v))
}

func (b Body) dotted(name string) Body {
	part := Body{values: map[string]any{}, form: true}
	for field, value := range b.values {
		if rest, ok := strings.CutPrefix(field, name+"."); ok && b.form {
			part.values[rest] = value
		}
	}
	return part
}

// Document returns a JSON object as text; null is the empty text. A string is taken as
// the text itself, because forms can send nothing else.
func (b Body) Document(name string) fields.Text {
	switch v := b.values[name].(type) {
	case map[string]any:
		text, err := json.Marshal(v)
		if err != nil {
			return fields.Text{Sent: true, Problem: fields.NotAnObject}
		}
		return fields.Given(string(text))
	case string:
		return fields.Given(strings.TrimSpace(v))
	case nil:
		return fields.Text{Sent: b.Has(name)}
	}
	return fields.Text{Sent: true, Problem: fields.NotAnObject}
}

// Records returns a JSON list of objects as text. A form can send only the text.
func (b Body) Records(name string) fields.Text {
	switch v := b.values[name].(type) {
	case []any:
		text, err := json.Marshal(v)
		if err != nil {
			return fields.Text{Sent: true, Problem: fields.NotAList}
		}
		return fields.Given(string(text))
	case string:
		if b.form {
			return fields.Given(strings.TrimSpace(v))
		}
	case nil:
		if !b.Has(name) {
			return fields.Text{}
		}
	}
	return fields.Text{Sent: true, Problem: fields.NotAList}
}

// Choice returns one of a few words. In a form, a blank field counts as not sent.
func (b Body) Choice(name string) fields.Text {
	if b.form && b.values[name] == "" {
		return fields.Text{}
	}
	return b.Verbatim(name)
}

// Flag returns a boolean. A form says "true" or "false".
func (b Body) Flag(name string) fields.Flag {
	v, ok := b.values[name]
	if !ok {
		return fields.Flag{}
	}
	switch v {
	case true, "true", "True", "1":
		return fields.On(true)
	case false, "false", "False", "0":
		return fields.On(false)
	case nil:
		return fields.Flag{Sent: true, Problem: fields.Null}
	}
	return fields.Flag{Sent: true, Problem: fields.NotABoolean}
}

// List returns a list of strings. A form sends it as one string of words separated by
// spaces.
func (b Body) List(name string) fields.List {
	v, ok := b.values[name]
	if !ok {
		return fields.List{}
	}
	switch v := v.(type) {
	case nil:
		return fields.List{Sent: true, Problem: fields.Null}
	case string:
		if b.form {
			return fields.Listed(strings.Fields(v)...)
		}
	case []any:
		return listOf(v)
	}
	return fields.List{Sent: true, Problem: fields.NotAList}
}

func listOf(items []any) fields.List {
	list := fields.List{Sent: true, Values: make([]string, 0, len(items))}
	for _, item := range items {
		text, ok := item.(string)
		if !ok {
			return fields.List{Sent: true, Problem: fields.NotAString}
		}
		list.Values = append(list.Values, text)
	}
	return list
}

// Number returns a whole number. Null counts as 0.
func (b Body) Number(name string) fields.Number {
	v, ok := b.values[name]
	if !ok {
		return fields.Number{}
	}
	var digits string
	switch v := v.(type) {
	case nil:
		return fields.Whole(0)
	case json.Number:
		digits = v.String()
	case string:
		digits = v
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return fields.Number{Sent: true, Problem: fields.NotANumber}
	}
	return fields.Whole(n)
}

// Same reports whether the field was sent with the value shown, or not at all: a caller
// that sends back the value it was shown does not ask for a change.
func (b Body) Same(name string, shown any) bool {
	v, ok := b.values[name]
	if !ok {
		return true
	}
	switch v := v.(type) {
	case string:
		text, isText := shown.(string)
		return isText && v == text || b.form && v == printed(shown)
	case json.Number:
		n, isNumber := shown.(int64)
		return isNumber && v.String() == strconv.FormatInt(n, 10)
	case bool:
		return v == shown
	case nil:
		return shown == nil
	}
	return false
}

func printed(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// typeName is the name of a value's type in the messages that front ends know.
func typeName(v any) string {
	switch v := v.(type) {
	case []any:
		return "list"
	case string:
		return "str"
	case bool:
		return "bool"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "float"
		}
		return "int"
	}
	return "object"
}
