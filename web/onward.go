package web

import (
	"html/template"
	"strings"
)

// Onward goes on to another address by itself, or by its link where browsers do not let
// it. It needs no script.
var Onward = page[OnwardData]("onward")

// OnwardData fills Onward.
type OnwardData struct {
	// To is a path of ours or a registered address of an app, so the template need not
	// check its scheme, which may be a private one.
	To template.URL
	// App says that the scheme is a private one: it opens an app, and this page stays.
	App bool
}

// NewOnwardData returns the page that goes on to an address.
func NewOnwardData(to string) OnwardData {
	page := strings.HasPrefix(to, "/") || strings.HasPrefix(to, "https:") || strings.HasPrefix(to, "http:")
	return OnwardData{To: template.URL(to), App: !page} //nolint:gosec // G203: see To
}
