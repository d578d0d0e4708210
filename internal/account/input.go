package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/internal/session"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// An Input is what a caller sends about a user. A value that was not sent stays as it
// is, or gets the default of a new account.
type Input struct {
	Username, Email, Password, Role, FirstName, LastName fields.Text
	Active                                               fields.Flag
	// EmailVerified and PhoneVerified are for administrators, and not for themselves.
	EmailVerified, PhoneVerified fields.Flag
	// Invite is for administrators who create a user: a link for the password is made in
	// place of one.
	Invite fields.Flag
	// Key takes the place of the password when somebody signs up; nil: none.
	Key *FirstKey
	// CurrentPassword is the proof that users must give to change their own password
	// or names.
	CurrentPassword fields.Text
	// OTP is a code of their authenticator app, which serves as well.
	OTP fields.Text
	// Shown is Version of the person whom a form was filled in for.
	Shown version.Tag

	Attributes Attributes
}

const maxName = 150 // code points, for each of the first and the last name

// A draft is a valid Input. A nil field was not sent.
type draft struct {
	username, usernameKey *string
	email, emailKey       *string
	password              *string
	key                   *FirstKey // in place of the password
	first, last           *string
	role                  *store.Role
	active                *bool
	settings              []setting // of the profile
	addressVouch          *vouch
	numberVouch           *vouch
	unchecked             error   // why the password could not be checked
	hash                  *string // of the password, once it is computed
}

// examine checks everything that can be checked without the store, and returns every
// fault. Current is the user to be changed; a new one has the role "user". If
// replaceAll, the username, e-mail address and password are required.
func (s *Service) examine(actor authz.Actor, in Input, current store.User, replaceAll bool) (draft, *fields.Errors) {
	var d draft
	faults := &fields.Errors{}
	d.setUsername(in.Username, replaceAll, current, faults)
	d.setEmail(in.Email, replaceAll, faults)
	d.checkAddress(current, faults)
	s.setPassword(&d, in, current, replaceAll, faults)
	d.setRole(actor, in.Role, current.Role, faults)
	d.first = readName("first_name", in.FirstName, faults)
	d.last = readName("last_name", in.LastName, faults)
	if in.Active.Problem != "" {
		faults.Add("is_active", in.Active.Problem)
	} else if in.Active.Sent {
		d.active = &in.Active.Value
	}
	if in.CurrentPassword.Problem != "" {
		faults.Add("current_password", in.CurrentPassword.Problem)
	}
	if in.Invite.Problem != "" {
		faults.Add("invite", in.Invite.Problem)
	}
	d.settings = in.Attributes.settings(s.Now(), faults)
	d.setVerified(actor, in, current, faults)
	return d, faults
}

// present reports whether a text was sent. It adds a fault if the text is required but
// missing, blank, or not a text.
func present(name string, t fields.Text, required bool, faults *fields.Errors) bool {
	switch {
	case t.Problem != "":
		faults.Add(name, t.Problem)
	case !t.Sent && required:
		faults.Add(name, fields.Required)
	case t.Sent && strings.TrimSpace(t.Value) == "":
		faults.Add(name, fields.Blank)
	default:
		return t.Sent
	}
	return false
}

// setUsername accepts the current username as it is, even if it could not be given today.
func (d *draft) setUsername(t fields.Text, required bool, current store.User, faults *fields.Errors) {
	if !present("username", t, required, faults) {
		return
	}
	shown := strings.TrimSpace(t.Value)
	if shown == current.Username {
		d.username, d.usernameKey = &current.Username, &current.UsernameKey
		return
	}
	key, err := names.Username(shown)
	if err != nil {
		faults.Add("username", append(messages(err), fields.Surrogates(shown)...)...)
		return
	}
	d.username, d.usernameKey = &shown, &key
}

func (d *draft) setEmail(t fields.Text, required bool, faults *fields.Errors) {
	if !present("email", t, required, faults) {
		return
	}
	shown, key, err := names.Email(t.Value)
	if err != nil {
		faults.Add("email", append(fields.Surrogates(t.Value), messages(err)...)...)
		return
	}
	d.email, d.emailKey = &shown, &key
}

// checkAddress refuses a new username that reads as an e-mail address and is not the
// user's own: its owner could no longer sign up with it, and would be mistaken for the user.
func (d *draft) checkAddress(current store.User, faults *fields.Errors) {
	if d.usernameKey == nil || *d.usernameKey == current.UsernameKey || !names.ReadsAsAddress(*d.usernameKey) || faults.Has("email") {
		return
	}
	own := current.EmailKey
	if d.emailKey != nil {
		own = *d.emailKey
	}
	if *d.usernameKey != own {
		faults.Add("username", notOwnAddress)
		d.username, d.usernameKey = nil, nil
	}
}

