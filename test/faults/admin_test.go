package faults_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// An admin changes the account of one person, who holds a session, and checks the
// effect.
type admin struct {
	*caller
	root    *session
	victim  person
	session *session

	n int // the number of the last marker
	// marker is the first name that was acknowledged last. unsure is set if a later
	// one may have been stored.
	marker string
	unsure bool
}

func (d *admin) step() {
	if d.root == nil {
		d.root = d.signIn(d.site.root, d.site.shop)
		return
	}
	if d.renew(d.root) == wrong {
		d.root = nil
		return
	}
	switch rand.IntN(4) {
	case 0:
		d.outAndIn()
	case 1:
		d.upAndDown()
	default:
		d.mark()
	}
}

// change patches the victim. It reports whether that was acknowledged.
func (d *admin) change(what deed, fields object) bool {
	what.person = d.victim.name
	return d.ask(question{deed: what, method: http.MethodPatch, path: d.victim.path(), bearer: d.root.access, json: fields}).outcome == served
}

// insist repeats a change that must not stay half done until it is acknowledged.
// A repeat may find the change made, and then does not leave a line in the audit log.
func (d *admin) insist(what deed, fields object) {
	for ; !d.change(what, fields) && !d.site.ended(); what.recorded = false {
		time.Sleep(300 * time.Millisecond)
		if d.renew(d.root) == wrong {
			d.root = d.signIn(d.site.root, d.site.shop)
		}
		if d.root == nil {
			return
		}
	}
}

// mark gives the victim another first name. If that was acknowledged, the name must
// still be there at the end.
func (d *admin) mark() {
	d.n++
	next := fmt.Sprintf("%s %d", d.victim.name, d.n)
	if d.change(deed{kind: "admin.name", recorded: true}, object{"first_name": next}) {
		d.marker, d.unsure = next, false
		return
	}
	d.unsure = true
}

// outAndIn deactivates the victim, checks that they are out, and lets them in again.
func (d *admin) outAndIn() {
	if d.session == nil {
		d.session = d.signIn(d.victim, d.site.shop)
	}
	acknowledged := d.change(deed{kind: "admin.deactivate", endsPerson: true, recorded: true}, object{"is_active": false})
	if acknowledged && d.session != nil {
		d.dead(d.session)
	}
	d.session = nil
	// The change above may have been made even without an answer, so it is always undone.
	d.insist(deed{kind: "admin.activate", revives: true, recorded: acknowledged}, object{"is_active": true})
}

// upAndDown promotes the victim to administrator, and demotes them again.
func (d *admin) upAndDown() {
	if d.session == nil {
		if d.session = d.signIn(d.victim, d.site.shop); d.session == nil {
			return
		}
	}
	up := d.change(deed{kind: "admin.role", revives: true, recorded: true}, object{"role": "admin"})
	d.insist(deed{kind: "admin.role", demotes: true, recorded: up}, object{"role": "user"})
	if d.renew(d.session) == wrong {
		d.session = nil
		return
	}
	time.Sleep(bound + 50*time.Millisecond)
	for _, r := range d.site.replicas {
		if r.serves() {
			d.ask(question{deed: deed{kind: "dead.admin", person: d.victim.name, elevated: true}, at: r, path: "/api/accounts/admin/users/?limit=1",
				bearer: d.session.access, want: []int{http.StatusForbidden, http.StatusUnauthorized, http.StatusOK}, look: func(a answer, d *deed) error {
					d.elevated = a.status == http.StatusOK
					return nil
				}})
		}
	}
}

// kept returns an error unless the victim has the name that was acknowledged last.
func (d *admin) kept() error {
	if d.root = d.signIn(d.site.root, d.site.shop); d.root == nil {
		return errNotYet
	}
	a := d.ask(question{deed: deed{kind: "admin.read"}, path: d.victim.path(), bearer: d.root.access})
	if got := a.field("first_name"); got != d.marker && !d.unsure {
		return fmt.Errorf("%s has the first name %q, want %q, which was acknowledged", d.victim.name, got, d.marker)
	}
	return nil
}
