package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// A line of the text about one object.
type line struct {
	name  string
	value any
}

// printLines prints the lines that have a value, with the values in one column.
func (c *cli) printLines(lines ...line) error {
	table := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	for _, l := range lines {
		if text := inText(l.value); text != "" {
			_, _ = fmt.Fprintf(table, "%s\t%s\n", l.name, strings.ReplaceAll(text, "\n", "\n\t")) // Flush returns the error
		}
	}
	return table.Flush()
}

// inText returns a value, or what it points to, as text; empty for one that is not set.
func inText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case *string:
		if v == nil {
			return ""
		}
		return *v
	case *bool:
		if !*v {
			return ""
		}
		return "yes"
	case *[]string:
		return strings.Join(*v, " ")
	case *int:
		if *v == 0 {
			return ""
		}
		return strconv.Itoa(*v)
	case *time.Duration:
		if *v == 0 {
			return ""
		}
		return v.String()
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return fmt.Sprint(value)
}
