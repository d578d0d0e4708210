package events

import "gatehouse/store"

// deeds tells each kind of package audit to administrators.
var deeds = map[string]func(*told) string{
	"signin.ok":        (*told).signedIn,
	"signin.refused":   (*told).refused,
	"attack.suspected": (*told).suspected,
	"session.ended":    (*told).sessionEnded,
	"sessions.voided": func(t *told) string {
		return t.Say("Many sessions of %s ended at once: %s.", t.whom(), t.why())
	},
	"sessions.ended": func(t *told) string {
		return t.Say("%d sessions of %s, which had ended, were cleared: %s.", t.detail.Sessions, t.whom(), t.why())
	},
	"browser.ended": (*told).browserEnded,
	"token.reused": func(t *told) string {
		return t.Say("A used token of %s came back from %s, perhaps a stolen one: the session was ended.", t.whom(), t.app())
	},
	"token.repeated": func(t *told) string {
		if t.detail.Elsewhere {
			return t.Say("%s used a token of %s twice, from two networks.", t.app(), t.whom())
		}
		return t.Say("%s used a token of %s twice.", t.app(), t.whom())
	},
	"token.revoked": func(t *told) string { return t.Say("%s gave a token back.", t.app()) },
	"user.created":  (*told).created,
	"user.updated":  (*told).updated,
	"user.deleted": func(t *told) string {
		if t.own() {
			return t.Say("%s deleted their own account.", t.whom())
		}
		return t.Say("%s deleted the account of %s.", t.who(), t.whom())
	},
	"link.made": func(t *told) string {
		return t.Say("%s made a link for %s: %s.", t.who(), t.whom(), purpose(t.request, t.detail.Purpose))
	},
	"link.used": func(t *told) string {
		return t.Say("%s used a link: %s.", t.whom(), purpose(t.request, t.detail.Purpose))
	},
	"signup.taken": func(t *told) string {
		return t.Say("%s tried to sign up with the e-mail address of %s.", t.who(), t.whom())
	},
	"consent.granted":   func(t *told) string { return t.Say("%s allowed %s to use: %s.", t.who(), t.app(), t.scope()) },
	"consent.withdrawn": (*told).withdrawn,
	"scope.withdrawn":   (*told).scopeWithdrawn,
	"device.decided": func(t *told) string {
		if t.detail.Allowed {
			return t.Say("%s connected a device to %s.", t.who(), t.app())
		}
		return t.Say("%s refused a device for %s.", t.who(), t.app())
	},
	"factor.added": func(t *told) string {
		return t.Say("%s added a second factor: %s.", t.whom(), factor(t.request, t.detail.Factor))
	},
	"factor.removed": (*told).factorRemoved,
	"factors.reset": func(t *told) string {
		return t.Say("%s removed all second factors of %s.", t.who(), t.whom())
	},
	"people.bulk_ended": (*told).manyPeople,
	"people.exported": func(t *told) string {
		return t.Say("%s downloaded a list of %d people.", t.who(), t.detail.People)
	},
	"factors.carried": func(t *told) string {
		return t.Say("After a restored backup, second factors that %s no longer had were removed again.", t.whom())
	},
	"recovery_codes.replaced": func(t *told) string { return t.Say("%s made new recovery codes.", t.whom()) },
	"passkey.renamed": func(t *told) string {
		return t.Say("%s renamed a passkey from %s to %s.", t.whom(), t.before(), t.after())
	},
	"passkey.copied": func(t *told) string {
		return t.Say("A sign-in of %s was refused: there may be a copy of the passkey %s.", t.whom(), t.value(t.detail.Name))
	},
	"mail.sent": func(t *told) string {
		return t.Say("A mail went to %s: %s.", t.whom(), purpose(t.request, t.detail.Purpose))
	},
	"mail.failed": func(t *told) string {
		return t.Say("A mail to %s could not be delivered: %s.", t.whom(), t.value(t.detail.Reason))
	},
	"client.created":               (*told).clientCreated,
	"client.updated":               (*told).clientUpdated,
	"client.adopted":               func(t *told) string { return t.Say("%s made %s a registered app.", t.who(), t.whom()) },
	"client.deleted":               func(t *told) string { return t.Say("%s deleted the app %s.", t.who(), t.whom()) },
	"client.secret_rotated":        func(t *told) string { return t.Say("%s gave the app %s a new secret.", t.who(), t.whom()) },
	"registration_token.created":   func(t *told) string { return t.Say("%s made a token by which apps register.", t.who()) },
	"registration_token.withdrawn": func(t *told) string { return t.Say("%s withdrew a token by which apps register.", t.who()) },
	"api.created":                  func(t *told) string { return t.Say("%s registered the API %s.", t.who(), t.whom()) },
	"api.updated":                  func(t *told) string { return t.Say("%s changed the API %s: %s.", t.who(), t.whom(), t.attributes()) },
	"api.deleted":                  func(t *told) string { return t.Say("%s deleted the API %s.", t.who(), t.whom()) },
	"key.created":                  func(t *told) string { return t.Say("%s published the signing key %s.", t.who(), t.whom()) },
	"key.retired":                  func(t *told) string { return t.Say("%s withdrew the signing key %s.", t.who(), t.whom()) },
	"key.rewrapped":                func(t *told) string { return t.Say("%s sealed the signing keys under another master key.", t.who()) },
	"epoch.began":                  func(t *told) string { return t.Say("%s made all void that was issued before.", t.who()) },
	"database.restored": func(t *told) string {
		return t.Say("%s restored the database from %s.", t.who(), t.value(t.detail.Backup))
	},
}

func (t *told) why() string { return Why(t.request, store.EndReason(t.detail.Reason)) }

// scope names what was allowed, as apps ask for it.
func (t *told) scope() string { return t.value(t.detail.Scope) }

// manyPeople tells how an act on many people ended.
func (t *told) manyPeople() string {
	act := t.Say("deactivating people")
	if t.detail.Act == "end_sessions" {
		act = t.Say("ending people's sessions")
	}
	switch t.detail.Outcome {
	case "stopped":
		return t.Say("%s stopped %s after %d.", t.who(), act, t.detail.Changed)
	case "refused":
		return t.Say("%s was no longer allowed to go on with %s: %d were changed.", t.who(), act, t.detail.Changed)
	}
	return t.Say("%s finished %s: %d of %d were changed.", t.who(), act, t.detail.Changed, t.detail.Expected)
}
