package main

import (
	"strings"
	"unicode/utf8"
)

// width is the longest line that is made by putting a complete value on it.
const width = 132

// text returns a tree in readable lines. A value that fits is on one line, and words fill
// their lines.
func text(n node) string {
	var b strings.Builder
	lines(&b, n, "", 0)
	return b.String() + "\n"
}

// lines writes n after the used columns of the current line.
func lines(b *strings.Builder, n node, indent string, used int) {
	if line := inline(n); used+utf8.RuneCountInString(line) <= width {
		b.WriteString(line)
		return
	}
	inner := indent + "  "
	switch n := n.(type) {
	case object:
		b.WriteString("{\n")
		for i, m := range n {
			name, _ := written(m.name)
			b.WriteString(inner + string(name) + ": ")
			lines(b, m.value, inner, len(inner)+utf8.RuneCountInString(string(name))+2)
			end(b, i, len(n))
		}
		b.WriteString(indent + "}")
	case list:
		b.WriteString("[\n")
		fill(b, n, inner)
		b.WriteString(indent + "]")
	case scalar:
		b.WriteString(string(n))
	}
}

// fill writes the items of a list: as many words per line as fit, and one other item per
// line.
func fill(b *strings.Builder, l list, indent string) {
	used := 0
	for i, item := range l {
		word, short := item.(scalar)
		size := utf8.RuneCountInString(string(word)) + comma(i, len(l))
		switch {
		case short && used > 0 && used+1+size <= width:
			b.WriteString(" ")
			used += 1 + size
		default:
			if used > 0 {
				b.WriteString("\n")
			}
			b.WriteString(indent)
			used = len(indent) + size
		}
		lines(b, item, indent, len(indent))
		if i < len(l)-1 {
			b.WriteString(",")
		}
	}
	b.WriteString("\n")
}

func comma(i, of int) int {
	if i < of-1 {
		return 1
	}
	return 0
}

func end(b *strings.Builder, i, of int) {
	if i < of-1 {
		b.WriteString(",")
	}
	b.WriteString("\n")
}

// inline returns a tree on one line.
func inline(n node) string {
	var b strings.Builder
	switch n := n.(type) {
	case object:
		b.WriteString("{")
		for i, m := range n {
			name, _ := written(m.name)
			b.WriteString(string(name) + ": " + inline(m.value))
			if i < len(n)-1 {
				b.WriteString(", ")
			}
		}
		b.WriteString("}")
	case list:
		b.WriteString("[")
		for i, item := range n {
			b.WriteString(inline(item))
			if i < len(n)-1 {
				b.WriteString(", ")
			}
		}
		b.WriteString("]")
	case scalar:
		b.WriteString(string(n))
	}
	return b.String()
}
