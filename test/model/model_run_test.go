package model_test

import (
	"flag"
	"os"
	"testing"

	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	flag.Parse()
	set := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { set[f.Name] = true })
	sequences := os.Getenv("GATEHOUSE_TEST_SEQUENCES")
	if sequences == "" {
		sequences = "12"
	}
	for name, value := range map[string]string{"rapid.checks": sequences, "rapid.nofailfile": "true", "rapid.steps": "80"} {
		if set[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestSessionsFollowTheModel checks that the endpoints answer as the model predicts,
// in sequences that are the same every time, and in new ones.
func TestSessionsFollowTheModel(t *testing.T) {
	given := flag.Lookup("rapid.seed").Value.String() // "0" if none was given
	onEverySite(t, func(t *testing.T, s *site) {
		for name, seed := range map[string]string{"the same sequences": "1", "new sequences": "0"} {
			t.Run(name, func(t *testing.T) {
				if given != "0" {
					seed = given
				}
				follow(t, s, seed)
			})
		}
	})
}

func follow(t *testing.T, s *site, seed string) {
	given := flag.Lookup("rapid.seed").Value.String()
	if err := flag.Set("rapid.seed", seed); err != nil {
		t.Fatalf("setting the flag: %v", err)
	}
	defer func() { _ = flag.Set("rapid.seed", given) }()
	rapid.Check(t, func(t *rapid.T) {
		q := begin(t, s)
		t.Repeat(q.actions())
		q.finish(t)
	})
}
