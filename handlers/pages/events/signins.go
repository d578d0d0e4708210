package events

import (
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/store"
)

func (t *told) signedIn() string {
	switch t.detail.Method {
	case "page":
		return t.Say("%s signed in with a browser.", t.whom())
	case "passkey":
		return t.Say("%s signed in with a passkey.", t.whom())
	case "device":
		return t.Say("%s signed in to %s on a device.", t.whom(), t.app())
	case "login", "password":
		return t.Say("%s signed in to %s with a password.", t.whom(), t.app())
	}
	return t.Say("%s signed in to %s.", t.whom(), t.app())
}

func (t *told) refused() string {
	switch t.detail.Reason {
	case "unknown":
		return t.Say("A sign-in was refused: nobody has that name.")
	case "password":
		return t.Say("%s was refused: wrong password.", t.whom())
	case "passkey":
		return t.Say("%s was refused: wrong passkey.", t.whom())
	case "factor":
		return t.Say("%s was refused: wrong second factor.", t.whom())
	case "inactive":
		return t.Say("%s was refused: the account is deactivated.", t.whom())
	case "unverified":
		return t.Say("%s was refused: the e-mail address is not proved.", t.whom())
	case "role":
		return t.Say("%s was refused: the role does not allow it.", t.whom())
	}
	return t.Say("A sign-in of %s was refused.", t.whom())
}

func (t *told) suspected() string {
	network := t.value(t.detail.Network)
	switch {
	case t.event.Subject != "":
		return t.Say("Somebody may be guessing the password of %s.", t.whom())
	case t.detail.What == "signin":
		return t.Say("Many sign-ins from %s failed: somebody may be guessing passwords.", network)
	case t.detail.What == "user_code":
		return t.Say("Many device codes from %s were wrong: somebody may be guessing them.", network)
	case t.detail.What == "signup":
		return t.Say("Very many accounts were asked for from %s.", network)
	case t.detail.What == "registration":
		return t.Say("Very many apps registered from %s.", network)
	}
	return t.Say("Very many tries came from %s.", network)
}

func (t *told) sessionEnded() string {
	switch store.EndReason(t.detail.Reason) {
	case store.EndedByAdmin:
		return t.Say("%s ended a session of %s in %s.", t.who(), t.whom(), t.app())
	case store.EndedLogout:
		return t.Say("%s signed out of %s.", t.whom(), t.app())
	}
	return t.Say("A session of %s in %s ended: %s.", t.whom(), t.app(), t.why())
}

func (t *told) browserEnded() string {
	switch store.EndReason(t.detail.Reason) {
	case store.EndedByAdmin:
		return t.Say("%s signed %s out of a browser.", t.who(), t.whom())
	case store.EndedLogout:
		return t.Say("%s signed out of a browser.", t.whom())
	}
	return t.Say("%s was signed out of a browser: %s.", t.whom(), t.why())
}

func (t *told) withdrawn() string {
	if t.own() {
		return t.Say("%s took away from %s all that it was allowed.", t.who(), t.app())
	}
	return t.Say("%s took away from %s all that %s had allowed it.", t.who(), t.app(), t.whom())
}

func (t *told) scopeWithdrawn() string {
	if t.own() {
		return t.Say("%s took away from %s: %s.", t.who(), t.app(), t.scope())
	}
	return t.Say("%s took away from %s, for %s: %s.", t.who(), t.app(), t.whom(), t.scope())
}

func (t *told) factorRemoved() string {
	kind := factor(t.request, t.detail.Factor)
	if t.own() {
		return t.Say("%s removed a second factor: %s.", t.who(), kind)
	}
	return t.Say("%s removed a second factor of %s: %s.", t.who(), t.whom(), kind)
}

// factor says what a second factor is.
func factor(r *http.Request, kind string) string {
	switch kind {
	case "totp":
		return pages.Say(r, "a code app")
	case "passkey":
		return pages.Say(r, "a passkey")
	}
	return kind
}
