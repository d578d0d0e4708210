package main

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/password"
	"gatehouse/internal/suggest"
	"gatehouse/store"
)

// explain returns a refusal in words for a terminal.
func explain(cmd *cobra.Command, err error) error {
	var bad *fields.Errors
	switch {
	case errors.As(err, &bad):
		return errors.New(inWords(cmd, bad))
	case errors.Is(err, apis.ErrOwn):
		return apis.ErrOwn
	case errors.Is(err, authz.ErrLastAdmin):
		return errors.New("the last active administrator cannot be removed, demoted or deactivated; make another one first")
	case errors.Is(err, password.ErrBusy):
		return errors.New("this machine is too busy to hash a password; try again in a moment")
	}
	return err
}

// noField is the name of refusals that are not about one field.
const noField = "non_field_errors"

// inWords lists everything that is wrong, a line for each field, under the name that
// the field has in this command.
func inWords(cmd *cobra.Command, bad *fields.Errors) string {
	messages := bad.Map()
	lines := []string{"the input is not valid:"}
	for _, field := range slices.Sorted(maps.Keys(messages)) {
		message := strings.Join(messages[field], " ") + meant(cmd, field)
		if field != noField {
			message = given(cmd, field) + ": " + message
		}
		lines = append(lines, "  "+message)
	}
	return strings.Join(lines, "\n")
}

// meant returns a question that suggests a choice, if what was given for the field is a
// misspelt one.
func meant(cmd *cobra.Command, field string) string {
	known := choicesOf(cmd, field)
	for _, value := range valuesOf(cmd, field) {
		if near := suggest.Nearest(value, known); near != "" && !slices.Contains(known, value) {
			return " Did you mean " + near + "?"
		}
	}
	return ""
}

// choicesOf returns the words that a field accepts; none if it accepts others as well.
func choicesOf(cmd *cobra.Command, field string) []string {
	switch field {
	case "role":
		return roles()
	case "scope":
		return authz.AllScopes.Tokens()
	}
	for _, a := range attributesOf(cmd) {
		if a.name == field && a.schema.Items != nil {
			return a.schema.Items.Enum
		} else if a.name == field {
			return a.schema.Enum
		}
	}
	return nil
}

func roles() []string {
	var all []string
	for _, role := range store.Roles() {
		all = append(all, string(role))
	}
	return all
}

// valuesOf returns the words that were given for a field: by its flag or, if the command
// has none, by the last argument.
func valuesOf(cmd *cobra.Command, field string) []string {
	flag := cmd.Flags().Lookup(strings.TrimPrefix(given(cmd, field), "--"))
	switch args := cmd.Flags().Args(); {
	case flag == nil && len(args) > 0:
		return args[len(args)-1:]
	case flag == nil:
		return nil
	}
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return strings.Fields(flag.Value.String())
}

// given returns the flag or argument of a field.
func given(cmd *cobra.Command, field string) string {
	name := flagOf(field)
	switch field {
	case "client_id":
		name = "id"
	case "client_secret":
		return "--secret"
	}
	for _, a := range attributesOf(cmd) {
		if a.name == field {
			name = a.flag
		}
	}
	if cmd.Flags().Lookup(name) == nil {
		return name
	}
	return "--" + name
}
