package main

import (
	"fmt"
	"strings"
	"time"
)

func (found lineup) tables() []table {
	all := []table{found.entrantsTable(), found.unitsTable()}
	for _, h := range found.heats {
		all = append(all, h.table(found.options))
	}
	return found.machine.beside(all)
}

func (found lineup) entrantsTable() table {
	t := table{
		title: "The servers",
		note:  "The resident memory is that of a server that has just started, before its first request. The tables below have it after the endpoint's last one.",
		head:  []string{"server", "version", "keeps", "warm-up of each endpoint", "resident, MB", "of which its own, MB"},
	}
	for _, e := range found.entrants {
		t.rows = append(t.rows, []string{e.name, e.version, e.keeps, e.warmUp.String(), megabytes(e.idle.now), megabytes(e.idle.own)})
	}
	return t
}

func (found lineup) unitsTable() table {
	return table{title: "The machine and the unit", head: []string{"what", "value"}, rows: [][]string{
		{"memory, MB", megabytes(found.machine.memory)},
		{"system", found.machine.system},
		{"one RSA-2048 signature by crypto/rsa, µs of CPU", micros(found.machine.unit.Signature)},
		{"the same while every core signs, µs", micros(found.machine.unit.Crowded)},
		{"Gatehouse's argon2id hash, µs of CPU", found.machine.hash()},
	}}
}

func (h heat) table(o options) table {
	t := table{
		title: h.row,
		note: fmt.Sprintf("%d rounds, each with two slices of %s of every server. The ratio is the median over the rounds of the server's CPU per request, divided by Gatehouse's in the same round.",
			o.against.rounds, o.sliceOf()),
		head: []string{"server", "CPU, µs", "in signatures", "times Gatehouse's", "its middle half", "requests/s", "p50, ms", "p99, ms", "resident, MB", "failures"},
	}
	for i, l := range h.lanes {
		times, middle := "1", "–"
		if i > 0 {
			ratios := h.timesOurs(i)
			times, middle = ratio(ratios.median), ratios.middle()
		}
		m := l.total
		t.rows = append(t.rows, []string{
			l.name, micros(m.server), precise(m.signatures()), times, middle, perSecond(m.rate), ms(m.p50), ms(m.p99), megabytes(l.resident), failures(m.failures),
		})
	}
	return t
}

// document is docs/peers.md.
func (found lineup) document() string {
	var b strings.Builder
	o := found.options
	fmt.Fprintf(&b, strings.TrimLeft(peersIntroduction, "\n"), "`bench/`", found.day.Format(time.DateOnly), "`bench/peers/`", o.connections, o.sliceOf(), o.against.settle)
	for _, one := range found.absent {
		fmt.Fprintf(&b, "**Left out** is %s.\n\n", one)
	}
	for _, t := range found.tables() {
		b.WriteString(t.markdown())
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

const peersIntroduction = `
# Peers

Written by the load rig (%[1]s), on %[2]s. Do not edit it by hand.

    scripts/peers.sh

Servers of the same kind, measured in one run on one machine: what each of them costs for the same requests. [Performance](performance.md) says more of Gatehouse alone.

## How it was made

The sources and settings of the other servers are in %[3]s. All servers run all the time, but only one is asked at a time: %[4]d connections stay open, and each sends its next
request as soon as it has the answer to the last. A round asks every server twice, for %[5]s, in an order that goes there and back again, and the next round begins at the other
end, so a machine that slows down does so for all alike. A slice ends %[6]s after its last answer: what a server does after its answers counts. Before each endpoint
every server is warmed up, the others for longer than Gatehouse, because Java and JavaScript are compiled while they run. Every answer is checked for its status and for a member of
its body; anything else is a failure, and the failures are counted.

**CPU** is the user and kernel time of the server's process by the kernel's clock of it, divided by the number of answers; a database in another process has none here.
**A signature** is the CPU time of one RSA-2048 PKCS #1 v1.5 signature with SHA-256 by crypto/rsa, measured twice in each round. A server that signs by OpenSSL with AVX-512 IFMA pays less than half of it for a
signature. **Gatehouse** is built without cgo; "Gatehouse, OpenSSL" is what the Dockerfile makes (scripts/build.sh).

## What each of them does

| | Gatehouse | oidc-provider | zitadel/oidc's example | Keycloak |
|---|---|---|---|---|
| keeps sessions | in SQLite, on the disk | in a Map | in maps behind one lock | in caches and in H2 in memory |
| client_credentials | 1 signature, a JWT | 1 signature, a JWT for an API | 1 signature, a JWT | 1 signature, a JWT |
| refresh makes | access and refresh token: 2 signatures | access and ID token: 2 signatures; the refresh token is random | access and ID token: 2 signatures; the refresh token is random | access and ID token: 2 signatures; the refresh token has an HMAC |
| a refresh token used twice | ends the session | ends the grant | is refused, no more | ends the session's tokens of the app |
| introspection, userinfo | check a signature, and that the session has not ended | look an opaque token up, and its grant | check a signature, and look the token up | check a signature, and the session |
| password's hash | argon2id, 19 MiB, 2 passes | – | – | argon2id, 7 MiB, 5 passes (its default) |
| a client's secret | a digest of it is kept | kept as it is | kept as it is | kept as it is |
| audit, limits on tries | yes | no | no | not in this realm |
| log | a line for each request | none | a line for each request | faults only |

## What is not comparable

- **Memory and disk.** Gatehouse writes a rotation of a refresh token, and audits a sign-in, in a file. The others forget everything when they end. So they are flattered, above all by
  refresh and password.
- **Opaque tokens.** oidc-provider refuses to introspect a JWT, so introspection and userinfo have an opaque token there: a look-up in memory, without a signature to check.
  Every other access token of the tables is a JWT by RS256.
- **A library's example is not a product.** That of zitadel/oidc is for trying the library. It is as upstream wrote it, but for two things: its access tokens are signed (upstream's
  are encrypted, without a signature), and its log has no debug messages.
- **One process.** Node.js runs its JavaScript on one core; its requests per second could be multiplied by a process for each core, its CPU per request not lessened.
- **Hashes.** That of Keycloak takes a third of the memory and more passes. Nobody's is subtracted: signatures in the password table are the whole of it.
- **Sessions.** Each of the others has 256 sessions with tokens and as many as the password table adds, Gatehouse as many as the table of servers says; its tokens come round
  so seldom that each signature is checked anew.

`
