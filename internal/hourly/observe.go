package hourly

import (
	"encoding/json"
	"strings"

	"gatehouse/internal/audit"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// The details of store.SignIns.
const (
	SignedIn = "ok"
	Refused  = "refused"
)

// Audited counts the sign-ins among audit events. A redeemed code does not count again,
// and a password that confirms a change does not count at all.
func (r *Recorder) Audited(events ...store.AuditEvent) {
	for _, e := range events {
		var detail string
		switch e.Kind {
		case audit.SignInOK{}.Kind():
			detail = SignedIn
		case audit.SignInRefused{}.Kind():
			detail = Refused
		default:
			continue
		}
		var how audit.SignInOK
		if err := json.Unmarshal(e.Detail, &how); err != nil || enters(how.Method) {
			r.Count(store.SignIns, "", detail)
		}
	}
}

func enters(method signin.Method) bool {
	switch method {
	case signin.ByCode, signin.ByDevice, signin.ByConfirm:
		return false
	}
	return true
}

// Issued counts an answer with an access token, and its scopes.
func (r *Recorder) Issued(clientID, grant, scope string) {
	r.Count(store.Tokens, clientID, grant)
	for token := range strings.FieldsSeq(scope) {
		r.Count(store.Scopes, clientID, token)
	}
}
