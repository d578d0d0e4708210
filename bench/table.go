package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// A table is part of the report, for people or for a document.
type table struct {
	title, note string
	machine     string // that it was measured on
	head        []string
	rows        [][]string
}

// writeText writes tables in columns.
func writeText(w io.Writer, tables []table) error {
	for _, t := range tables {
		columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(columns, "\n%s\n", t.title)
		if t.machine != "" {
			fmt.Fprintf(columns, "  (%s)\n", t.machine)
		}
		for _, row := range append([][]string{t.head}, t.rows...) {
			fmt.Fprintln(columns, "  "+strings.Join(row, "\t"))
		}
		if err := columns.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// markdown returns the table in GitHub's format, with words aligned left and figures
// right.
func (t table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", t.title)
	if t.note != "" {
		fmt.Fprintf(&b, "%s\n\n", t.note)
	}
	if t.machine != "" {
		fmt.Fprintf(&b, "*%s*\n\n", t.machine)
	}
	fmt.Fprintf(&b, "| %s |\n|---|%s\n", strings.Join(t.head, " | "), strings.Repeat("---:|", len(t.head)-1))
	for _, row := range t.rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	return b.String() + "\n"
}

// These functions format figures: milliseconds, microseconds, megabytes of 10⁶ bytes.
func ms(d time.Duration) string     { return fmt.Sprintf("%.1f", inMillis(d)) }
func micros(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d)/float64(time.Microsecond)) }
func megabytes(bytes int64) string  { return fmt.Sprintf("%.1f", float64(bytes)/1e6) }
func perRequest(n float64) string   { return fmt.Sprintf("%.1f", max(0, n)) }
func ratio(x float64) string        { return fmt.Sprintf("%.2f", x) }
func integer(n int) string          { return grouped(fmt.Sprint(n)) }
func perSecond(rate float64) string { return grouped(fmt.Sprintf("%.0f", rate)) }
func failures(list []string) string { return integer(len(list)) }

// grouped writes 1000000 as 1,000,000.
func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
