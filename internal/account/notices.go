package account

import (
	"cmp"
	"context"
	"slices"

	"gatehouse/internal/authz"
	"gatehouse/internal/mail"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// Notice returns a message to a person about their account, in the language of their profile.
func Notice(purpose mail.Purpose, to string, u store.User, data map[string]string) mail.Message {
	profile, _ := store.ProfileOf(u) // without it, the language is the default
	return mail.Message{Purpose: purpose, To: to, UserID: u.ID, Sub: u.Sub, Language: profile.Locale, Data: data}
}

// tell adds the messages that a change owes the person, in its transaction. A change of
// address is told to both addresses, and a new password to the address from before, so that
// whoever took over an account cannot keep its owner from hearing of it.
func (s *Service) tell(ctx context.Context, tx store.Tx, actor authz.Actor, before, after store.User, change store.UserChange) error {
	by, language := "", reqctx.From(ctx).Speaks()
	if actor.UserID != before.ID {
		by, language = "administrator", ""
	}
	var messages []mail.Message
	if change.PasswordHash != nil && before.PasswordHash != "" {
		messages = append(messages, Notice(mail.PasswordChanged, before.Email, after, map[string]string{"By": by}))
	}
	if change.Email != nil {
		data := map[string]string{"By": by, "Old": before.Email, "New": after.Email}
		messages = append(messages, Notice(mail.AddressChanged, before.Email, after, data))
		if before.EmailKey != after.EmailKey {
			messages = append(messages, Notice(mail.AddressChanged, after.Email, after, data))
		}
	}
	for _, m := range messages {
		m.Language = cmp.Or(m.Language, language)
		if err := s.Mail.Add(tx, m); err != nil {
			return err
		}
	}
	return nil
}

// Unfamiliar returns what tells the user of a sign-in from a browser that they have not used
// before, in the transaction of the sign-in; nil if nothing is to be told.
//
// A front end that sends no cookies is familiar while the user has a session from the same
// network with the same program.
func (s *Service) Unfamiliar(ctx context.Context, user store.User, method signin.Method) func(store.Tx) error {
	if !s.Mail.On() || !slices.Contains([]signin.Method{signin.ByPage, signin.ByPasskey, signin.ByLogin}, method) || user.LastLoginAt.IsZero() || throttle.Familiar(ctx, user.Sub) {
		return nil
	}
	here := reqctx.From(ctx)
	sessions, err := s.DB.ListSessions(ctx, user.ID, s.Now())
	if err != nil {
		s.Log.WarnContext(ctx, "whether a sign-in is from an unfamiliar browser is unknown, so the person is told", "error", err)
	}
	for _, known := range sessions {
		if known.UserAgent == here.UserAgent && here.SameNetwork(known.IP) {
			return nil
		}
	}
	data := map[string]string{"Browser": Program(here.UserAgent), "Network": here.Network().String()}
	if !here.IP.IsValid() {
		data["Network"] = ""
	}
	message := Notice(mail.NewSignIn, user.Email, user, data)
	message.Language = cmp.Or(message.Language, here.Speaks())
	return func(tx store.Tx) error { return s.Mail.Add(tx, message) }
}
