package migrations

import "testing"

// TestEveryStepHasItsOwnNumber: two changes that were made side by side may have taken the
// same one, and only one of them would ever be applied.
func TestEveryStepHasItsOwnNumber(t *testing.T) {
	for _, dialect := range []string{"mysql", "sqlite"} {
		all, err := Of(dialect)
		if err != nil {
			t.Fatalf("reading the migrations: %v", err)
		}
		for i, step := range all {
			if step.Version != i+1 {
				t.Errorf("%s: step %d is %04d_%s, want the numbers from 1 on, each once", dialect, i+1, step.Version, step.Name)
			}
		}
	}
}
