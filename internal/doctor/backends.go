package doctor

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"gatehouse/internal/finding"
	"gatehouse/keys"
	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/rescue"
)

// open opens the database for reading. ok is false if its file does not exist.
func open(ctx context.Context, o sqlstore.Options) (db *sqlstore.DB, ok bool, err error) {
	if file, embedded := embedded(o); embedded {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, false, nil
		}
	}
	o.Log, o.ReadOnly = slog.New(slog.DiscardHandler), true
	db, err = sqlstore.Open(ctx, o)
	return db, err == nil, err
}

func embedded(o sqlstore.Options) (file string, ok bool) { return strings.CutPrefix(o.DSN, "sqlite:") }

// Database examines the database.
func Database(ctx context.Context, o sqlstore.Options, e rescue.Examination) finding.List {
	found := rescue.ExamineFile(o.DSN)
	db, ok, err := open(ctx, o)
	if err != nil {
		do := "check that it runs, that this machine reaches it, and that user and password are right"
		if _, ok := embedded(o); ok {
			do = "check that this user may read it; if it is damaged: gatehouse restore FILE"
		}
		found.Fault("database", do, "%s", err)
	}
	if !ok {
		return found
	}
	defer func() { _ = db.Close() }() // only read
	return append(found, rescue.Examine(ctx, db, e)...)
}

// Keys examines the signing keys in the database under the master keys that masters reads.
func Keys(ctx context.Context, database sqlstore.Options, masters Masters, o keys.Options) (found finding.List) {
	db, ok, err := open(ctx, database)
	if !ok || err != nil {
		return nil // Database reports that
	}
	defer func() { _ = db.Close() }() // only read
	records, err := db.SigningKeys(ctx)
	if err != nil {
		return nil // the schema is missing or older; Database reports that, too
	}
	o.Masters, err = masters.Read()
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(records) == 0:
		found.OK("master key", "none yet; the first start makes %s", masters.File)
	case err != nil:
		found.Fault("master key", "restore it from your backup of the key, or set GATEHOUSE_MASTER_KEY", "%s", err)
	default:
		found = keys.Examine(records, o)
		if data, err := db.DataKeys(ctx); err == nil {
			keys.ExamineData(data, o.Masters, &found)
		}
	}
	return found
}

// Signer examines what makes signatures with RSA.
func Signer(choice string) (found finding.List) {
	chosen, err := keys.Choose(choice)
	switch {
	case err != nil:
		found.Fault("signer", "set GATEHOUSE_SIGNER=auto, and report it if this build has OpenSSL", "%s", err)
	case chosen.Wrong:
		found.Warn("signer", "report it; GATEHOUSE_SIGNER=go does without OpenSSL", "%s signs, because OpenSSL failed: %s", chosen.Library, chosen.Instead)
	case chosen.Instead != "":
		found.OK("signer", "%s; %s", chosen.Library, chosen.Instead)
	default:
		found.OK("signer", "%s", chosen.Library)
	}
	return found
}

// Masters are the master keys. Read never makes one; File is where the first start of a
// server would.
type Masters struct {
	File string
	Read func() (keys.MasterKeys, error)
}
