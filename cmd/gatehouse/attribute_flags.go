package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/internal/apis"
	"gatehouse/internal/attribute"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
)

// A described attribute is one of the record that a command is about.
type described struct {
	name, flag string
	schema     fields.Schema
}

// attributesOf returns the attributes of the APIs or apps that a command is about.
func attributesOf(cmd *cobra.Command) []described {
	if isAbout(cmd, "api") {
		return describe(apis.Attributes())
	}
	return describe(client.Attributes(grant.Types()))
}

// isAbout reports whether a command is one of a group.
func isAbout(cmd *cobra.Command, group string) bool {
	return cmd.HasParent() && cmd.Parent().Name() == group
}

func describe[Input, Record any](attributes []attribute.Attribute[Input, Record]) []described {
	all := make([]described, len(attributes))
	for i, a := range attributes {
		all[i] = described{a.Name, a.Flag, a.Schema}
	}
	return all
}

// attributeFlags has a flag for each attribute of a record.
type attributeFlags[Input, Record any] struct {
	attributes []attribute.Attribute[Input, Record]
	// given points to the values of the flags, by the flag's name.
	given map[string]any
}

// add defines a flag for each attribute except those named in but, and those of a type
// that one flag cannot hold.
func (f *attributeFlags[Input, Record]) add(set *pflag.FlagSet, attributes []attribute.Attribute[Input, Record], but ...string) {
	set.SortFlags = false
	f.given = map[string]any{}
	for _, a := range attributes {
		if slices.Contains(but, a.Name) {
			continue
		}
		f.attributes = append(f.attributes, a)
		switch a.Kept(new(Record)).(type) {
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
}

// read copies the attributes whose flags were given.
func (f *attributeFlags[Input, Record]) read(set *pflag.FlagSet, in *Input) error {
	for _, a := range f.attributes {
		if given, there := f.given[a.Flag]; there && set.Changed(a.Flag) {
			if err := send(a.Sent(in), given, a.Flag, a.Kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// send writes the flag's value given to the field to of an input.
func send(to, given any, flag string, kind attribute.Kind) error {
	switch given := given.(type) {
	case *string:
		text, err := textOf(*given, flag, kind)
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
func textOf(given, flag string, kind attribute.Kind) (fields.Text, error) {
	if kind != attribute.Document {
		return fields.Given(given), nil
	}
	if given == "" {
		return fields.Text{}, nil
	}
	content, err := os.ReadFile(given) //nolint:gosec // G304: the file that the operator names
	if err != nil {
		return fields.Text{}, fmt.Errorf("--%s: %w", flag, err)
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
