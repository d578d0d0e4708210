// Package apps has the snippets of docs/apps.md, for the pages that show them with an app's
// own values. The tests of the documentation run them.
package apps

import "embed"

// Files are the snippets: code for apps that sign people in, and machine for those that sign
// in as themselves.
//
//go:embed code.* machine.*
var Files embed.FS
