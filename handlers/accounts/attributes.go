package accounts

import (
	"net/http"
	"slices"

	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/internal/profile"
	"gatehouse/store"
)

// A Profile is a person with all attributes, as in every answer about one person. Lists
// have Persons instead, so that a page of a thousand stays short.
type Profile struct {
	Person
	attributes store.Profile
	updatedAt  *string
}

// ProfileOf returns u with all attributes.
func ProfileOf(u store.User) (Profile, error) {
	attributes, err := store.ProfileOf(u)
	return Profile{PersonOf(u), attributes, api.TimeOrNull(u.UpdatedAt)}, err
}

// shape has the members of Person, and then the attributes.
var shape = func() api.Shape {
	var list []api.Member
	for _, a := range profile.List {
		list = append(list, api.Member{Name: a.Name, Of: a.At(&store.Profile{})})
	}
	return api.NewShape(Person{}, append(list, api.Member{Name: "updated_at", Of: new(*string)}))
}()

// Answer returns p in the form that is encoded.
func (p Profile) Answer() any {
	return shape.Fill(p.Person, func(i int) any {
		if i == len(profile.List) {
			return &p.updatedAt
		}
		return profile.List[i].At(&p.attributes)
	})
}

// show answers with u.
func show(w http.ResponseWriter, u store.User) error {
	shown, err := ProfileOf(u)
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, shown.Answer())
}

// tell answers with a message that says what was done, and with u as it is now.
func tell(w http.ResponseWriter, status int, message string, u store.User) error {
	shown, err := ProfileOf(u)
	if err != nil {
		return err
	}
	return api.JSON(w, status, result{Message: message, User: shown.Answer()})
}

// values returns the fields that a body may not change, by name.
func (p Profile) values() map[string]any {
	values := map[string]any{
		"id": p.ID, "is_active": p.IsActive, "is_staff": p.IsStaff, "sub": p.Sub,
		"email_verified": p.EmailVerified, "date_joined": p.DateJoined, "last_login": nil, "updated_at": nil,
	}
	for _, a := range profile.Flags {
		values[a.Name] = *a.Flag(&p.attributes)
	}
	for name, time := range map[string]*string{"last_login": p.LastLogin, "updated_at": p.updatedAt} {
		if time != nil {
			values[name] = *time
		}
	}
	return values
}

// readOnly are the fields that no caller may set.
var readOnly = []string{"id", "is_staff", "sub", "date_joined", "last_login", "updated_at"}

// adminOnly are the fields besides readOnly that people may not set for themselves.
var adminOnly = append(slices.Clone(readOnly), "is_active", "email_verified", "phone_number_verified")

// attributesOf reads the attributes in a body.
func attributesOf(b api.Body) account.Attributes {
	sent := account.Attributes{}
	for _, a := range profile.Texts {
		within, name := b, a.Name
		if object, part := a.Part(); object != "" {
			read, problem := b.Part(object)
			within, name, sent[object] = read, part, fields.Text{Problem: problem}
		}
		sent[a.Name] = within.Text(name)
	}
	return sent
}
