package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/finding"
	"gatehouse/internal/test/testdb"
)

// examined runs doctor with the settings, and returns what it found and its exit code.
func examined(t *testing.T, settings ...string) (finding.List, int) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), append([]string{"doctor", "--json"}, settings...), strings.NewReader(""), &out, &errs)
	var found finding.List
	for d := json.NewDecoder(&out); ; {
		var f finding.Finding
		err := d.Decode(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("decoding the JSON: %v", err)
		}
		found = append(found, f)
	}
	return found, code
}

func speaks(t *testing.T, found finding.List, check string, level finding.Level, word string) {
	t.Helper()
	for _, f := range found {
		if f.Check == check && f.Level == level && strings.Contains(f.String(), word) {
			return
		}
	}
	t.Errorf("no %s of %q that speaks of %q among: %v", level, check, word, found)
}

// TestDoctorWithEveryPartAway: it says so of each, within its time, and lets nothing
// of the passwords be seen.
func TestDoctorWithEveryPartAway(t *testing.T) {
	redis, database := testdb.StartRedis(t), testdb.StartMySQL(t)
	t.Setenv("GATEHOUSE_DATABASE", database.DSN)
	t.Setenv("GATEHOUSE_REDIS", redis.URL)
	t.Setenv("GATEHOUSE_MASTER_KEY", "n+cah954zdHEwht9AZADKF5MuIeclQ2vqlcQ3JwYslE=")
	found, code := examined(t)
	speaks(t, found, "database schema", finding.Warning, "it is empty")
	speaks(t, found, "redis version", finding.OK, "")
	if code != 0 {
		t.Errorf("with warnings only the exit code is %d: %v", code, found.Worse())
	}
	redis.Pause()
	database.Pause()
	absent(t, "hanging")
	redis.Resume()
	database.Resume()
	redis.Stop()
	database.Stop()
	absent(t, "stopped")
}

func absent(t *testing.T, what string) {
	t.Helper()
	began := time.Now()
	found, code := examined(t, "--refresh-grace", "5h")
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("%s: it took %s", what, took)
	}
	if code != 1 {
		t.Errorf("%s: the exit code is %d", what, code)
	}
	speaks(t, found, "database", finding.Fault, "see that it runs")
	speaks(t, found, "redis", finding.Fault, "could not be checked")
	speaks(t, found, "settings", finding.Fault, "GATEHOUSE_REFRESH_GRACE")
	speaks(t, found, "cores", finding.OK, "")
}

func TestDoctorOnCertificates(t *testing.T) {
	cfg := withCertificate(t) // valid for an hour before and after now, for login.example.com
	cfg.Issuer = "https://login.example.com"
	for _, c := range []struct {
		now   time.Time
		level finding.Level
		word  string
	}{
		{time.Now(), finding.Warning, "expires"},
		{time.Now().Add(2 * time.Hour), finding.Fault, "expired"},
		{time.Now().Add(-2 * time.Hour), finding.Fault, "not valid before"},
		{time.Now().Add(-30 * time.Minute), finding.Warning, "expires"},
	} {
		found := examineCertificate(cfg, c.now)
		speaks(t, found, "certificate", c.level, c.word)
		speaks(t, found, "certificate name", finding.OK, "login.example.com")
	}
	cfg.Issuer = "https://elsewhere.example.com"
	speaks(t, examineCertificate(cfg, time.Now()), "certificate name", finding.Warning, "elsewhere.example.com")
	cfg.TLSKey = withCertificate(t).TLSKey
	speaks(t, examineCertificate(cfg, time.Now()), "certificate", finding.Fault, "belong together")
}

func TestDoctorOnTheFrontAndTheMachine(t *testing.T) {
	cfg := config.Default()
	speaks(t, examineFront(cfg), "issuer", finding.Warning, "GATEHOUSE_ISSUER")
	cfg.Issuer = "https://login.example.com"
	speaks(t, examineFront(cfg), "trusted proxies", finding.Warning, "GATEHOUSE_TRUSTED_PROXIES")
	poor := resources{files: 1024, memory: 256 << 20, cores: 1, collector: "100MiB"}
	for check, word := range map[string]string{"open files": "1024", "cores": "two", "memory": "384", "GOMEMLIMIT": "100MiB"} {
		speaks(t, examineMachine(cfg, poor), check, finding.Warning, word)
	}
	rich := resources{files: 1 << 20, memory: 4 << 30, cores: 4, collector: "1GiB"}
	if worse := examineMachine(cfg, rich).Worse(); len(worse) > 0 {
		t.Errorf("amiss: %v", worse)
	}
}

func TestMemoryThatCanBeUsed(t *testing.T) {
	meminfo := func(string) ([]byte, error) { return []byte("MemTotal:       4096 kB\nMemFree: 1 kB\n"), nil }
	none := func(string) ([]byte, error) { return nil, os.ErrNotExist }
	for what, c := range map[string]struct{ group, all, want int64 }{
		"nothing known": {math.MaxInt64, totalMemory(none), 0},
		"no limit":      {math.MaxInt64, totalMemory(meminfo), 4 << 20},
		"a container":   {1 << 20, totalMemory(meminfo), 1 << 20},
		"a limit alone": {1 << 20, 0, 1 << 20},
	} {
		if got := usableMemory(c.group, c.all); got != c.want {
			t.Errorf("%s: %d, want %d", what, got, c.want)
		}
	}
}

func TestDoctorOnFiles(t *testing.T) {
	database := filepath.Join(t.TempDir(), "gatehouse.db")
	setting := "--database=sqlite:" + database
	found, code := examined(t, setting)
	speaks(t, found, "database", finding.Warning, "is not there")
	if _, err := os.Stat(database); code != 0 || err == nil {
		t.Errorf("exit code %d, and the database was made: %v", code, err)
	}
	startApp(t, slog.New(slog.DiscardHandler), func(cfg *config.Config) { cfg.Database = config.NewSecret("sqlite:" + database) })
	key := filepath.Join(filepath.Dir(database), "gatehouse.key")
	deadline := time.Now().Add(20 * time.Second)
	for !has(found, "master key") && time.Now().Before(deadline) {
		found, code = examined(t, setting)
		time.Sleep(50 * time.Millisecond)
	}
	speaks(t, found, "master key", finding.OK, "opens all")
	if code != 0 {
		t.Errorf("exit code %d: %v", code, found.Worse())
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatalf("changing the mode: %v", err)
	}
	found, _ = examined(t, setting)
	speaks(t, found, "master key", finding.Fault, "chmod 600")
	if err := os.Remove(key); err != nil {
		t.Fatalf("removing the file: %v", err)
	}
	found, code = examined(t, setting)
	speaks(t, found, "master key", finding.Fault, "is missing")
	if _, err := os.Stat(key); err == nil || code != 1 {
		t.Errorf("exit code %d, and a key was made: %v", code, err)
	}
	t.Setenv("GATEHOUSE_MASTER_KEY", "n+cah954zdHEwht9AZADKF5MuIeclQ2vqlcQ3JwYslE=")
	found, _ = examined(t, setting)
	speaks(t, found, "master key", finding.Fault, "wrong master key")
}

func has(found finding.List, check string) bool {
	for _, f := range found {
		if f.Check == check && strings.Contains(f.Found, "opens all") {
			return true
		}
	}
	return false
}
