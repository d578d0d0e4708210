package sweep

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestEveryTableThatGrowsIsSwept fails for a new table that is neither swept nor listed
// here with its bound.
func TestEveryTableThatGrowsIsSwept(t *testing.T) {
	bounded := map[string]string{
		"users": "people", "user_names": "two for each of them", "user_words": "sixteen for each of them, at most", "user_counts": "96",
		"clients": "apps", "locks": "a row for each lock", "installations": "one row", "audit_deliveries": "one row", "audit_events": "nothing is written there but by the release before; swept with audit_log", "apis": "an administrator adds each", "epochs": "a row for each epoch that an operator began", "consents": "one for each person and app, deleted with either",
		"totp_factors":        "one for each person, deleted with them",
		"recovery_codes":      "ten for each person, deleted with them",
		"passkeys":            "fifty for each person at most, deleted with them",
		"signing_keys":        "key rotation deletes old ones",
		"ring_keys":           "as signing_keys",
		"data_keys":           "one row",
		"generations":         "one for each consent that was withdrawn, deleted with the user, and for each app that was deleted or got another method",
		"finished_migrations": "a row for each migration that an operator finished",
		"pending_ends":        "followed until nothing is left",
		"logout_notices":      "a notice is dropped after its last try",
	}
	var swept []string
	for _, table := range Tables(struct{ Database }{}, struct{ Throttles }{}, 0, 0) {
		swept = append(swept, table.Name)
	}
	files, err := filepath.Glob("../../store/sqlstore/migrations/*/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("listing the migrations: %d found, %v; want at least one", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("reading the file: %v", err)
		}
		for _, found := range regexp.MustCompile(`CREATE TABLE (?:IF NOT EXISTS )?(\w+)`).FindAllStringSubmatch(string(text), -1) {
			if _, ok := bounded[found[1]]; !ok && !slices.Contains(swept, found[1]) {
				t.Errorf("%s: nothing sweeps %s, want the sweeper or a bound to name it", filepath.Base(file), found[1])
			}
		}
	}
}
