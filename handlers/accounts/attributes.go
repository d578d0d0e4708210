package accounts

import (
	"context"
	"net/http"

	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/store"
)

// A Profile is a person with all attributes, as every answer about one person has
// it. Lists have Persons: a page of a thousand is one query of short columns, and
// who wants to know more of one opens that one.
type Profile struct {
	Person
	MiddleName  string  `json:"middle_name"`
	Nickname    string  `json:"nickname"`
	PageURL     string  `json:"profile"`
	Picture     string  `json:"picture"`
	Website     string  `json:"website"`
	Gender      string  `json:"gender"`
	Birthdate   string  `json:"birthdate"`
	ZoneInfo    string  `json:"zoneinfo"`
	Locale      string  `json:"locale"`
	PhoneNumber string  `json:"phone_number"`
	PhoneProved bool    `json:"phone_number_verified"`
	Address     Address `json:"address"`
	UpdatedAt   *string `json:"updated_at"`
}

// An Address always has all its parts.
type Address struct {
	Formatted  string `json:"formatted"`
	Street     string `json:"street_address"`
	Locality   string `json:"locality"`
	Region     string `json:"region"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

// ProfileOf shows u with the profile p.
func ProfileOf(u store.User, p store.Profile) Profile {
	return Profile{
		Person:     PersonOf(u),
		MiddleName: p.MiddleName, Nickname: p.Nickname, PageURL: p.PageURL, Picture: p.Picture, Website: p.Website,
		Gender: p.Gender, Birthdate: p.Birthdate, ZoneInfo: p.ZoneInfo, Locale: p.Locale,
		PhoneNumber: p.PhoneNumber, PhoneProved: p.PhoneProved,
		Address: Address(p.Address), UpdatedAt: api.TimeOrNull(u.UpdatedAt),
	}
}

// whole reads what else there is to show of u.
func (h *Handlers) whole(ctx context.Context, u store.User) (Profile, error) {
	profile, err := h.Accounts.Profile(ctx, u)
	if err != nil {
		return Profile{}, err
	}
	return ProfileOf(u, profile), nil
}

// show answers with u.
func (h *Handlers) show(w http.ResponseWriter, r *http.Request, u store.User) error {
	shown, err := h.whole(r.Context(), u)
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, shown)
}

// tell answers with what was done, and u as it is now.
func (h *Handlers) tell(w http.ResponseWriter, r *http.Request, status int, message string, u store.User) error {
	shown, err := h.whole(r.Context(), u)
	if err != nil {
		return err
	}
	return api.JSON(w, status, result{message, shown})
}

// values are those fields that a body may not change, by name.
func (p Profile) values() map[string]any {
	values := map[string]any{
		"id": p.ID, "is_active": p.IsActive, "is_staff": p.IsStaff, "sub": p.Sub,
		"email_verified": p.EmailVerified, "date_joined": p.DateJoined, "last_login": nil,
		"phone_number_verified": p.PhoneProved, "updated_at": nil,
	}
	for name, time := range map[string]*string{"last_login": p.LastLogin, "updated_at": p.UpdatedAt} {
		if time != nil {
			values[name] = *time
		}
	}
	return values
}

// attributesOf reads what a body says about a profile.
func attributesOf(b api.Body) account.Attributes {
	return account.Attributes{
		MiddleName: b.Text("middle_name"), Nickname: b.Text("nickname"),
		PageURL: b.Text("profile"), Picture: b.Text("picture"), Website: b.Text("website"),
		Gender: b.Text("gender"), Birthdate: b.Text("birthdate"), ZoneInfo: b.Text("zoneinfo"), Locale: b.Text("locale"),
		PhoneNumber: b.Text("phone_number"), Address: addressOf(b),
	}
}

func addressOf(b api.Body) account.Address {
	part, problem := b.Part("address")
	return account.Address{
		Problem: problem, Formatted: part.Text("formatted"), Street: part.Text("street_address"), Locality: part.Text("locality"),
		Region: part.Text("region"), PostalCode: part.Text("postal_code"), Country: part.Text("country"),
	}
}
