package keys

import (
	"time"

	"gatehouse/internal/finding"
	"gatehouse/store"
)

// Examine reports whether the master keys in o open the signing keys, and whether
// the ring keeps its schedule.
func Examine(records []store.SigningKey, o Options) finding.List {
	var found finding.List
	if len(records) == 0 {
		found.OK("signing keys", "none yet; the first start of a server makes one")
		return found
	}
	if err := Check(o.Masters, records); err != nil {
		found.Fault("master key", "configure the master key that belongs to this database, or restore an earlier backup", "%s", err)
		return found
	}
	o.Masters.examine(records, &found)
	s := newSnapshot(o.Now(), "")
	for _, r := range records {
		s.add(&key{SigningKey: r})
	}
	s.setGone(o.VerifyFor)
	for _, ring := range s.all() {
		ring.examine(o, &found)
	}
	return found
}

// examine reports whether one algorithm keeps its schedule.
func (s schedule) examine(o Options, found *finding.List) {
	now, algorithm, remedy := o.Now(), store.RS256, "gatehouse keys rotate"
	if len(s) > 0 && s[0].Algorithm != store.RS256 {
		algorithm = s[0].Algorithm
		remedy += " --alg " + algorithm
	}
	name := "signing keys"
	if algorithm != store.RS256 {
		name += " (" + algorithm + ")"
	}
	current, next := s.signing(now), s.next(now)
	if current == nil && next != nil {
		found.OK(name, "%s is the first, and signs from %s", next.ID, next.SignFrom.UTC().Format(time.RFC3339))
		return
	}
	if current == nil {
		found.Fault(name, "start a server, which makes one, or: "+remedy, "none is in force")
		return
	}
	switch due := dueAt(current, o.RotateEvery, o.PublishLead); {
	case next != nil:
		found.OK(name, "%s signs; %s takes over at %s", current.ID, next.ID, next.SignFrom.UTC().Format(time.RFC3339))
	case o.RotateEvery == 0:
		found.OK(name, "%s signs", current.ID)
	case now.Sub(due) > late:
		found.Warn(name, "see that a server runs and what it logs about the key ring, or: "+remedy,
			"%s signs, and its successor was due at %s but is missing", current.ID, due.UTC().Format(time.RFC3339))
	default:
		found.OK(name, "%s signs; the next is made at %s", current.ID, due.UTC().Format(time.RFC3339))
	}
}

// ExamineData reports whether masters open the data key.
func ExamineData(records []store.DataKey, masters MasterKeys, found *finding.List) {
	if err := CheckData(masters, records); err != nil {
		found.Fault("data key", "configure the master key that belongs to this database, or restore an earlier backup", "%s", err)
	}
}

// late is how long after its due time a key counts as missing. Making one takes
// seconds, and every replica tries.
const late = 5 * time.Minute

// examine reports which master keys the records are sealed under. The caller has
// checked that m opens them all.
func (m MasterKeys) examine(records []store.SigningKey, found *finding.List) {
	var previous int
	for _, r := range records {
		if r.MasterKeyID != m[0].ID() {
			previous++
		}
	}
	switch {
	case previous > 0:
		found.Warn("master key", "once every replica has both master keys: gatehouse keys rewrap",
			"%d of %d signing keys are sealed under the previous one", previous, len(records))
	case len(m) > 1:
		found.OK("master key", "it opens all %d signing keys; the previous one can be removed a quarter of an hour after it was replaced", len(records))
	default:
		found.OK("master key", "it opens all %d signing keys", len(records))
	}
}
