package pages

import (
	"html/template"

	"gatehouse/internal/account"
	"gatehouse/internal/factor"
	"gatehouse/store"
	"gatehouse/web"
)

// TOTPSetup returns what a page shows of an authenticator app that is being set up.
func TOTPSetup(u store.User, setup account.AppSetup) (web.AccountTOTPData, error) {
	code, err := factor.QR(setup.URI)
	if err != nil {
		return web.AccountTOTPData{}, err
	}
	return web.AccountTOTPData{
		Account: AccountOf(u), Secret: setup.Secret.Grouped(), URI: template.URL(setup.URI), //nolint:gosec // G203: ours
		Size: code.Size, Path: code.Path,
	}, nil
}
