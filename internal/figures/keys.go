package figures

import (
	"context"
	"math"
	"time"

	"gatehouse/keys"
)

// Keys are the signing keys in memory. Reading them does not query the database.
type Keys struct {
	Ring interface {
		Ready() bool
		List(context.Context) ([]keys.Status, error)
	}
	RotateEvery time.Duration
}

// due returns when the first of the keys in force is to be replaced, in Unix seconds. The next
// key of its algorithm is published before that, so this time should never pass.
func (k Keys) due(ctx context.Context) float64 {
	first := math.NaN()
	for _, key := range k.inMemory(ctx) {
		at := float64(key.SignFrom.Add(k.RotateEvery).Unix())
		if key.State == keys.Signing && !(at >= first) { // true for the first, too
			first = at
		}
	}
	return first
}

func (k Keys) byState(ctx context.Context) map[string]float64 {
	byState := map[string]float64{}
	for _, key := range k.inMemory(ctx) {
		byState[string(key.State)]++
	}
	return byState
}

// inMemory returns no keys while the first is being made.
func (k Keys) inMemory(ctx context.Context) []keys.Status {
	if !k.Ring.Ready() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	all, err := k.Ring.List(ctx)
	if err != nil {
		return nil
	}
	return all
}