func messages(err error) []string {
	var invalid *names.Invalid
	if errors.As(err, &invalid) {
		return invalid.Messages
	}
	return []string{err.Error()}
}

// setPassword never trims the password, which must later be typed exactly as it is.
func (s *Service) setPassword(d *draft, in Input, current store.User, required bool, faults *fields.Errors) {
	if in.Invite.Value && in.Password.Sent {
		faults.Add("password", invitedSetsIt)
		return
	}
	d.key = in.Key
	if !present("password", in.Password, required && !in.Invite.Value && in.Key == nil, faults) {
		return
	}
	pw := in.Password.Value
	if odd := fields.CharFaults(pw, 0); odd != nil {
		faults.Add("password", odd...)
		return
	}
	weak, err := s.Policy.Check(pw,
		or(in.Username, current.Username), or(in.Email, current.Email), or(in.FirstName, current.FirstName), or(in.LastName, current.LastName))
	faults.Add("password", weak...)
	d.password, d.unchecked = &pw, err
}

func or(t fields.Text, otherwise string) string {
	if t.Is() {
		return t.Value
	}
	return otherwise
}

func (d *draft) setRole(actor authz.Actor, t fields.Text, current store.Role, faults *fields.Errors) {
	role := store.Role(t.Value)
	switch {
	case t.Problem != "":
		faults.Add("role", t.Problem)
	case !t.Sent:
	case !role.Valid():
		faults.Add("role", append(fields.Surrogates(t.Value), fmt.Sprintf(`"%s" is not a valid choice.`, t.Value))[0])
	case authz.GiveRole(actor, current, role) != nil:
		faults.Add("role", fields.AdminGivesIt)
	default:
		d.role = &role
	}
}

func readName(name string, t fields.Text, faults *fields.Errors) *string {
	if t.Problem != "" {
		faults.Add(name, t.Problem)
	}
	if !t.Is() {
		return nil
	}
	shown := strings.TrimSpace(t.Value)
	faults.Add(name, fields.CharFaults(shown, maxName)...)
	if strings.ContainsFunc(strings.ReplaceAll(shown, "\x00", ""), unfit) {
		faults.Add(name, "Control characters are not allowed.")
	}
	return &shown
}

// unfit reports characters that break out of a log line, a mail header or a terminal, or
// that change the direction of text. NUL has a message of its own.
func unfit(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// unique adds to the faults of a form which of its names are taken, so that the caller
// gets all faults at once and no password is hashed for a taken name. It returns the
// faults. The record's unique index makes sure that the names are still free when they
// are written.
func (s *Service) unique(ctx context.Context, d draft, own int64, faults *fields.Errors) error {
	clash, err := s.clash(ctx, d, own)
	if err != nil {
		return err
	}
	addTaken(faults, clash)
	return faults.Err()
}

// clash returns which of the names are taken by somebody else.
func (s *Service) clash(ctx context.Context, d draft, own int64) (clash store.NameTaken, err error) {
	for _, name := range []struct {
		key   *string
		taken *bool
	}{{d.usernameKey, &clash.Username}, {d.emailKey, &clash.Email}} {
		if name.key == nil {
			continue
		}
		who, err := s.DB.UserByName(ctx, *name.key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return clash, fmt.Errorf("checking whether a name is taken: %w", err)
		}
		*name.taken = err == nil && who.ID != own
		if err != nil && name.taken == &clash.Username {
			if clash.Username, err = s.isClient(ctx, *name.key); err != nil {
				return clash, err
			}
		}
	}
	return clash, nil
}

// isClient reports whether a name is the ID of a client. Both are the subjects of tokens and
// of evidence (RFC 9068 §5), so they share one name space.
func (s *Service) isClient(ctx context.Context, key string) (bool, error) {
	if key == session.AccountsID {
		return true, nil
	}
	found, err := s.DB.ClientNamed(ctx, key)
	if err != nil {
		return false, fmt.Errorf("checking whether a name is an app's ID: %w", err)
	}
	return found, nil
}

// hashed adds the hash of the password, if d has one. A password that could not be checked
// is not set.
func (s *Service) hashed(ctx context.Context, d draft) (draft, error) {
	if d.password == nil {
		return d, nil
	}
	if d.unchecked != nil {
		return d, d.unchecked
	}
	hash, err := s.Passwords.Hash(ctx, *d.password)
	if err != nil {
		return d, fmt.Errorf("hashing a password: %w", err)
	}
	d.hash = &hash
	return d, nil
}
