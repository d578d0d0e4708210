package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"gatehouse/config"
	"gatehouse/internal/client"
	"gatehouse/internal/finding"
	"gatehouse/keys"
	"gatehouse/store/redisstore"
	"gatehouse/store/sqlstore"
)

// toLook opens the database to be read. ok is false where there is no file to open.
func toLook(ctx context.Context, cfg config.Config) (db *sqlstore.DB, ok bool, err error) {
	if file, embedded := strings.CutPrefix(cfg.Database.Reveal(), "sqlite:"); embedded {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, false, nil
		}
	}
	db, err = sqlstore.Open(ctx, sqlstore.Options{
		DSN: cfg.Database.Reveal(), Now: time.Now, Log: slog.New(slog.DiscardHandler), MaxConns: cfg.DatabaseConnections, ReadOnly: true,
	})
	return db, err == nil, err
}

func examineDatabase(ctx context.Context, cfg config.Config, replicas int) finding.List {
	found := sqlstore.ExamineFile(cfg.Database.Reveal())
	db, ok, err := toLook(ctx, cfg)
	if err != nil {
		do := "see that it runs, that this machine reaches it, and that user and password are right"
		if strings.HasPrefix(cfg.Database.Reveal(), "sqlite:") {
			do = "see that this user may read it; if it is damaged: gatehouse restore FILE"
		}
		found.Fault("database", do, "%s", err)
	}
	if !ok {
		return found
	}
	defer func() { _ = db.Close() }() // it was only read
	return append(found, db.Examine(ctx, sqlstore.Examination{Replicas: replicas, Now: time.Now})...)
}

// examineKeys reads the master key, which it does not make.
func examineKeys(ctx context.Context, cfg config.Config) (found finding.List) {
	db, ok, err := toLook(ctx, cfg)
	if !ok || err != nil {
		return nil // that has been told
	}
	defer func() { _ = db.Close() }() // it was only read
	records, err := db.SigningKeys(ctx)
	if err != nil {
		return nil // the schema is not there, or not yet; likewise
	}
	masters, err := masterKeysOf(cfg, false)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(records) == 0:
		found.OK("master key", "none yet; the first start makes %s", masterKeyFile(cfg))
	case err != nil:
		found.Fault("master key", "bring it back from where it is kept, or set GATEHOUSE_MASTER_KEY", "%s", err)
	default:
		found = keys.Examine(records, keys.Options{
			Masters: masters, Now: time.Now, RotateEvery: cfg.KeyRotateEvery, PublishLead: cfg.KeyPublishLead,
			VerifyFor: max(cfg.RefreshTokenLifetime, client.MaxAccessTokenLifetime) + verifyMargin,
		})
	}
	return found
}

func examineRedis(ctx context.Context, cfg config.Config) finding.List {
	if cfg.Redis.Reveal() == "" {
		return nil
	}
	return redisstore.Examine(ctx, cfg.Redis.Reveal(), time.Now)
}

// renewalAt is how long before its end a certificate should have been renewed:
// what renews by itself does so a month before.
const renewalAt = 14 * 24 * time.Hour

func examineCertificate(cfg config.Config, now time.Time) (found finding.List) {
	if cfg.TLSCert == "" {
		return nil
	}
	if config.RegularFile(cfg.TLSCert) != nil || config.RegularFile(cfg.TLSKey) != nil {
		return nil // that has been told of the settings
	}
	pair, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
	if err != nil {
		found.Fault("certificate", "correct GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY, which belong together", "%s", err)
		return found
	}
	leaf := pair.Leaf
	judgeTime(leaf, now, &found)
	if issuer, err := url.Parse(cfg.Issuer); err == nil {
		err := leaf.VerifyHostname(issuer.Hostname())
		found.Judge(err == nil, "certificate name", "get one for the issuer's name, unless a proxy in front has its own", "for %s: %v", issuer.Hostname(), orGood(err))
	}
	return found
}

func orGood(err error) any {
	if err != nil {
		return err
	}
	return "it is valid"
}

func judgeTime(leaf *x509.Certificate, now time.Time, found *finding.List) {
	const check, do = "certificate", "renew it; a running server takes the new one up by itself"
	end := leaf.NotAfter.UTC().Format(time.RFC3339)
	switch {
	case now.Before(leaf.NotBefore):
		found.Fault(check, "look at the clock of this machine", "it is not valid before %s", leaf.NotBefore.UTC().Format(time.RFC3339))
	case !now.Before(leaf.NotAfter):
		found.Fault(check, do, "it expired at %s", end)
	case leaf.NotAfter.Sub(now) < renewalAt:
		found.Warn(check, do, "it expires at %s", end)
	default:
		found.OK(check, "valid until %s", end)
	}
}
