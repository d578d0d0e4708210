package main

import (
	"fmt"
	"strings"
	"time"
)

func (c comparison) tables() []table {
	all := []table{c.programsTable()}
	for _, b := range c.blocks {
		all = append(all, b.table(c.options))
	}
	return c.machine.beside(all)
}

func (c comparison) programsTable() table {
	return table{title: "The programs and the units", head: []string{"what", "value"}, rows: [][]string{
		{"measured", c.programs[0]},
		{"against", c.programs[1]},
		{"one RSA-2048 signature, µs of CPU", micros(c.machine.unit.Signature)},
		{"one argon2id hash, µs of CPU", c.machine.hash()},
	}}
}

func (b pairBlock) table(o options) table {
	t := table{
		title: fmt.Sprintf("%s, %s people", b.topology, integer(b.size)),
		note: fmt.Sprintf("%d rounds of four slices of %s. The ratio is the median over the rounds of the measured server's CPU per request, divided by the other's. "+
			"Itself is the same for two slices of one server. Beyond says whether the middle halves of both lie apart.",
			o.against.rounds, (o.duration / time.Duration(2*o.against.rounds)).Round(time.Millisecond)),
		head: []string{"endpoint", "signatures", "against", "ratio", "its middle half", "of itself", "beyond", "back-ends' CPU, µs", "against", "p99, ms", "against", "failures"},
	}
	for _, d := range b.duels {
		t.rows = append(t.rows, d.cells())
	}
	return t
}

func (d duel) cells() []string {
	if d.cannot != "" {
		return []string{d.row, "left out", "it cannot", "–", "–", "–", "–", "–", "–", "–", "–", "–"}
	}
	mine, other := d.totals[0], d.totals[1]
	ratios, itself := d.ratios(), d.itself()
	return []string{
		d.row, mine.inSignatures(), other.inSignatures(), precise(ratios.median), ratios.middle(), itself.middle(), d.verdict(),
		micros(mine.services), micros(other.services), ms(mine.p99), ms(other.p99), integer(len(mine.failures) + len(other.failures)),
	}
}

func precise(x float64) string { return fmt.Sprintf("%.3f", x) }

func (s spread) middle() string { return precise(s.lower) + " to " + precise(s.upper) }

// document is the comparison as a page.
func (c comparison) document() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# A comparison\n\nWritten by the load rig (`bench/`) on %s; its README says how.\n\n", c.day.Format(time.DateOnly))
	for _, t := range c.tables() {
		b.WriteString(t.markdown())
	}
	b.WriteString(c.leftOut())
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// leftOut says what the program compared with answered to what it cannot do.
func (c comparison) leftOut() string {
	var b strings.Builder
	for _, block := range c.blocks {
		for _, d := range block.duels {
			if d.cannot != "" {
				fmt.Fprintf(&b, "- %s, %s: `%s`\n", block.topology, d.row, strings.ReplaceAll(d.cannot, "\n", " "))
			}
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "## Left out\n\nThe program compared with answers:\n\n" + b.String()
}
