package events

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/audit"
	"gatehouse/store"
)

// A telling is an event as it is told to its person.
type telling struct {
	request *http.Request
	event   store.AuditEvent
	// own says that the person did it themselves.
	own    bool
	detail struct {
		Method    string         `json:"method"`
		Reason    string         `json:"reason"`
		Elsewhere bool           `json:"elsewhere"`
		Allowed   bool           `json:"allowed"`
		After     map[string]any `json:"after"`
	}
}

// by chooses the sentence for what people did themselves or what somebody else did.
func (t telling) by(own, other string) string {
	if t.own {
		return own
	}
	return other
}

// Own tells an event to the person with that subject, and reports whether it should be
// looked at. A kind of a later release is told by its name.
func Own(r *http.Request, sub string, event store.AuditEvent) (sentence string, bad bool) {
	told := telling{request: r, event: event, own: event.Actor == audit.UserSubject(sub)}
	_ = json.Unmarshal(event.Detail, &told.detail) // without a detail, the sentence says less
	if tell := sentences[event.Kind]; tell != nil {
		return tell(told), alarming[event.Kind]
	}
	return event.Kind, false
}

// changed names the attributes that changed.
func changed(r *http.Request, after map[string]any) string {
	names, words := pages.Labels(r), []string{}
	for name := range after {
		if word := names[name]; word != "" {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// sentences tells each kind of event that concerns a person, in the words of people. A kind
// of package audit is here or in notAboutPeople.
var sentences = map[string]func(telling) string{
	"signin.ok":      signedIn,
	"signin.refused": func(t telling) string { return pages.Say(t.request, "A sign-in was refused: the password was wrong.") },
	"attack.suspected": func(t telling) string {
		return pages.Say(t.request, "Somebody tried many wrong passwords for your account.")
	},
	"session.ended":   sessionEnded,
	"sessions.voided": func(t telling) string { return pages.Say(t.request, "Many of your sessions in apps ended.") },
	"sessions.ended":  func(t telling) string { return pages.Say(t.request, "The last of many ended sessions were cleared.") },
	"browser.ended":   browserEnded,
	"token.reused": func(t telling) string {
		return pages.Say(t.request, "A used token came back, perhaps a stolen one. Its session has ended.")
	},
	"token.repeated":  repeated,
	"token.revoked":   func(t telling) string { return pages.Say(t.request, "An app gave a token back.") },
	"user.created":    func(t telling) string { return pages.Say(t.request, "Your account was created.") },
	"user.updated":    updated,
	"user.deleted":    func(t telling) string { return pages.Say(t.request, "The account was deleted.") },
	"consent.granted": func(t telling) string { return pages.Say(t.request, "You allowed an app to use your account.") },
	"consent.withdrawn": func(t telling) string {
		return t.by(pages.Say(t.request, "You took all that you had allowed away from an app."), pages.Say(t.request, "All that you had allowed was taken away from an app."))
	},
	"scope.withdrawn": func(t telling) string {
		return t.by(pages.Say(t.request, "You took a permission away from an app."), pages.Say(t.request, "A permission was taken away from an app."))
	},
	"passkey.added":   func(t telling) string { return pages.Say(t.request, "You added a passkey.") },
	"passkey.renamed": func(t telling) string { return pages.Say(t.request, "You renamed a passkey.") },
	"passkey.removed": func(t telling) string {
		return t.by(pages.Say(t.request, "You removed a passkey."), pages.Say(t.request, "A passkey of yours was removed."))
	},
	"passkey.copied": func(t telling) string {
		return pages.Say(t.request, "A sign-in with a passkey was refused: there may be a copy of it.")
	},
	"factor.added": func(t telling) string { return pages.Say(t.request, "You added a second factor.") },
	"factor.removed": func(t telling) string {
		return t.by(pages.Say(t.request, "You removed a second factor."), pages.Say(t.request, "A second factor of yours was removed."))
	},
	"factors.reset": func(t telling) string {
		return pages.Say(t.request, "Your second factors were removed, so that you can sign in again.")
	},
	"factors.carried": func(t telling) string {
		return pages.Say(t.request, "After a restored backup, second factors that you no longer had were removed again.")
	},
	"recovery_codes.replaced": func(t telling) string { return pages.Say(t.request, "You made new recovery codes.") },
	"mail.sent":               func(t telling) string { return pages.Say(t.request, "A mail was sent to you.") },
	"mail.failed":             func(t telling) string { return pages.Say(t.request, "A mail to you could not be delivered.") },
	"signup.taken": func(t telling) string {
		return pages.Say(t.request, "Somebody tried to sign up with your e-mail address.")
	},
	"link.made": func(t telling) string { return pages.Say(t.request, "A link was made for you.") },
	"link.used": func(t telling) string { return pages.Say(t.request, "A link that was made for you was used.") },
	"device.decided": func(t telling) string {
		if t.detail.Allowed {
			return pages.Say(t.request, "You connected a device.")
		}
		return pages.Say(t.request, "You refused a device.")
	},
}

// alarming are the kinds that a person should look at.
var alarming = map[string]bool{"signin.refused": true, "attack.suspected": true, "token.reused": true, "passkey.copied": true}

// notAboutPeople are the kinds whose subject is never a person.
var notAboutPeople = []string{
	"client.created", "client.updated", "client.adopted", "client.deleted", "client.secret_rotated", "registration_token.created", "registration_token.withdrawn",
	"api.created", "api.updated", "api.deleted", "key.created", "key.retired", "key.rewrapped", "epoch.began", "database.restored", "people.bulk_ended", "people.exported",
}

func signedIn(t telling) string {
	switch t.detail.Method {
	case "page":
		return pages.Say(t.request, "You signed in with a browser.")
	case "code":
		return pages.Say(t.request, "You signed in to an app.")
	case "device":
		return pages.Say(t.request, "A device was signed in.")
	}
	return pages.Say(t.request, "You signed in to an app with your password.")
}

func sessionEnded(t telling) string {
	switch store.EndReason(t.detail.Reason) {
	case store.EndedLogout, store.EndedByOwner, store.EndedRevoked:
		return pages.Say(t.request, "You were signed out of an app.")
	case store.EndedByAdmin, store.EndedDeactivated:
		return pages.Say(t.request, "An administrator signed you out of an app.")
	case store.EndedPassword:
		return pages.Say(t.request, "You were signed out of an app, as your password changed.")
	case store.EndedConsent:
		return pages.Say(t.request, "You were signed out of an app, as you took away what it was allowed.")
	case store.EndedReuse, store.EndedReplay:
		return pages.Say(t.request, "You were signed out of an app for your safety: a used token or code came back.")
	}
	return pages.Say(t.request, "A session in an app ended.")
}

func browserEnded(t telling) string {
	switch store.EndReason(t.detail.Reason) {
	case store.EndedByAnother:
		return pages.Say(t.request, "Somebody else signed in with a browser in which you had been signed in.")
	case store.EndedByOwner:
		return pages.Say(t.request, "You signed a browser out from elsewhere.")
	}
	return pages.Say(t.request, "You signed out of a browser.")
}

func repeated(t telling) string {
	if t.detail.Elsewhere {
		return pages.Say(t.request, "An app used a token twice, from two networks.")
	}
	return pages.Say(t.request, "An app used a token twice.")
}

// updated names what was changed, and never to what: a passer-by could read it.
func updated(t telling) string {
	if active, there := t.detail.After["is_active"].(bool); there && len(t.detail.After) == 1 {
		if active {
			return pages.Say(t.request, "An administrator activated your account.")
		}
		return pages.Say(t.request, "An administrator deactivated your account.")
	}
	if _, there := t.detail.After["password"]; there && len(t.detail.After) == 1 {
		return t.by(pages.Say(t.request, "You changed your password."), pages.Say(t.request, "Somebody else set your password."))
	}
	what := changed(t.request, t.detail.After)
	return t.by(pages.Say(t.request, "You changed: %s.", what), pages.Say(t.request, "Somebody else changed: %s.", what))
}
