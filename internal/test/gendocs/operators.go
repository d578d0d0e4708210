package main

import (
	"gatehouse/internal/audit"
	"gatehouse/internal/cursor"
)

// operators are the fragments that the kinds of audit events and the sizes of a page yield.
func operators() map[string]node {
	var kinds []string
	for _, kind := range audit.Kinds {
		kinds = append(kinds, kind.Kind())
	}
	return map[string]node{
		"audit.kinds": treeOf(kinds),
		"page.sizes":  object{{"maximum", treeOf(cursor.MaxLimit)}, {"default", treeOf(cursor.DefaultLimit)}},
		"page.most":   object{{"maxItems", treeOf(cursor.MaxLimit)}},
	}
}
