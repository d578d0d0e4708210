package deploy

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/config"
	"gatehouse/internal/machine"
	"gatehouse/internal/test/testkit"
)

// secrets are the contents of operators' files, made as the samples' comments say.
var secrets = map[string]string{
	"database":   "mysql://gatehouse:9f1c2b@mysql:3306/gatehouse",
	"redis":      "redis://:9f1c2b@redis:6379/0",
	"master_key": "q8Zb0V5nqf1Jj2QXcVq0h8rY1m3uT6w9zB4eK7pL2dE=\n",
}

// writeSecrets puts them into a new folder.
func writeSecrets(t *testing.T, parent string) string {
	t.Helper()
	folder := filepath.Join(parent, "secrets")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatalf("making the folder: %v", err)
	}
	for name, secret := range secrets {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(secret), 0o600); err != nil {
			t.Fatalf("writing the file: %v", err)
		}
	}
	return folder
}

// settings reads an environment as the server does, and treats a misspelt variable as
// a fault. It keeps the names of secret files, but not their folder.
func settings(t *testing.T, environment map[string]string) config.Config {
	t.Helper()
	folder := writeSecrets(t, t.TempDir())
	var pairs []string
	values := map[string]string{}
	for name, value := range environment {
		if strings.HasSuffix(name, "_FILE") {
			value = filepath.Join(folder, filepath.Base(value))
		}
		values[name] = value
		pairs = append(pairs, name+"="+value)
	}
	cfg, err := config.Load(config.Sources{
		Env:     func(name string) (string, bool) { value, ok := values[name]; return value, ok },
		Environ: func() []string { return pairs },
	})
	if err != nil {
		t.Fatalf("loading the settings: %v", err)
	}
	return cfg
}

var gatehouse testkit.Program

func TestMain(m *testing.M) { os.Exit(gatehouse.Run(m)) }

// run returns what a program prints. It fails the test if the program fails.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("running %s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
	return string(out)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	return string(text)
}

// budgetMiB returns the budget of password hashes on a few cores, within a memory limit in
// bytes.
func budgetMiB(cfg config.Config, limit int64) int {
	const fewCores = 4
	return cmp.Or(cfg.PasswordBudgetMiB, machine.PasswordBudgetMiB(fewCores, limit))
}
