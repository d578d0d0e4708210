package account

import (
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/store"
	"gatehouse/web"
)

// A way is a way to sign in, or a second factor, that has a page of its own.
type way struct {
	path, icon, title string
	// factor is the bit of a person who has it. On and off say what it does for them.
	factor  store.Factors
	on, off string
	// add asks a person to get it.
	add string
}

func waysOf(r *http.Request) []way {
	return []way{
		{
			PasskeysPath, "passkey", pages.Say(r, "Passkeys"), store.FactorPasskey,
			pages.Say(r, "You can sign in with your face, finger or screen lock."),
			pages.Say(r, "Sign in with your face, finger or screen lock: nothing to remember and nothing to steal."),
			pages.Say(r, "Add a passkey"),
		},
		{
			totpPath, "shield", pages.Say(r, "Code app"), store.FactorTOTP,
			pages.Say(r, "A code is asked for beside your password."),
			pages.Say(r, "Have a code from your phone asked for beside your password."),
			pages.Say(r, "Add a code app"),
		},
		{
			recoveryPath, "key", pages.Say(r, "Recovery codes"), store.FactorRecovery,
			pages.Say(r, "For the day you lose your phone."),
			pages.Say(r, "Make some for the day you lose your phone."),
			pages.Say(r, "Make recovery codes"),
		},
	}
}

// row returns the line about the way for a person.
func (one way) row(r *http.Request, has bool) web.AccountRow {
	if has {
		return web.AccountRow{Icon: one.icon, Title: one.title, Text: one.on, Chip: pages.Say(r, "on"), Tone: "ok", Link: one.path, Action: pages.Say(r, "Manage")}
	}
	return web.AccountRow{Icon: one.icon, Title: one.title, Text: one.off, Link: one.path, Action: pages.Say(r, "Add")}
}
