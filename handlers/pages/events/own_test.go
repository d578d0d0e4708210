package events

import (
	"net/http/httptest"
	"slices"
	"testing"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// Every kind of event that can concern a person is told in a sentence.
func TestEveryKindOfEventIsTold(t *testing.T) {
	r := httptest.NewRequest("GET", "/account/activity", nil)
	for _, kind := range audit.KindNames() {
		told, silent := sentences[kind] != nil, slices.Contains(notAboutPeople, kind)
		if told == silent {
			t.Errorf("%s has a sentence: %t, is not about people: %t; want one of the two", kind, told, silent)
		}
		if !told {
			continue
		}
		for _, actor := range []string{"user:ann", "user:grace", "system"} {
			if sentence, _ := Own(r, "ann", store.AuditEvent{Kind: kind, Actor: actor}); sentence == "" || sentence == kind {
				t.Errorf("%s by %s is told as %q, want a sentence", kind, actor, sentence)
			}
		}
	}
	for _, kind := range notAboutPeople {
		if !slices.Contains(audit.KindNames(), kind) {
			t.Errorf("%s is no kind of event, want only kinds that exist", kind)
		}
	}
}
