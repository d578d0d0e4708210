package client

import (
	"encoding/base64"
	"strings"
)

// inPaths begins a client ID that stands in a path as base64url. No other ID begins with it.
const inPaths = "~"

// PathOf returns the client ID as a segment of a path. A path has no encoded slash, so an ID
// that is a URL is written as base64url; and so is the word that paths have for a new client.
func PathOf(id string) string {
	if idForm.MatchString(id) && id != "new" {
		return id
	}
	return inPaths + base64.RawURLEncoding.EncodeToString([]byte(id))
}

// OfPath returns the client ID that a segment of a path names.
func OfPath(segment string) string {
	if encoded, found := strings.CutPrefix(segment, inPaths); found {
		if id, err := base64.RawURLEncoding.DecodeString(encoded); err == nil {
			return string(id)
		}
	}
	return segment
}
