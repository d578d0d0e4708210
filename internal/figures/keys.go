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

// due returns when the key in force is to be replaced, in Unix seconds. The next key is
// published before that, so this time should never pass.
func (k Keys) due(ctx context.Context) float64 {
	for _, key := range k.inMemory(ctx) {
		if key.State == keys.Signing {
			return float64(key.SignFrom.Add(k.RotateEvery).Unix())
		}
	}
	return math.NaN()
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
