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
	o, p := r.options, r.page()
	return strings.TrimLeft(fmt.Sprintf(`
# Performance%[10]s

Written by the load rig (%[1]s), on %[2]s. Do not edit it by hand.

    go run ./bench%[11]s -sizes %[3]s -on %[4]s -connections %[5]d -duration %[6]s -markdown docs/%[12]s

## How it was made

%[13]s starts it on a database that it has filled, and sends requests to each endpoint over HTTP from the same machine: %[5]d
connections stay open, and each sends its next request as soon as it has the answer to the last, for %[6]s after a warm-up. Every answer is checked; one with the
wrong status or body counts as a failure.

**CPU** is the server's user and kernel time from %[7]s before and after, divided by the number of answers. It depends little on how busy
the rig itself and the database, which share its cores, keep the machine. Requests per second and latencies depend on that a great deal, and would be better
with the rig on another machine. What the back-ends used has a column of its own.

**A signature** is the CPU time of one RSA-2048 PKCS #1 v1.5 signature with SHA-256 by crypto/rsa on one core, in a process of its own, measured before,
between and after the slices in which each endpoint is measured. The ratio means the same on another machine; the microseconds do not. A token is one signature,
so an answer with an access and a refresh token cannot cost less than two. Where a password is checked, the argon2id hash of the default cost (19 MiB, t=2, p=1),
measured the same way, is subtracted as well: "15.0: hash + 2.1". A hash costs as much as many signatures, so that remainder is uncertain by some
tenths, and by more on a machine that does other things as well.

**SQL** counts the round trips to MariaDB by its own counters (statements and preparations). On SQLite the statements are the same, without round trips. **Redis
trips** are reads from its sockets; commands are what they carried: a script is one trip, and each call in it is a command. The few that the server
makes on its own (it reads its keys every second) are included.

**The people** are seeded straight into the tables and share one password hash. At least %[8]s sessions have tokens. Refresh uses them in turn, so each
was last used an hour ago, as with an app that refreshes every few minutes, and its use is recorded in SQL. Introspection and profile use another token each
time, so that its signature has to be checked; "token seen before" uses the same hundred again and again. Redis is empty at first: each
session's state is built from SQL at its first refresh. InnoDB's buffer pool has %[9]d MiB. A commit is on the disk before
it is answered (on SQLite except for rotations and throttle counts, see decision 1). Redis appends to its file every second.

**A hash** is made with AVX-512 or AVX2 where the processor has them (decision 34), and otherwise by golang.org/x/crypto, whose cost is measured beside it. On an
Intel Xeon (AVX-512, AVX2) on 2026-11-30: 8.0 ms with AVX-512, 11.1 with AVX2, and 30.1 by golang.org/x/crypto (3.8 and 2.7 times as much). A hash allocates 4.4 KB, and 19.9 MB there.

    go test ./internal/password/argon2 -run '^$' -bench .
    GODEBUG=cpu.avx512f=off gatehouse serve

The first compares them in ns/op and B/op; the second does without AVX-512.

**OpenSSL's signatures** (decision 35), which the container image has, are measured on a page of their own: [with OpenSSL](performance-openssl.md); [without](performance.md).
Signatures are counted in those of crypto/rsa on both. Without AVX-512 IFMA a signature takes twice as long by OpenSSL.

    go test -tags openssl ./keys/openssl -run '^$' -bench .
    OPENSSL_ia32cap=:~0x200000 gatehouse serve

The first compares them in ns/op; the second does without AVX-512 IFMA.

**What misses its aim**, and why, on 2026-12-01, by profiles of the server (-profiles). The figures are those of this page and of its twin; the machine is a virtual one, on which
the signature alone moved by a tenth within each run.

- *Introspection, userinfo, profile* (0.17 to 0.20 for 0.16; seen before 0.12 to 0.16 for 0.11). No part stands out. On MariaDB, by crypto/rsa: the check of the signature 24 %%, the query of the session 21 %%,
  what net/http does around a request 18 %%, allocation and collection 12 %%, the line in the log 3 %%, the app's secret and the form 5 %%. With OpenSSL the check takes 12 µs less, a tenth of the whole
  (decision 35). The query asks for everything that may have ended the session (decision 41), and none of that may be remembered. JWKS, which is nothing but a request's way in and out, takes 0.04 here and 0.03 elsewhere.
- *client_credentials, for an API, ES256* (0.12 to 0.14 for 0.12): the signature is a quarter of it.
- *client_credentials and refresh by crypto/rsa* (1.20 for 1.12, 2.43 for 2.4; code exchange 4.04 for 4.0), *authorize with session on SQLite* (0.52 for 0.5): within what the same figure differs from one run to the next.
- *The 99th percentile with 16 callers* (23 ms for 18; with OpenSSL 10.1 for 10). Two cores, which also run the rig and the databases, make sixteen signatures in 9 ms, which is the median. A request that comes while
  signatures are made is seen when the turn of those that wait is over, and has its own turn then: twice the median. One thread more than cores (GOMAXPROCS=3) did not change that, and cost a tenth of the throughput.
- *Memory in a flood* (107 MiB for 100; with OpenSSL 116): some 35 are of the program's file, 19 of the one hash, 30 of the heap, of which 6 to 10 are in use, and the rest the page caches of SQLite.

Profile-guided optimisation (go build -pgo, with the profiles of all rows) brought nothing beyond the spread of a binary against itself.

**Peers**, servers of other makers, are measured beside Gatehouse in runs of their own: [Peers](peers.md).

`, "`bench/`", r.day.Format(time.DateOnly), sizesFlag(o.sizes), strings.Join(o.on, ","), o.connections, o.duration, "the kernel's clock of its process", integer(o.pool), o.bufferPoolMiB,
		p.title, p.flag, p.file, p.built), "\n")
}

// A page is what differs between those with and without OpenSSL's signatures.
type page struct{ title, flag, file, built string }

func (r report) page() page {
	if r.signer == "" {
		return page{file: "performance.md", built: "The rig builds the server without cgo,"}
	}
	return page{", with OpenSSL", " -binary PROGRAM", "performance-openssl.md", "The server signs by " + r.signer + "; it was built by `scripts/build.sh PROGRAM`. The rig"}
}

func sizesFlag(sizes []int) string {
	var all []string
	for _, n := range sizes {
		all = append(all, fmt.Sprint(n))
	}
	return strings.Join(all, ",")
}
