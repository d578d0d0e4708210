package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"gatehouse/config"
	"gatehouse/internal/client"
	"gatehouse/internal/token"
	"gatehouse/keys"
)

// openRing finds the master key and opens the signing keys under it; by is as in
// keys.Options. fresh reports whether this is the first start on a new SQLite file.
func (b *backends) openRing(ctx context.Context, by keys.Signer) (ring *keys.Ring, fresh bool, err error) {
	masters, fresh, err := b.masterKeys(ctx)
	if err != nil {
		return nil, false, err
	}
	o := keyOptions(b.config, now)
	o.Store, o.Masters, o.Log, o.Signer = b.db, masters, b.log, by
	if ring, err = keys.Open(ctx, o); err != nil {
		return nil, false, b.masterKeyTrouble(err)
	}
	return ring, fresh, nil
}

// keyOptions returns what the settings say about the signing keys.
func keyOptions(cfg config.Config, now func() time.Time) keys.Options {
	return keys.Options{
		Now: now, Remember: token.TypeAccess,
		RotateEvery: cfg.KeyRotateEvery, PublishLead: cfg.KeyPublishLead,
		VerifyFor: max(cfg.RefreshTokenLifetime, client.MaxAccessTokenLifetime) + keys.VerifyMargin,
	}
}

// masterKeys returns the configured master keys or, beside a SQLite file, the one in
// gatehouse.key, which the first start makes. Once signing keys exist, a lost master
// key is not replaced, because a new one could not open them.
func (b *backends) masterKeys(ctx context.Context) (masters keys.MasterKeys, fresh bool, err error) {
	if masterKeyFile(b.config) != "" {
		known, err := b.db.SigningKeys(ctx)
		if err != nil {
			return nil, false, fmt.Errorf("reading the signing keys: %w", err)
		}
		fresh = len(known) == 0
	}
	masters, err = masterKeysOf(b.config, fresh)
	return masters, fresh, err
}

// masterKeyFile returns the file that holds the master key; empty if it is a setting.
func masterKeyFile(cfg config.Config) string {
	file, embedded := databaseFile(cfg)
	if cfg.MasterKey.Reveal() != "" || !embedded {
		return ""
	}
	return filepath.Join(filepath.Dir(file), "gatehouse.key")
}

// masterKeysOf returns the master key and, if it is configured, the previous one. It
// makes a master key only if mayCreate.
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

// masterKeyOf returns the master key. It makes one only if mayCreate.
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
		return keys.MasterKey{}, remedied(err, "the master key file %s is missing, and the database has signing keys that only it opens. Nothing was changed.\n"+
			"Restore it from a backup, as in: install -m 600 /backup/gatehouse.key %s\nor set its content as GATEHOUSE_MASTER_KEY", path, absolute(path))
	}
	return master, err
}
