package web

import (
	"html"
	"html/template"
	"regexp"
)

var ticks = regexp.MustCompile("`([^`]*)`")

// ticked returns a text in which words between backquotes are code.
func ticked(text string) template.HTML {
	return template.HTML(ticks.ReplaceAllString(html.EscapeString(text), "<code>$1</code>")) //nolint:gosec // G203: escaped
}
