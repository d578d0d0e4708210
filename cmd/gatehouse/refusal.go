package main

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/internal/password"
)

// explain returns a refusal in words for a terminal.
func explain(cmd *cobra.Command, err error) error {
	var bad *fields.Errors
	switch {
	case errors.As(err, &bad):
		return errors.New(inWords(cmd, bad))
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
		message := strings.Join(messages[field], " ")
		if field != noField {
			message = given(cmd, field) + ": " + message
		}
		lines = append(lines, "  "+message)
	}
	return strings.Join(lines, "\n")
}

// given returns the flag or argument of a field.
func given(cmd *cobra.Command, field string) string {
	name := strings.ReplaceAll(field, "_", "-")
	if field == "client_id" {
		name = "id"
	}
	for _, a := range client.Attributes(grant.Types()) {
		if a.Name == field {
			name = a.Flag
		}
	}
	if cmd.Flags().Lookup(name) == nil {
		return name
	}
	return "--" + name
}
