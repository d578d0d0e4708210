package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// clientFlags has a flag for each attribute of an app.
type clientFlags struct {
	attributes []client.Attribute
	// given points to the values of the flags, by the flag's name.
	given  map[string]any
	public bool
}

// add defines a flag for each attribute except those named in but.
func (f *clientFlags) add(set *pflag.FlagSet, grants grant.List, but ...string) {
	set.SortFlags = false
	f.given = map[string]any{}
	for _, a := range client.Attributes(grants) {
		if slices.Contains(but, a.Name) {
			continue
		}
		f.attributes = append(f.attributes, a)
		switch a.Kept(&store.Client{}).(type) {
		case *string:
			f.given[a.Flag] = set.String(a.Flag, "", a.Usage)
		case *bool:
			f.given[a.Flag] = set.Bool(a.Flag, false, a.Usage)
		case *[]string:
			f.given[a.Flag] = set.StringArray(a.Flag, nil, a.Usage)
		case *int:
			f.given[a.Flag] = set.Int(a.Flag, 0, a.Usage)
		case *time.Duration:
			f.given[a.Flag] = set.Duration(a.Flag, 0, a.Usage)
		}
	}
	set.BoolVar(&f.public, "public", false, "the app cannot keep a secret; same as --auth-method "+store.NoSecret)
}

// input returns the attributes whose flags were given.
func (f *clientFlags) input(set *pflag.FlagSet) (client.Input, error) {
	var in client.Input
	if f.public {
		in.AuthMethod = fields.Given(store.NoSecret)
	}
	for _, a := range f.attributes {
		if !set.Changed(a.Flag) {
			continue
		}
		if err := send(a.Sent(&in), f.given[a.Flag], a); err != nil {
			return in, err
		}
	}
	return in, nil
}

// send writes the flag's value given to the field to of the input.
func send(to, given any, a client.Attribute) error {
	switch given := given.(type) {
	case *string:
		text, err := textOf(*given, a)
		*to.(*fields.Text) = text
		return err
	case *bool:
		*to.(*fields.Flag) = fields.On(*given)
	case *[]string:
		*to.(*fields.List) = fields.Listed(*given...)
	case *int:
		*to.(*fields.Number) = fields.Whole(int64(*given))
	case *time.Duration:
		*to.(*fields.Number) = seconds(*given)
	}
	return nil
}

// textOf returns the flag's value or, for a document, the content of the file that it names.
func textOf(given string, a client.Attribute) (fields.Text, error) {
	if a.Kind != client.Document {
		return fields.Given(given), nil
	}
	if given == "" {
		return fields.Text{}, nil
	}
	content, err := os.ReadFile(given) //nolint:gosec // G304: the file that the operator names
	if err != nil {
		return fields.Text{}, fmt.Errorf("--%s: %w", a.Flag, err)
	}
	return fields.Given(string(content)), nil
}

// seconds rounds away from 0, which stands for the default.
func seconds(d time.Duration) fields.Number {
	if d > 0 && d < time.Second {
		d = time.Second
	}
	return fields.Whole(int64(d / time.Second))
}
