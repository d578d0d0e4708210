package keys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadOrCreateMasterKeyFile reads the master key from the file at path. If the file
// does not exist and mayCreate is set, it makes a key and writes it there with mode
// 0600; of several processes that do so at once, one makes the key and all read it.
// An existing file is never changed.
func LoadOrCreateMasterKeyFile(path string, mayCreate bool) (MasterKey, error) {
	key, err := readMasterKeyFile(path)
	if !mayCreate || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createMasterKeyFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return MasterKey{}, fmt.Errorf("creating the master key file: %w", err)
	}
	return readMasterKeyFile(path)
}

func readMasterKeyFile(path string) (MasterKey, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return MasterKey{}, fmt.Errorf("the master key file %s is not a regular file; to pass a key through a pipe, set GATEHOUSE_MASTER_KEY_FILE", path)
	}
	file, err := os.Open(path) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return MasterKey{}, fmt.Errorf("reading the master key file: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	info, err := file.Stat()
	if err != nil {
		return MasterKey{}, fmt.Errorf("reading the master key file: %w", err)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return MasterKey{}, fmt.Errorf("the master key file %s has mode %#o, so others besides its owner can use it: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	const enough = 4 << 10 // a key has 44 characters
	text, err := io.ReadAll(io.LimitReader(file, enough))
	if err != nil {
		return MasterKey{}, fmt.Errorf("reading the master key file: %w", err)
	}
	key, err := ParseMasterKey(string(text))
	if err != nil {
		return MasterKey{}, fmt.Errorf("the master key file %s: %w", path, err)
	}
	return key, nil
}

// createMasterKeyFile writes a new key beside path and links it into place.
// Linking fails if path exists, as O_EXCL would, but the file appears only once it
// is complete: neither a second process nor a start after a crash finds half a key.
func createMasterKeyFile(path string) error {
	folder := filepath.Dir(path)
	draft, err := os.CreateTemp(folder, ".master-key-*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) //nolint:errcheck // a draft left behind is harmless
	_, err = draft.WriteString(NewMasterKey().Reveal() + "\n")
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes the new name survive a power failure: without the master key,
// the keys sealed under it are lost.
func syncFolder(folder string) error {
	f, err := os.Open(folder) //nolint:gosec // G304: as above
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
