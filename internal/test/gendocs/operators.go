package main

import (
	"gatehouse/internal/audit"
	"gatehouse/internal/cursor"
)

// operators are the fragments that the kinds of audit events and the sizes of a page yield.
func operators() map[string]node {
	return map[string]node{
		"audit.kinds": treeOf(audit.KindNames()),
		"page.sizes":  object{{"maximum", treeOf(cursor.MaxLimit)}, {"default", treeOf(cursor.DefaultLimit)}},
		"page.most":   object{{"maxItems", treeOf(cursor.MaxLimit)}},
	}
}
