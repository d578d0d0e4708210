package faults_test

import (
	"fmt"
	"slices"
	"time"
)

const (
	// bound is how soon an end must be in force at every replica.
	bound = time.Second
	// longest is how long a request may take, whatever is broken.
	longest = 10 * time.Second
)

// A violation is a breach of an invariant, with the deed that shows it.
type violation struct {
	rule string // I1 to I11, as docs/reliability.md lists them
	why  string
	deed deed
}

func (v violation) String() string { return fmt.Sprintf("%s: %s: %v", v.rule, v.why, v.deed) }

// judge returns the violations in a history.
//
// memoryLost are the moments at which Redis lost its data. A refresh token
// that was used less than a minute before may then be used once more
// (docs/decisions/0001, "What remains").
func judge(deeds []deed, memoryLost ...time.Time) []violation {
	var found []violation
	for _, rule := range []func([]deed, []time.Time) []violation{oneSuccessor, endedStaysEnded, personStaysOut, demotedStaysDown, honestAnswers} {
		found = append(found, rule(deeds, memoryLost)...)
	}
	return found
}

// oneSuccessor is I1 and I2: a code or a refresh token is exchanged for only one
// refresh token, however often it is presented.
func oneSuccessor(deeds []deed, memoryLost []time.Time) (found []violation) {
	first := map[string]deed{}
	for _, d := range deeds {
		if d.used == "" || d.got == "" {
			continue
		}
		before, seen := first[d.used]
		if !seen {
			first[d.used] = d
			continue
		}
		if before.got == d.got || d.kind == "token.refresh" && straddles(before, d, memoryLost) {
			continue
		}
		rule := "I2"
		if d.kind == "token.code" {
			rule = "I1"
		}
		found = append(found, violation{rule, "exchanged twice, for different tokens; first by " + before.String(), d})
	}
	return found
}

func straddles(a, b deed, moments []time.Time) bool {
	return slices.ContainsFunc(moments, func(m time.Time) bool {
		return !m.Before(a.began.Add(-time.Minute)) && !m.After(b.ended)
	})
}

// endedStaysEnded is I3: a session whose end was acknowledged is dead in the answer to
// every request that begins later than the bound.
func endedStaysEnded(deeds []deed, _ []time.Time) (found []violation) {
	ended := map[string]time.Time{}
	for _, d := range deeds {
		if d.endsSession && d.outcome == served {
			if at, known := ended[d.session]; !known || d.ended.Before(at) {
				ended[d.session] = d.ended
			}
		}
	}
	for _, d := range deeds {
		if at, known := ended[d.session]; known && d.alive && d.began.After(at.Add(bound)) {
			found = append(found, violation{"I3", "the session's end was acknowledged at " + at.Format("15:04:05.000"), d})
		}
	}
	return found
}

// personStaysOut is I4: between the acknowledgement that a person is out and the
// first request that lets them in again, all of their sessions are dead.
func personStaysOut(deeds []deed, _ []time.Time) (found []violation) {
	for _, out := range deeds {
		if !out.endsPerson || out.outcome != served {
			continue
		}
		until := nextAfter(deeds, out.ended, func(d deed) bool { return d.revives && d.person == out.person })
		for _, d := range deeds {
			if d.person == out.person && d.alive && d.began.After(out.ended.Add(bound)) && d.ended.Before(until) {
				found = append(found, violation{"I4", "the person had been out since " + out.ended.Format("15:04:05.000"), d})
			}
		}
	}
	return found
}

// demotedStaysDown is the other half of I4.
func demotedStaysDown(deeds []deed, _ []time.Time) (found []violation) {
	for _, down := range deeds {
		if !down.demotes || down.outcome != served {
			continue
		}
		until := nextAfter(deeds, down.ended, func(d deed) bool { return d.revives && d.person == down.person })
		for _, d := range deeds {
			if d.person == down.person && d.elevated && d.outcome == served && d.began.After(down.ended.Add(bound)) && d.ended.Before(until) {
				found = append(found, violation{"I4", "demoted since " + down.ended.Format("15:04:05.000"), d})
			}
		}
	}
	return found
}

// nextAfter returns when the first such deed begins after from.
func nextAfter(deeds []deed, from time.Time, is func(deed) bool) time.Time {
	next := time.Now().Add(time.Hour)
	for _, d := range deeds {
		if is(d) && d.began.After(from) && d.began.Before(next) {
			next = d.began
		}
	}
	return next
}

// honestAnswers is I6, I7 and I8: an honest caller is served or told to come back in
// time, and every token verifies.
func honestAnswers(deeds []deed, _ []time.Time) (found []violation) {
	for _, d := range deeds {
		switch {
		case d.outcome == wrong && d.kind == "verify":
			found = append(found, violation{"I8", "a token that a cached key set cannot verify", d})
		case d.outcome == wrong:
			found = append(found, violation{"I6", "an honest caller was refused", d})
		case d.took() > longest:
			found = append(found, violation{"I7", "it took too long", d})
		}
	}
	return found
}

// lost counts violations in which an honest caller lost something, and revived
// those in which something ended came back.
func lost(found []violation) (n int) {
	for _, v := range found {
		if v.rule == "I5" || v.rule == "I6" || v.rule == "I8" {
			n++
		}
	}
	return n
}

func revived(found []violation) (n int) {
	for _, v := range found {
		if v.rule == "I1" || v.rule == "I2" || v.rule == "I3" || v.rule == "I4" {
			n++
		}
	}
	return n
}
