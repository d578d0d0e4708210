package accounts

import (
	"net/http"
	"strconv"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// A Person is a user as in answers; the order of the keys is part of the contract.
type Person struct {
	ID            int64   `json:"id"`
	Username      string  `json:"username"`
	Email         string  `json:"email"`
	Role          string  `json:"role"`
	FirstName     string  `json:"first_name"`
	LastName      string  `json:"last_name"`
	IsActive      bool    `json:"is_active"`
	IsStaff       bool    `json:"is_staff"`
	Sub           string  `json:"sub"`
	EmailVerified bool    `json:"email_verified"`
	DateJoined    string  `json:"date_joined"`
	LastLogin     *string `json:"last_login"`
}

// PersonOf returns u as in answers.
func PersonOf(u store.User) Person {
	return Person{
		ID: u.ID, Username: u.Username, Email: u.Email, Role: string(u.Role),
		FirstName: u.FirstName, LastName: u.LastName, IsActive: u.Active, IsStaff: u.Staff(),
		Sub: u.Sub, EmailVerified: u.EmailVerified,
		DateJoined: api.Time(u.JoinedAt), LastLogin: api.TimeOrNull(u.LastLoginAt),
	}
}

// A result is a person with a message that says what was done.
type result struct {
	Message string `json:"message"`
	User    any    `json:"user"` // Profile.Answer
	// Invite is set for a person who was invited.
	Invite *invitation `json:"invite,omitempty"`
}

// inputOf reads the fields of a person in a body. Passwords are not trimmed.
func inputOf(b api.Body) account.Input {
	return account.Input{
		Username: b.Text("username"), Email: b.Text("email"),
		Password: b.Verbatim("password"), CurrentPassword: b.Verbatim("current_password"), OTP: b.Text("otp"),
		Role: b.Choice("role"), FirstName: b.Text("first_name"), LastName: b.Text("last_name"),
		Attributes: attributesOf(b),
	}
}

// adminInputOf reads also the fields that only an administrator may set.
func adminInputOf(b api.Body) account.Input {
	in := inputOf(b)
	in.Active = b.Flag("is_active")
	in.EmailVerified, in.PhoneVerified = b.Flag("email_verified"), b.Flag("phone_number_verified")
	return in
}

// fixed refuses fields that exist but may not be set here. A field with the value shown
// is accepted, because many front ends send back all fields. For a new person nothing
// was shown, and shown is nil.
func fixed(b api.Body, shown *Profile, names ...string) error {
	values := map[string]any{}
	if shown != nil {
		values = shown.values()
	}
	faults := &fields.Errors{}
	for _, name := range names {
		value, known := values[name]
		if b.Has(name) && (!known || !b.Same(name, value)) {
			faults.Add(name, fields.NotSetHere)
		}
	}
	return faults.Err()
}

// target returns the user that the path names, or ErrNotFound if it has no valid ID.
func (h *Handlers) target(r *http.Request) (store.User, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || r.PathValue("id")[0] < '0' { // "+1" and "-1" are not IDs
		return store.User{}, handlers.ErrNotFound
	}
	return h.Accounts.Get(r.Context(), id)
}
