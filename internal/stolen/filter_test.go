package stolen

import (
	"crypto/rand"
	_ "embed"
	"strings"
	"testing"
)

//go:embed testdata/sample.txt
var sample string

// The sample is every 2,000th password of the list.
func TestEveryPasswordOfTheListIsFound(t *testing.T) {
	lines := strings.Fields(sample)
	if len(lines) != 500 {
		t.Errorf("the sample has %d passwords, want 500", len(lines))
	}
	for _, line := range lines {
		for _, spelt := range []string{line, strings.ToUpper(line), " " + line + "\t"} {
			if !Often(spelt) {
				t.Errorf("%q is not found, want it in the list", spelt)
			}
		}
	}
}

// One in 65,536 is expected: 4.6 of 300,000, and more than 20 once in 100 million runs.
func TestOtherPasswordsAreRarelyTakenForStolenOnes(t *testing.T) {
	const tries, most = 300_000, 20
	found := 0
	for range tries {
		if Often(rand.Text()) {
			found++
		}
	}
	if found > most {
		t.Errorf("%d of %d random passwords are found, want at most %d", found, tries, most)
	}
	t.Logf("%d of %d random passwords are found", found, tries)
}

// The filter is on the heap once, and a lookup adds nothing to it.
func TestALookupCostsLittleMemory(t *testing.T) {
	Often("once")
	if n := testing.AllocsPerRun(100, func() { Often("vellum-otter-quilt") }); n > 1 {
		t.Errorf("a lookup allocates %.0f times, want at most once", n)
	}
}

func BenchmarkOften(b *testing.B) {
	for b.Loop() {
		Often("vellum-otter-quilt")
	}
}
