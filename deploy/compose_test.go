package deploy

import (
	"os"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose reads docker-compose.yml as `docker compose config` does, by the schema.
func compose(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../docker-compose.yml"}, cli.WithName("gatehouse"))
	if err != nil {
		t.Fatalf("reading the compose file: %v", err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatalf("loading the compose project: %v", err)
	}
	return project
}

func TestComposeAcceptsTheFile(t *testing.T) {
	gatehouse := compose(t).Services["gatehouse"]
	environment := map[string]string{}
	for name, value := range gatehouse.Environment {
		environment[name] = *value
	}
	cfg := settings(t, environment)
	if least := cfg.DrainDelay + cfg.ShutdownTimeout + 5*time.Second; gatehouse.StopGracePeriod == nil || time.Duration(*gatehouse.StopGracePeriod) < least {
		t.Errorf("killed after %v, want at least %s for the draining", gatehouse.StopGracePeriod, least)
	}
	if least := types.UnitBytes(budgetMiB(cfg, int64(gatehouse.MemLimit))+256) << 20 * 5 / 4; gatehouse.MemLimit < least {
		t.Errorf("the memory limit is %d, want at least %d", gatehouse.MemLimit, least)
	}
	for _, p := range gatehouse.Ports {
		if cfg.Issuer == "http://localhost:8080" && p.HostIP != "127.0.0.1" {
			t.Errorf("plain http is published at %q, want 127.0.0.1", p.HostIP)
		}
	}
}

func TestComposeFindsAMisspeltKey(t *testing.T) {
	path := t.TempDir() + "/compose.yml"
	if err := os.WriteFile(path, []byte("services:\n  a: {image: b, stop_graceperiod: 30s}\n"), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
	options, err := cli.NewProjectOptions([]string{path}, cli.WithName("a"))
	if err != nil {
		t.Fatalf("reading the compose file: %v", err)
	}
	if _, err := options.LoadProject(t.Context()); err == nil {
		t.Error("the misspelt key was accepted, want an error")
	}
}
