//go:build !unix

package dbfile

import "os"

// NoFollow: there is nothing like it.
const NoFollow = 0

// flock: without such locks, SQLite's own tell that the file is open.
func flock(*os.File, bool) (bool, error) { return true, nil }

// LikeOwner: files have the owner of their folder.
func LikeOwner(string, string) error { return nil }

// StrangersLink: there is no root.
func StrangersLink(string) bool { return false }
