package main

import (
	"cmp"
	"context"
	"fmt"
	stdmail "net/mail"
	"net/netip"
	"net/url"

	"gatehouse/config"
	"gatehouse/internal/doctor"
	"gatehouse/internal/finding"
	"gatehouse/internal/loopback"
	"gatehouse/internal/mail"
	"gatehouse/keys"
)

// newOutbox returns where services put mail; nil without a mail server.
func (b *backends) newOutbox(key keys.DataKey) *mail.Outbox {
	if b.config.SMTP.Reveal() == "" || key.IsZero() {
		return nil
	}
	return &mail.Outbox{Key: key, Refused: func(purpose string) { b.metrics.Mail(purpose, "refused") }, Now: b.now, Log: b.log}
}

// sealing returns the part of signing that a command needs: the data key, where people are
// told by mail of what it does and a server has made the key.
func (b *backends) sealing(ctx context.Context) (s signing, err error) {
	if b.config.SMTP.Reveal() == "" {
		return s, nil
	}
	known, err := b.db.DataKeys(ctx)
	if err != nil {
		return s, fmt.Errorf("reading the data key: %w", err)
	}
	if len(known) == 0 {
		return s, nil
	}
	masters, err := masterKeysOf(b.config, false)
	if err == nil {
		s.data, err = masters.OpenData(known[0])
	}
	if err != nil {
		b.log.WarnContext(ctx, "nobody is told by mail of what this command changes, because the data key cannot be opened", "error", err)
	}
	return s, nil
}

// newSender returns what sends the mail of the outbox; nil without a mail server.
func (c *core) newSender() (*mail.Sender, error) {
	cfg := c.config
	if !c.mails.On() {
		return nil, nil
	}
	server, err := mailServerOf(cfg)
	if err != nil {
		return nil, err
	}
	from, err := stdmail.ParseAddress(cfg.MailFrom)
	if err != nil {
		return nil, fmt.Errorf("reading GATEHOUSE_MAIL_FROM: %w", err)
	}
	templates, err := mail.LoadTemplates(cfg.MailTemplates)
	if err != nil {
		return nil, err
	}
	if cfg.MailInClear() {
		c.log.Warn("mail may cross the network in the clear, with links and the password of the mail server, because GATEHOUSE_SMTP has tls=optional")
	}
	return &mail.Sender{
		DB: c.db, Outbox: c.mails, Server: server,
		Composer: mail.Composer{Templates: templates, From: from, Frame: mail.Frame{Brand: cmp.Or(cfg.BrandName, from.Name, "Gatehouse"), Issuer: cfg.Issuer}},
		Every:    mail.DefaultEvery, Observe: c.metrics.Mail, Now: c.now, Log: c.log,
	}, nil
}

// mailServerOf returns the mail server of the settings, which is greeted with our public name
// if that is one.
func mailServerOf(cfg config.Config) (mail.Server, error) {
	server, err := mail.ParseServer(cfg.SMTP.Reveal())
	if err != nil {
		return server, err
	}
	if issuer, err := url.Parse(cfg.Issuer); err == nil && !loopback.Host(issuer.Hostname()) {
		if _, err := netip.ParseAddr(issuer.Hostname()); err != nil {
			server.Hello = issuer.Hostname()
		}
	}
	return server, nil
}

// examineMail examines the mail server and the texts.
func examineMail(cfg config.Config) doctor.Examination {
	return doctor.Examination{Part: "mail server", Look: func(ctx context.Context) (found finding.List) {
		server, err := mailServerOf(cfg)
		if cfg.SMTP.Reveal() == "" || err != nil {
			return nil // the settings say what is wrong
		}
		if _, err := mail.LoadTemplates(cfg.MailTemplates); err != nil {
			found.Fault("mail templates", "correct the files in GATEHOUSE_MAIL_TEMPLATES", "%s", err)
		}
		return append(found, mail.Examine(ctx, server)...)
	}}
}
