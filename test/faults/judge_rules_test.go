package faults_test

import (
	"strings"
	"testing"
	"time"
)

// TestJudge checks that the judge finds each breach, and nothing that only looks like
// one.
func TestJudge(t *testing.T) {
	zero := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	// at returns a deed that began that many seconds after zero, and took 0.1 s.
	at := func(second float64, d deed) deed {
		d.began = zero.Add(time.Duration(second * float64(time.Second)))
		if d.ended.IsZero() {
			d.ended = d.began.Add(100 * time.Millisecond)
		}
		return d
	}
	refresh := func(used, got string) deed { return deed{kind: "token.refresh", used: used, got: got} }
	code := func(got string) deed { return deed{kind: "token.code", used: "c", got: got} }
	end := deed{kind: "revoke", session: "s", endsSession: true}
	alive := deed{kind: "introspect", session: "s", alive: true}
	out := deed{kind: "admin.deactivate", person: "p", endsPerson: true}
	in := deed{kind: "admin.activate", person: "p", revives: true}
	living := deed{kind: "userinfo", person: "p", alive: true}
	down := deed{kind: "admin.role", person: "p", demotes: true}
	acts := deed{kind: "admin.list", person: "p", elevated: true}
	failed := func(d deed, o outcome) deed { d.outcome = o; return d }
	slow := deed{kind: "jwks", ended: zero.Add(12 * time.Second)}

	for _, c := range []struct {
		name   string
		deeds  []deed
		memory []time.Time
		want   string
	}{
		{"a code for two sessions", []deed{at(0, code("a")), at(1, code("b"))}, nil, "I1"},
		{"a code, the same session", []deed{at(0, code("a")), at(1, code("a"))}, nil, ""},
		{"two successors", []deed{at(0, refresh("r", "a")), at(1, refresh("r", "b"))}, nil, "I2"},
		{"the same successor", []deed{at(0, refresh("r", "a")), at(1, refresh("r", "a"))}, nil, ""},
		{"two successors, Redis emptied in between", []deed{at(0, refresh("r", "a")), at(1, refresh("r", "b"))}, []time.Time{zero.Add(time.Second / 2)}, ""},
		{"two successors, Redis emptied later", []deed{at(0, refresh("r", "a")), at(1, refresh("r", "b"))}, []time.Time{zero.Add(time.Minute)}, "I2"},
		{"two sessions of a code, Redis emptied in between", []deed{at(0, code("a")), at(1, code("b"))}, []time.Time{zero.Add(time.Second / 2)}, "I1"},
		{"alive after its end", []deed{at(0, end), at(2, alive)}, nil, "I3"},
		{"alive within the bound", []deed{at(0, end), at(1, alive)}, nil, ""},
		{"alive after an end that nobody acknowledged", []deed{at(0, failed(end, cut)), at(2, alive)}, nil, ""},
		{"alive before its end", []deed{at(0, alive), at(2, end)}, nil, ""},
		{"a deactivated person", []deed{at(0, out), at(2, living)}, nil, "I4"},
		{"a person let in again", []deed{at(0, out), at(2, in), at(3, living)}, nil, ""},
		{"a demoted administrator", []deed{at(0, down), at(2, acts)}, nil, "I4"},
		{"a demoted administrator, refused", []deed{at(0, down), at(2, failed(acts, away))}, nil, ""},
		{"a lie", []deed{at(0, failed(refresh("r", ""), wrong))}, nil, "I6"},
		{"an outage", []deed{at(0, failed(refresh("r", ""), away)), at(1, failed(end, cut))}, nil, ""},
		{"too long", []deed{at(0, slow)}, nil, "I7"},
		{"a key that nobody published", []deed{at(0, failed(deed{kind: "verify"}, wrong))}, nil, "I8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			for _, v := range judge(c.deeds, c.memory...) {
				got.WriteString(v.rule)
			}
			if got.String() != c.want {
				t.Errorf("violations %q, want %q", got.String(), c.want)
			}
		})
	}
}
