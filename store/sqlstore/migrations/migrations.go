// Package migrations holds the steps of the schema, a folder for each dialect. A step
// is a file NNNN_name.sql, which is never edited after its release.
package migrations

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed mysql sqlite
var files embed.FS

// ToFinish is the name of the migration that an operator finishes once no replica of the
// release before will run again (store.Upgrades).
const ToFinish = "refresh_audience"

// A Step is a migration that this program contains.
type Step struct {
	Version      int
	Name         string
	Text, Digest string
}

// Of reads the steps of a dialect, in order.
func Of(dialect string) ([]Step, error) {
	names, err := fs.Glob(files, path.Join(dialect, "*.sql"))
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	var all []Step
	for _, file := range names {
		text, err := files.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the migrations: %w", err)
		}
		number, name, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("reading the migrations: %s has no number", file)
		}
		digest := sha256.Sum256(text)
		all = append(all, Step{version, name, string(text), hex.EncodeToString(digest[:])})
	}
	return all, nil
}
