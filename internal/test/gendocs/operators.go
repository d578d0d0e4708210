package main

import "gatehouse/internal/audit"

// operators are the fragments that the kinds of audit events yield.
func operators() map[string]node {
	var kinds []string
	for _, kind := range audit.Kinds {
		kinds = append(kinds, kind.Kind())
	}
	return map[string]node{"audit.kinds": treeOf(kinds)}
}
