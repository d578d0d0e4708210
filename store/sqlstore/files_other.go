//go:build !unix

package sqlstore

import "os"

// noFollow: there is nothing like it.
const noFollow = 0

// flock: without such locks, SQLite's own tell who has the file open.
func flock(*os.File, bool) (bool, error) { return true, nil }

// likeOwner: files have the owner of their folder.
func likeOwner(string, string) error { return nil }

func strangersLink(string) bool { return false }
