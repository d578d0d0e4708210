//go:build !unix

package dbfile

import "os"

// NoFollow has no equivalent here.
const NoFollow = 0

// flock does nothing. Without such locks, SQLite's own show that the file is open.
func flock(*os.File, bool) (bool, error) { return true, nil }

// LikeOwner does nothing: files have the owner of their folder.
func LikeOwner(string, string) error { return nil }

// StrangersLink returns false, since the system has no root user.
func StrangersLink(string) bool { return false }
