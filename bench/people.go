package main

import (
	"crypto/sha256"
	"fmt"
	"sync/atomic"
	"time"

	"gatehouse/internal/names"
	"gatehouse/store"
)

// knownPassword is everybody's password. They share one hash of it, because a million
// hashes would take hours. The server cannot notice, and checks each on its own.
const knownPassword = "seven green lanterns in the attic"

// firstID is the ID of the first person that the rig inserts, beyond the people whom
// commands have made.
const firstID = 1000

// A crowd is the people of one database, numbered from 0 to size-1.
type crowd struct {
	size int
	hash string
	salt string // makes the subjects differ from the last run's
	now  time.Time
	turn atomic.Int64
	// browsers is how many are signed in, codes how many wait to be redeemed.
	browsers, codes int
	// rounds is how many audit events everybody has.
	rounds int
}

var firstNames = [...]string{"Ada", "Bela", "Carla", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira"}
var lastNames = [...]string{"Abel", "Brandt", "Costa", "Duarte", "Egger", "Fontana", "Garcia", "Haas", "Ivanova", "Jensen", "Keller", "Lindt", "Moreau"}

func username(i int) string { return fmt.Sprintf("person%07d", i) }

// prefix returns one of size/10 prefixes, each of which starts exactly ten people's
// usernames.
func (c *crowd) prefix() string {
	return fmt.Sprintf("person%06d", c.next()%(c.size/10))
}

// active is false for one person in fifty. role is staff for one in a hundred.
func active(i int) bool { return i%50 != 49 }

func role(i int) store.Role {
	if i%100 == 50 {
		return store.RoleStaff
	}
	return store.RoleUser
}

// person returns the i-th person.
func (c *crowd) person(i int) store.User {
	name := username(i)
	email := name + fmt.Sprintf("@mail%d.example.com", i%97)
	return store.User{
		ID: int64(firstID + i), Sub: subject(c.salt, i),
		Username: name, UsernameKey: names.Lookup(name), Email: email, EmailKey: names.Lookup(email),
		FirstName: firstNames[i%len(firstNames)], LastName: lastNames[i%len(lastNames)],
		Role: role(i), Active: active(i), PasswordHash: c.hash,
		JoinedAt: c.now.Add(-time.Duration(i) * time.Second), LastLoginAt: c.now.Add(-time.Hour),
	}
}

// anybody returns a person who may sign in, another one each time. The steps are
// prime, so they reach everybody, each far from the one before.
func (c *crowd) anybody() string {
	for {
		if i := c.next() % c.size; active(i) {
			return username(i)
		}
	}
}

func (c *crowd) next() int {
	const prime = 15_485_863
	return int(c.turn.Add(1)*prime) & (1<<62 - 1)
}

// subject returns the i-th person's UUID v4 (RFC 9562 §5.4), the same at every call.
func subject(salt string, i int) string {
	b := sha256.Sum256(fmt.Appendf(nil, "%s %d", salt, i))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
