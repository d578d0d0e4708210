package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// profiling is compiled into the server only for a run with -profiles: a server that
// people use does not have this endpoint.
const profiling = `package main

import (
	"net/http"
	_ "net/http/pprof"
	"os"
)

func init() { go http.ListenAndServe(os.Getenv("` + profileVariable + `"), nil) }
`

const profileVariable = "BENCH_PROFILE_ADDR"

// buildForProfiles lays that file over the sources, which stay as they are.
func (r *rig) buildForProfiles(ctx context.Context) error {
	if err := os.MkdirAll(r.options.profiles, 0o700); err != nil {
		return fmt.Errorf("making the folder for profiles: %w", err)
	}
	main, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "gatehouse/cmd/gatehouse").Output()
	if err != nil {
		return fmt.Errorf("looking for the server's sources: %w", err)
	}
	file := filepath.Join(r.dir, "profiling.go")
	laid := filepath.Join(strings.TrimSpace(string(main)), "profiling_for_bench.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{laid: file}})
	if err != nil {
		return fmt.Errorf("writing the overlay: %w", err)
	}
	for name, text := range map[string][]byte{file: []byte(profiling), file + ".json": overlay} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return fmt.Errorf("writing the overlay: %w", err)
		}
	}
	if r.profiles, err = freeAddress(); err != nil {
		return err
	}
	return build(ctx, r.program.binary, "-overlay", file+".json")
}

// profilesTaken are the profiles of a row: what they are called, and where the server
// serves them. That of allocations is of the row alone, too: the difference of its seconds.
var profilesTaken = []struct{ name, path string }{{"cpu", "profile"}, {"allocs", "allocs"}}

// profile takes profiles of the server while a scenario runs. The returned function waits
// for their end.
func (r *rig) profile(ctx context.Context, t target, scenario string) (func() error, error) {
	if t.profiles == "" {
		return func() error { return nil }, nil
	}
	seconds := int(max(1, r.options.duration.Seconds()+2))
	row := filepath.Join(r.options.profiles, r.label+fileName.ReplaceAllString(strings.ToLower(scenario), "-"))
	done := make(chan error, len(profilesTaken))
	for _, kind := range profilesTaken {
		from := fmt.Sprintf("http://%s/debug/pprof/%s?seconds=%d", t.profiles, kind.path, seconds)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
		if err != nil {
			return nil, err
		}
		go func() { done <- download(request, row+"."+kind.name+".pprof") }()
	}
	return func() (err error) {
		for range profilesTaken {
			err = errors.Join(err, <-done)
		}
		return err
	}, nil
}

var fileName = regexp.MustCompile(`[^a-z0-9]+`)

func download(request *http.Request, file string) error {
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("taking a profile: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("taking a profile: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("taking a profile: %s: %.300s", answer.Status, text)
	}
	return os.WriteFile(file, text, 0o600)
}
