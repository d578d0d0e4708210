package console

import (
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/profile"
	"gatehouse/store"
	"gatehouse/web"
)

// identity fills in what is known of a person: names and addresses always, and what of the
// profile is there.
func (e Person) identity(r *http.Request, u store.User, data *web.ConsolePersonData) error {
	p, err := store.ProfileOf(u)
	if err != nil {
		return err
	}
	email := web.ConsoleFact{Label: pages.Say(r, "E-mail"), Text: u.Email}
	email.Chip, email.Tone = proved(r, u.EmailVerified)
	data.Facts = []web.ConsoleFact{
		{Label: pages.Say(r, "First name"), Text: u.FirstName}, {Label: pages.Say(r, "Last name"), Text: u.LastName},
		{Label: pages.Say(r, "Username"), Text: u.Username}, email,
	}
	labels := pages.Labels(r)
	for _, a := range profile.Texts {
		if value := *a.Text(&p); value != "" {
			fact := web.ConsoleFact{Label: labels[a.Name], Text: value}
			if a.Name == "phone_number" {
				fact.Chip, fact.Tone = proved(r, p.PhoneProved)
			}
			data.Facts = append(data.Facts, fact)
		}
	}
	return nil
}

// proved says whether an address or a number is proved, and the class of the colour.
func proved(r *http.Request, yes bool) (chip, tone string) {
	if yes {
		return pages.Say(r, "verified"), "ok"
	}
	return pages.Say(r, "not verified"), "caution"
}
