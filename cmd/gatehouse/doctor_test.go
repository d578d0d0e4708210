package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/finding"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// examined runs doctor with the settings, and returns its findings and exit code.
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

// TestDoctorWithEveryPartAway checks that doctor reports every part that does not
// answer, within its time.
func TestDoctorWithEveryPartAway(t *testing.T) {
	redis, database := testdb.StartRedis(t), testdb.StartMySQL(t)
	t.Setenv("GATEHOUSE_DATABASE", database.DSN)
	t.Setenv("GATEHOUSE_REDIS", redis.URL)
	t.Setenv("GATEHOUSE_MASTER_KEY", "n+cah954zdHEwht9AZADKF5MuIeclQ2vqlcQ3JwYslE=")
	found, code := examined(t)
	testkit.Finds(t, found, "database schema", finding.Warning, "it is empty")
	testkit.Finds(t, found, "redis version", finding.OK, "")
	if code != 0 {
		t.Errorf("with warnings only the exit code is %d, want 0: %v", code, found.Worse())
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
		t.Errorf("%s: it took %s, want at most 15s", what, took)
	}
	if code != 1 {
		t.Errorf("%s: the exit code is %d, want 1", what, code)
	}
	testkit.Finds(t, found, "database", finding.Fault, "check that it runs")
	testkit.Finds(t, found, "redis", finding.Fault, "could not be checked")
	testkit.Finds(t, found, "settings", finding.Fault, "GATEHOUSE_REFRESH_GRACE")
	testkit.Finds(t, found, "cores", finding.OK, "")
}

func TestDoctorOnFiles(t *testing.T) {
	database := filepath.Join(t.TempDir(), "gatehouse.db")
	setting := "--database=sqlite:" + database
	found, code := examined(t, setting)
	testkit.Finds(t, found, "database", finding.Warning, "does not exist")
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
	testkit.Finds(t, found, "master key", finding.OK, "opens all")
	if code != 0 {
		t.Errorf("exit code %d, want 0: %v", code, found.Worse())
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatalf("changing the mode: %v", err)
	}
	found, _ = examined(t, setting)
	testkit.Finds(t, found, "master key", finding.Fault, "chmod 600")
	if err := os.Remove(key); err != nil {
		t.Fatalf("removing the file: %v", err)
	}
	found, code = examined(t, setting)
	testkit.Finds(t, found, "master key", finding.Fault, "is missing")
	if _, err := os.Stat(key); err == nil || code != 1 {
		t.Errorf("exit code %d, and a key was made: %v", code, err)
	}
	t.Setenv("GATEHOUSE_MASTER_KEY", "n+cah954zdHEwht9AZADKF5MuIeclQ2vqlcQ3JwYslE=")
	found, _ = examined(t, setting)
	testkit.Finds(t, found, "master key", finding.Fault, "wrong master key")
}

func has(found finding.List, check string) bool {
	for _, f := range found {
		if f.Check == check && strings.Contains(f.Found, "opens all") {
			return true
		}
	}
	return false
}

// TestDoctorOnTheAuditSink has a file that cannot be written, and a delivery that is late.
func TestDoctorOnTheAuditSink(t *testing.T) {
	t.Setenv("GATEHOUSE_DATABASE", testdb.Ready(t))
	const check = "audit sink"
	sink := func(path string) finding.List {
		found, _ := examined(t, "--audit-sink", "file:"+path)
		return found
	}
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	testkit.Finds(t, sink(file), check, finding.OK, "from the first start")
	if _, err := os.Stat(file); err == nil {
		t.Error("doctor made the file, want it to change nothing")
	}
	testkit.Finds(t, sink(filepath.Join(t.TempDir(), "none", "audit.jsonl")), check, finding.Fault, "no such file")
	testkit.Finds(t, sink(t.TempDir()), check, finding.Fault, "is a directory")
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: os.Getenv("GATEHOUSE_DATABASE"), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	defer db.Close()
	at := time.Now().Add(-time.Hour)
	if err := errors.Join(db.Migrate(t.Context()), db.BeginAuditDelivery(t.Context()), db.Audit(t.Context(), store.AuditEvent{At: at, Kind: "signin.ok", Detail: []byte("{}")})); err != nil {
		t.Fatalf("recording an event: %v", err)
	}
	testkit.Finds(t, sink(file), check, finding.Warning, "missing since "+at.UTC().Format(time.RFC3339))
}
