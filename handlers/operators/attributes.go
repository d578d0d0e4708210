package operators

import (
	"encoding/json"
	"time"

	"gatehouse/handlers/api"
	"gatehouse/internal/attribute"
	"gatehouse/internal/fields"
)

// shown returns the attributes of a record as in answers.
func shown[Input, Record any](attributes []attribute.Attribute[Input, Record], r *Record) []api.Member {
	list := make([]api.Member, len(attributes), len(attributes)+4)
	for i, a := range attributes {
		list[i] = api.Member{Name: a.Name, Of: answered(a.Kept(r), a.Kind)}
	}
	return list
}

// answered returns a pointer to an attribute as in answers: lists are never null, lifetimes
// are in seconds, and null stands for the default lifetime or number, or for no document.
func answered(kept any, kind attribute.Kind) any {
	switch kept := kept.(type) {
	case *[]string:
		return new(list(*kept))
	case *time.Duration:
		return new(inSeconds(*kept))
	case *int:
		return new(orDefault(*kept))
	case *string:
		if kind == attribute.Document {
			return new(orNull(*kept))
		}
		return kept
	default:
		return kept
	}
}

func orNull(set string) json.RawMessage {
	if set == "" {
		return json.RawMessage("null")
	}
	return json.RawMessage(set)
}

// list is never null.
func list(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

func orDefault(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func inSeconds(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	n := int64(d / time.Second)
	return &n
}

// read copies the attributes in a body to an input.
func read[Input, Record any](b api.Body, attributes []attribute.Attribute[Input, Record], in *Input) {
	for _, a := range attributes {
		switch to := a.Sent(in).(type) {
		case *fields.Text:
			*to = textOf(b, a.Name, a.Kind)
		case *fields.Flag:
			*to = b.Flag(a.Name)
		case *fields.List:
			*to = b.List(a.Name)
		case *fields.Number:
			*to = b.Number(a.Name)
		}
	}
}

func textOf(b api.Body, name string, kind attribute.Kind) fields.Text {
	switch kind {
	case attribute.Choice:
		return b.Choice(name)
	case attribute.Document:
		return b.Document(name)
	case attribute.Records:
		return b.Records(name)
	}
	return b.Text(name)
}
