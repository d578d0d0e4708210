package account

import (
	"cmp"
	"context"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/mail"
	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// Reaches reports whether links reach people by themselves.
func (s *Service) Reaches() bool { return s.Mail.On() || s.Terminal != nil }

// post sends a message if it can. The terminal is shown only what has a link.
func (s *Service) post(tx store.Tx, m mail.Message) error {
	if s.Mail.On() {
		return s.Mail.Add(tx, m)
	}
	if s.Terminal != nil && m.Data["Link"] != "" {
		s.Terminal(m)
	}
	return nil
}

// notice is Notice in the language of the request, if the person named none.
func notice(ctx context.Context, purpose mail.Purpose, to string, u store.User) mail.Message {
	m := Notice(purpose, to, u, map[string]string{})
	m.Language = cmp.Or(m.Language, reqctx.From(ctx).Speaks())
	return m
}

// withLink adds a link to a message.
func (s *Service) withLink(m mail.Message, purpose store.LinkPurpose, url string) mail.Message {
	m.Data["Link"], m.Until = url, s.Now().Add(s.Links.Life(purpose))
	return m
}

// sendLink makes a link and mails it to an address. The person is locked.
func (s *Service) sendLink(ctx context.Context, tx store.Tx, actor authz.Actor, person store.User, purpose store.LinkPurpose, to string) error {
	evidence, err := s.mailLink(ctx, tx, actor, person, purpose, to)
	if err != nil {
		return err
	}
	return tx.Audit(evidence)
}

// mailLink is sendLink, and leaves the evidence to the caller. A username is told to an
// address that is proved, and to one that an administrator gave: strangers choose theirs,
// and could write to others by it.
func (s *Service) mailLink(ctx context.Context, tx store.Tx, actor authz.Actor, person store.User, purpose store.LinkPurpose, to string) (store.AuditEvent, error) {
	url, err := s.Links.Make(tx, purpose, person, to)
	if err == nil {
		m := s.withLink(notice(ctx, string(purpose), to, person), purpose, url)
		if purpose == store.LinkInvite || purpose == store.LinkReset && person.EmailVerified {
			m.Data["Username"] = person.Username
		}
		err = s.post(tx, m)
	}
	if err != nil {
		return store.AuditEvent{}, fmt.Errorf("mailing a link (%s): %w", purpose, err)
	}
	return s.linkEvent(ctx, actor, person, audit.LinkMade{Purpose: purpose, Mailed: true}), nil
}

func (s *Service) linkEvent(ctx context.Context, actor authz.Actor, person store.User, what audit.Kind) store.AuditEvent {
	return audit.Event{Actor: actor.String(), Subject: audit.UserSubject(person.Sub), What: what}.Record(ctx, s.Now())
}

func (s *Service) recordLink(ctx context.Context, tx store.Tx, actor authz.Actor, person store.User, what audit.Kind) error {
	return tx.Audit(s.linkEvent(ctx, actor, person, what))
}

// proveOwn mails users who changed their own address a link to prove the new one.
func (s *Service) proveOwn(ctx context.Context, tx store.Tx, actor authz.Actor, was, is store.User) error {
	if was.EmailKey == is.EmailKey || is.EmailVerified || actor.UserID != is.ID || !s.Reaches() {
		return nil
	}
	return s.sendLink(ctx, tx, actor, is, store.LinkVerify, is.Email)
}
