// Package register lets apps register themselves (RFC 7591), and read, change and delete
// their registration afterwards (RFC 7592).
//
// Nobody has vouched for such an app. What it may have is decided by package client, and
// how much strangers may leave behind by the bounds here (docs/decisions/0023).
package register
