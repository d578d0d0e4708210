package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"gatehouse/config"
	"gatehouse/internal/client"
	"gatehouse/internal/token"
	"gatehouse/keys"
)

// openRing finds the master key and opens the signing keys under it.
func (c *core) openRing(ctx context.Context) (*keys.Ring, error) {
	masters, err := c.masterKeys(ctx)
	if err != nil {
		return nil, err
	}
	o := keyOptions(c.config, now)
	o.Store, o.Masters, o.Log = c.db, masters, c.log
	ring, err := keys.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("opening the signing keys: %w", err)
	}
	return ring, nil
}

// keyOptions are what the settings say of the signing keys.
func keyOptions(cfg config.Config, now func() time.Time) keys.Options {
	return keys.Options{
		Now: now, Remember: token.TypeAccess,
		RotateEvery: cfg.KeyRotateEvery, PublishLead: cfg.KeyPublishLead,
		VerifyFor: max(cfg.RefreshTokenLifetime, client.MaxAccessTokenLifetime) + keys.VerifyMargin,
	}
}

// masterKeys are the configured one or, beside a SQLite file, the one in
// gatehouse.key, which the first start makes. Where there are signing keys
// already, a lost master key is not replaced by a new one that could not open them.
func (c *core) masterKeys(ctx context.Context) (keys.MasterKeys, error) {
	if masterKeyFile(c.config) == "" {
		return masterKeysOf(c.config, false)
	}
	known, err := c.db.SigningKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the signing keys: %w", err)
	}
	c.fresh = len(known) == 0
	return masterKeysOf(c.config, c.fresh)
}

// masterKeyFile is the file that the master key is kept in; empty: it is a setting.
func masterKeyFile(cfg config.Config) string {
	file, embedded := strings.CutPrefix(cfg.Database.Reveal(), "sqlite:")
	if cfg.MasterKey.Reveal() != "" || !embedded {
		return ""
	}
	return filepath.Join(filepath.Dir(file), "gatehouse.key")
}

// masterKeysOf reads the master key, and makes one only if it may; and the previous
// one where there is one.
func masterKeysOf(cfg config.Config, mayCreate bool) (keys.MasterKeys, error) {
	master, err := masterKeyOf(cfg, mayCreate)
	previous := cfg.MasterKeyPrevious.Reveal()
	if err != nil || previous == "" {
		return keys.MasterKeys{master}, err
	}
	known, err := keys.ParseMasterKey(previous)
	if err == nil && known.ID() == master.ID() {
		err = errors.New("GATEHOUSE_MASTER_KEY_PREVIOUS is the master key in use, not the one before it")
	}
	return keys.MasterKeys{master, known}, err
}

// masterKeyOf reads the master key, and makes one only if it may.
func masterKeyOf(cfg config.Config, mayCreate bool) (keys.MasterKey, error) {
	if secret := cfg.MasterKey.Reveal(); secret != "" {
		return keys.ParseMasterKey(secret)
	}
	path := masterKeyFile(cfg)
	if path == "" {
		return keys.MasterKey{}, errors.New("GATEHOUSE_MASTER_KEY is not set; make one with: openssl rand -base64 32")
	}
	master, err := keys.LoadOrCreateMasterKeyFile(path, mayCreate)
	if errors.Is(err, fs.ErrNotExist) {
		return keys.MasterKey{}, fmt.Errorf("the master key file %s is missing, and the database has signing keys that only it opens; bring it back from a backup, or set GATEHOUSE_MASTER_KEY. Nothing was changed: %w", path, err)
	}
	return master, err
}
