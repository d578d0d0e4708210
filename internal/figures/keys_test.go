package figures

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/keys"
)

// A ring is a list of keys. If it is empty, the ring is not ready.
type ring struct {
	all []keys.Status
	err error
}

func (r ring) Ready() bool                                 { return r.all != nil }
func (r ring) List(context.Context) ([]keys.Status, error) { return r.all, r.err }

func TestKeyFigures(t *testing.T) {
	from := time.Unix(1_800_000_000, 0)
	signing := keys.Status{State: keys.Signing, SignFrom: from}
	for name, c := range map[string]struct {
		ring    ring
		byState map[string]float64
		due     float64
	}{
		"while the first is being made": {ring{}, map[string]float64{}, math.NaN()},
		"while they cannot be listed":   {ring{[]keys.Status{signing}, errors.New("closed")}, map[string]float64{}, math.NaN()},
		"two that verify and one in force": {
			ring{[]keys.Status{{State: keys.Verifying}, {State: keys.Verifying}, signing}, nil},
			map[string]float64{string(keys.Signing): 1, string(keys.Verifying): 2},
			float64(from.Add(24 * time.Hour).Unix()),
		},
	} {
		k := Keys{Ring: c.ring, RotateEvery: 24 * time.Hour}
		if diff := cmp.Diff(c.byState, k.byState(t.Context())); diff != "" {
			t.Errorf("%s: keys by state (-want +got):\n%s", name, diff)
		}
		if got := k.due(t.Context()); got != c.due && !(math.IsNaN(got) && math.IsNaN(c.due)) {
			t.Errorf("%s: due = %v, want %v", name, got, c.due)
		}
	}
}
