package main

import (
	"fmt"
	"strings"
	"time"
)

// document is docs/performance.md.
func (r report) document() string {
	var b strings.Builder
	b.WriteString(r.introduction())
	for _, t := range r.tables() {
		b.WriteString(t.markdown())
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (r report) introduction() string {
	o := r.options
	return strings.TrimLeft(fmt.Sprintf(`
# Performance

Written by the load rig (%[1]s), on %[2]s. Do not edit it by hand.

    go run ./bench -sizes %[3]s -on %[4]s -connections %[5]d -duration %[6]s -markdown docs/performance.md

## How it was made

The rig builds the server without cgo, starts it on a database that it has filled, and asks each endpoint over HTTP from the same machine: %[5]d
connections that stay open, each asking again as soon as it has its answer, for %[6]s after a warm-up. Every answer is checked: a status or a body
that is not as it must be is a failure, and is counted.

**CPU** is the server's user and kernel time from %[7]s before and after, divided by the number of answers. It depends little on how busy
the machine is with the rig itself and the database, which share its cores; requests per second and latencies depend on it much, and would be better
with the rig on another machine. What the back-ends used is a column of its own.

**A signature** is the CPU time of one RSA-2048 PKCS #1 v1.5 signature with SHA-256 by crypto/rsa on one core, in a process of its own, measured before,
between and after the slices in which each endpoint is measured; the ratio means the same on another machine, the microseconds do not. A token is one signature, so an answer with an
access and a refresh token cannot cost less than two. Where a password is checked, the argon2id hash of the default cost (19 MiB, t=2, p=1), measured
the same way, is taken off first: "hash + 2.1". As a hash costs about as much as twenty signatures, that remainder is uncertain by some
tenths, and by more on a machine that does other things as well.

**SQL** are round trips to MariaDB by its own counters (statements and preparations); on SQLite the statements are the same, and there is no trip. **Redis
trips** are reads from its sockets, and commands what was done in them: a script is one trip, and what it calls are commands. The few that the server
asks by itself (reading its keys every second) are among them.

**The people** are seeded straight into the tables and share one password hash. At least %[8]s sessions have tokens. Refresh takes them in turn, so each
was last used an hour ago, as with an app that refreshes every few minutes, and its use is noted in SQL. Introspection and profile take another token each
time, so that its signature has to be checked; "token seen before" takes the same hundred again and again. Redis is empty at first: each
session's state is founded from SQL at its first refresh. InnoDB's buffer pool has %[9]d MiB, a commit is on the disk before
it is answered (on SQLite but for rotations and throttle counts, see decision 1), Redis appends to its file every second.

`, "`bench/`", r.day.Format(time.DateOnly), sizesFlag(o.sizes), strings.Join(o.on, ","), o.connections, o.duration, "`/proc/<pid>/stat`", whole(o.pool), o.bufferPoolMiB), "\n")
}

func sizesFlag(sizes []int) string {
	var all []string
	for _, n := range sizes {
		all = append(all, fmt.Sprint(n))
	}
	return strings.Join(all, ",")
}
