package deploy

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// unit reads the lines of a unit, or of one and its drop-in, by their names.
func unit(t *testing.T, names ...string) map[string][]string {
	t.Helper()
	lines := map[string][]string{}
	for _, name := range names {
		for s := bufio.NewScanner(strings.NewReader(read(t, "systemd/"+name))); s.Scan(); {
			if key, value, ok := strings.Cut(s.Text(), "="); ok && !strings.HasPrefix(key, "#") {
				lines[key] = append(lines[key], value)
			}
		}
	}
	return lines
}

func last(t *testing.T, u map[string][]string, key string) string {
	t.Helper()
	if len(u[key]) == 0 {
		t.Fatalf("the unit has no %s, want one", key)
	}
	return u[key][len(u[key])-1]
}

var systemdVariants = map[string][]string{
	"on SQLite":          {"gatehouse.service"},
	"on MySQL and Redis": {"gatehouse.service", "mysql-redis.conf"},
}

func TestTheSettingsOfTheUnitAreGood(t *testing.T) {
	for name, files := range systemdVariants {
		t.Run(name, func(t *testing.T) {
			u := unit(t, files...)
			environment := map[string]string{}
			for _, pair := range u["Environment"] {
				variable, value, _ := strings.Cut(pair, "=")
				environment[variable] = value
				if credential, ok := strings.CutPrefix(value, "%d/"); ok && !strings.Contains(strings.Join(u["LoadCredential"], " ")+" ", credential+":/etc/gatehouse/"+credential+" ") {
					t.Errorf("%s is %s, want a credential that is loaded", variable, value)
				}
			}
			cfg := settings(t, environment)
			stop, err := time.ParseDuration(last(t, u, "TimeoutStopSec"))
			if least := cfg.DrainDelay + cfg.ShutdownTimeout + 5*time.Second; err != nil || stop < least {
				t.Errorf("killed after %s, while draining takes up to %s: %v", stop, least, err)
			}
			if limit, budget := last(t, u, "MemoryMax"), budgetMiB(cfg, 512<<20); limit != "512M" || budget+256 > 512*4/5 {
				t.Errorf("the memory limit is %s with %d MiB of hashes, want 512M with room for the rest", limit, budget)
			}
			if last(t, u, "Type") != "notify" || !strings.HasSuffix(last(t, u, "ExecStart"), "gatehouse serve") {
				t.Error(`the unit does not wait until the server is ready, want Type=notify and "gatehouse serve"`)
			}
		})
	}
}

// installed copies the units to a folder where systemd-analyze finds everything that
// they name.
func installed(t *testing.T, drop bool) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"gatehouse.service", "gatehouse-backup.service", "gatehouse-backup.timer"} {
		text := strings.ReplaceAll(read(t, "systemd/"+name), "/usr/local/bin/gatehouse", gatehouse.Path(t))
		write(t, filepath.Join(folder, name), text, 0o644)
	}
	if drop {
		write(t, filepath.Join(folder, "gatehouse.service.d", "mysql-redis.conf"), read(t, "systemd/mysql-redis.conf"), 0o644)
	}
	return folder
}

func TestSystemdAcceptsTheUnits(t *testing.T) {
	analyze := testkit.Installed(t, "systemd-analyze")
	for _, drop := range []bool{false, true} {
		folder := installed(t, drop)
		units, err := filepath.Glob(folder + "/gatehouse*.*")
		if err != nil {
			t.Fatalf("listing the files: %v", err)
		}
		units = filesOf(units)
		// It only warns about lines that it does not understand, and exits with 0.
		if said := run(t, analyze, append([]string{"verify", "--man=no"}, units...)...); strings.Contains(said, folder) {
			t.Errorf("systemd-analyze found faults, want none:\n%s", said)
		}
		for _, u := range units {
			if strings.HasSuffix(u, ".service") {
				run(t, analyze, "security", "--offline=yes", "--threshold=15", "--no-pager", u)
			}
		}
	}
}

func filesOf(paths []string) (files []string) {
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			files = append(files, p)
		}
	}
	return files
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatalf("making the folder: %v", err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
}

// TestTheBackupHasTheDateInItsName runs the unit's command with a stand-in for gatehouse.
func TestTheBackupHasTheDateInItsName(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(folder, "gatehouse")
	write(t, program, "#!/bin/sh\necho \"$@\"\n", 0o700)
	line := last(t, unit(t, "gatehouse-backup.service"), "ExecStart")
	line = strings.NewReplacer("/usr/local/bin/gatehouse", program, "%S", folder, "%%", "%", "$$", "$").Replace(line)
	command := strings.Trim(strings.TrimPrefix(line, "/bin/sh -c "), "'")
	said := strings.TrimSpace(run(t, "/bin/sh", "-c", command))
	stamp, ok := strings.CutPrefix(said, "backup "+folder+"/gatehouse-backup/gatehouse-")
	if at, err := time.Parse("20060102T150405Z.db", stamp); !ok || err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("the unit runs gatehouse %s, want a file name with the current time", said)
	}
}

// TestOperatorsHaveTheServicesSettings runs a command through gatehousectl.
func TestOperatorsHaveTheServicesSettings(t *testing.T) {
	programs, state := t.TempDir(), t.TempDir()
	write(t, filepath.Join(programs, "id"), "#!/bin/sh\necho gatehouse\n", 0o700)
	if err := os.Symlink(gatehouse.Path(t), filepath.Join(programs, "gatehouse")); err != nil {
		t.Fatalf("making a symbolic link: %v", err)
	}
	configuration := filepath.Dir(writeSecrets(t, t.TempDir()))
	write(t, filepath.Join(configuration, "secrets", "environment"), "# ours\nGATEHOUSE_ISSUER=https://id.example.com\n", 0o600)
	cmd := exec.Command("systemd/gatehousectl", "config", "print")
	cmd.Env = []string{"PATH=" + programs + ":" + os.Getenv("PATH"), "CONFIGURATION_DIRECTORY=" + filepath.Join(configuration, "secrets"), "STATE_DIRECTORY=" + state}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("running the command: %v\n%s", err, out)
	}
	for _, want := range []string{"https://id.example.com", "GATEHOUSE_DATABASE_FILE", "GATEHOUSE_REDIS_FILE", "GATEHOUSE_MASTER_KEY_FILE"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("want %s in\n%s", want, out)
		}
	}
}
