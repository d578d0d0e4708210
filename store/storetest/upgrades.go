package storetest

import (
	"sync"
	"testing"

	"gatehouse/store"
)

func upgrades() []promise {
	return []promise{
		{"a database that this release made is finished, and stays so", "Finished Finish", finishedFromTheStart},
	}
}

func finishedFromTheStart(t *testing.T, db store.DB) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := db.Finish(t.Context(), odd()); err != nil {
				t.Errorf("finishing again: %v", err)
			}
		})
		if finished, err := db.Finished(t.Context()); err != nil || !finished {
			t.Errorf("finished: %t, %v; want true", finished, err)
		}
	}
	wg.Wait()
}
