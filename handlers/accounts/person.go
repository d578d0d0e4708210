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

// A Person is a user as answers have it; the order of the keys is part of it.
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

// PersonOf shows u.
func PersonOf(u store.User) Person {
	return Person{
		ID: u.ID, Username: u.Username, Email: u.Email, Role: string(u.Role),
		FirstName: u.FirstName, LastName: u.LastName, IsActive: u.Active, IsStaff: u.Staff(),
		Sub: u.Sub, EmailVerified: u.EmailVerified,
		DateJoined: api.Time(u.JoinedAt), LastLogin: api.TimeOrNull(u.LastLoginAt),
	}
}

// A result is a person with the words for what was done.
type result struct {
	Message string `json:"message"`
	User    any    `json:"user"` // Profile.answer
}

// inputOf reads what a body says about a person. Passwords come as they were typed.
func inputOf(b api.Body) account.Input {
	return account.Input{
		Username: b.Text("username"), Email: b.Text("email"),
		Password: b.Verbatim("password"), CurrentPassword: b.Verbatim("current_password"),
		Role: b.Choice("role"), FirstName: b.Text("first_name"), LastName: b.Text("last_name"),
		Attributes: attributesOf(b),
	}
}

// fixed refuses the fields that exist and are not set here. Sending back the value
// that was shown asks for nothing, so it passes: many front ends send all they
// have. Nothing was shown of somebody new.
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

// target reads the person whom the path names. What is no ID is nobody's.
func (h *Handlers) target(r *http.Request) (store.User, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || r.PathValue("id")[0] < '0' { // "+1" and "-1" are no IDs
		return store.User{}, handlers.ErrNotFound
	}
	return h.Accounts.Get(r.Context(), id)
}
