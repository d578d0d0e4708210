//go:build !components

package pages

import "gatehouse/handlers"

// components is empty: see components.go.
func components(string) []handlers.Route { return nil }
