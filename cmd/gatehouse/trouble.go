package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"gatehouse/config"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// A remedy is an error with words for the person at the terminal: what is wrong, where,
// and what to do about it.
type remedy struct {
	words string
	err   error
}

func (r *remedy) Error() string { return r.words }
func (r *remedy) Unwrap() error { return r.err }

func remedied(err error, format string, values ...any) error {
	return &remedy{fmt.Sprintf(format, values...), err}
}

// databaseTrouble says what to do about a database that cannot be opened.
func databaseTrouble(cfg config.Config, err error) error {
	file, embedded := databaseFile(cfg)
	switch {
	case embedded:
		return fileTrouble(file, err)
	case errors.Is(err, sqlstore.ErrRefused):
		return remedied(err, "the database server refuses us: %s\nCorrect the user, the password or the name of the database in GATEHOUSE_DATABASE; gatehouse doctor tries it", reason(err, sqlstore.ErrRefused))
	case errors.Is(err, store.ErrUnavailable):
		return remedied(err, "the database %s does not answer: %s\nStart it, or correct GATEHOUSE_DATABASE; gatehouse doctor tries it", cfg.Database, reason(err, store.ErrUnavailable))
	}
	return fmt.Errorf("opening the database: %w", err)
}

// databaseFile returns the file of an embedded database.
func databaseFile(cfg config.Config) (file string, embedded bool) {
	return strings.CutPrefix(cfg.Database.Reveal(), "sqlite:")
}

// reason returns the text of err behind that of kind.
func reason(err, kind error) string {
	_, text, found := strings.Cut(err.Error(), kind.Error()+": ")
	if !found {
		return err.Error()
	}
	return text
}

func fileTrouble(file string, err error) error {
	full, failed := absolute(file), (*fs.PathError)(nil)
	if errors.As(err, &failed) {
		full = absolute(failed.Path)
	}
	folder := filepath.Dir(full)
	const elsewhere = "or keep the database elsewhere, as in:\n  GATEHOUSE_DATABASE=sqlite:/var/lib/gatehouse/gatehouse.db gatehouse serve"
	switch _, missing := os.Stat(full); {
	case errors.Is(err, syscall.EROFS):
		return remedied(err, "the database %s cannot be opened: the folder %s is on a read-only file system; mount it for writing, %s", file, folder, elsewhere)
	case errors.Is(err, fs.ErrPermission) && missing == nil:
		return remedied(err, "the database %s cannot be opened: this user may not write to %s; run the command as the owner of the file, as in: sudo -u gatehouse gatehouse …", file, full)
	case errors.Is(err, fs.ErrPermission):
		return remedied(err, "the database %s cannot be opened: this user may not write to the folder %s; run the command as its owner, %s", file, folder, elsewhere)
	case errors.Is(err, fs.ErrNotExist):
		return remedied(err, "the database %s cannot be opened: the folder %s does not exist; make it with: mkdir -p %s", file, folder, folder)
	}
	return fmt.Errorf("opening the database %s: %w", file, err)
}

// absolute returns where a file is, however the command was started.
func absolute(file string) string {
	if full, err := filepath.Abs(file); err == nil {
		return full
	}
	return file
}

// isThere refuses a command that works on an embedded database that does not exist. It
// was probably started in another folder, and a new database would only mislead.
func isThere(cfg config.Config) error {
	file, embedded := databaseFile(cfg)
	if _, err := os.Stat(file); !embedded || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("there is no database %s; the first start of the server makes it: gatehouse serve\nIf the server has one, run this command in the server's folder or with its settings (GATEHOUSE_DATABASE)", absolute(file))
}

// masterKeyTrouble says what to do about signing keys that cannot be opened.
func (b *backends) masterKeyTrouble(err error) error {
	wrong, ok := errors.AsType[*keys.WrongMasterKey](err)
	if !ok {
		return fmt.Errorf("opening the signing keys: %w", err)
	}
	words := fmt.Sprintf("wrong master key: the signing keys in the database were sealed under master key %s, and the one configured is %s. Nothing was changed.\n", wrong.Want, wrong.Have)
	without := b.config
	without.MasterKey = config.Secret{}
	if file := masterKeyFile(without); file != "" && file != masterKeyFile(b.config) {
		if beside, err := keys.LoadOrCreateMasterKeyFile(file, false); err == nil && beside.ID() == wrong.Want {
			return &remedy{words + absolute(file) + " has the right one: unset GATEHOUSE_MASTER_KEY", err}
		}
	}
	return &remedy{words + "Configure the master key that belongs to this database, from where you keep it. To replace it, set the old one as\nGATEHOUSE_MASTER_KEY_PREVIOUS and the new one as GATEHOUSE_MASTER_KEY, and run: gatehouse keys rewrap", err}
}
