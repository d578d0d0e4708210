package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"
)

// A list is printed as a table for people, or as JSON for scripts, one object per line.
type list struct {
	c      *cli
	asJSON bool
	table  *tabwriter.Writer
}

func (c *cli) newList(asJSON bool, headings ...string) *list {
	l := &list{c: c, asJSON: asJSON, table: tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)}
	if !asJSON {
		_, _ = fmt.Fprintln(l.table, strings.Join(headings, "\t")) // flush returns the error
	}
	return l
}

// add prints one object: as JSON, or as the cells of a row.
func (l *list) add(object any, cells ...any) error {
	if l.asJSON {
		return l.c.json(object)
	}
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = strings.Map(visible, fmt.Sprint(cell))
	}
	_, err := fmt.Fprintln(l.table, strings.Join(row, "\t"))
	return err
}

// visible replaces characters that would change a terminal. Some cells come from
// strangers, such as the name of a browser.
func visible(r rune) rune {
	if unicode.IsControl(r) {
		return unicode.ReplacementChar
	}
	return r
}

func (l *list) flush() error { return l.table.Flush() }

func printsJSON(cmd *cobra.Command, to *bool, usage string) {
	cmd.Flags().BoolVar(to, "json", false, usage)
}
