package console

import (
	"fmt"
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/authz"
	"gatehouse/store"
	"gatehouse/web"
)

// ways fills in how a person signs in: what there is, and never what it is made of.
func (e Person) ways(r *http.Request, u store.User, data *web.ConsolePersonData) error {
	has, err := e.Accounts.FactorsOf(r.Context(), u)
	if err != nil {
		return err
	}
	passkeys, err := e.Passkeys.ListPasskeys(r.Context(), u.ID)
	if err != nil {
		return fmt.Errorf("listing a person's passkeys: %w", err)
	}
	password := web.AccountRow{Icon: "lock", Title: pages.Say(r, "Password"), Text: pages.Say(r, "Not set")}
	if u.PasswordHash != "" {
		password.Text = pages.Say(r, "Set")
	}
	data.Ways = append(data.Ways, password)
	for _, key := range passkeys[:min(len(passkeys), mostRows)] {
		data.Ways = append(data.Ways, web.AccountRow{Icon: "passkey", Title: key.Name, Text: pages.Say(r, "Last used"), When: e.when(r, key.LastUsedAt)})
	}
	if has.TOTP != nil {
		data.Ways = append(data.Ways, web.AccountRow{Icon: "shield", Title: pages.Say(r, "Code app"), Text: pages.Say(r, "Added"), When: e.when(r, has.TOTP.ConfirmedAt)})
	}
	if u.Factors.Second() {
		left := pages.Count(r, "One code is left.", "%d codes are left.", has.CodesLeft)
		data.Ways = append(data.Ways, web.AccountRow{Icon: "key", Title: pages.Say(r, "Recovery codes"), Text: left})
	} else {
		data.Ways = append(data.Ways, web.AccountRow{Icon: "shield", Title: pages.Say(r, "Second factor"), Text: pages.Say(r, "None")})
	}
	return nil
}

// granted fills in what a person has allowed to apps.
func (e Person) granted(r *http.Request, u store.User, data *web.ConsolePersonData) error {
	granted, err := e.Accounts.Consents(r.Context(), u.ID)
	if err != nil {
		return err
	}
	for _, g := range granted[:min(len(granted), mostRows)] {
		app := web.AccountApp{
			ID: g.Client.ID, Name: pages.NameOf(g.Client), Agent: g.Client.Origin == store.OriginDocument,
			First: e.when(r, g.Consent.FirstGrantedAt), Used: e.when(r, g.LastUsedAt),
		}
		sections, err := e.Scopes.Explain(r.Context(), authz.Consented(g.Consent))
		if err != nil {
			return err
		}
		for _, section := range sections {
			for _, s := range section.Scopes {
				app.Scopes = append(app.Scopes, web.AccountScope{Token: s.Token, Text: s.Text, API: section.Name, Sensitive: s.Sensitive})
			}
		}
		data.Granted = append(data.Granted, app)
	}
	return nil
}
