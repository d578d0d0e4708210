package signin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

// The page asks for what is new, the sensitive first, and folds what was allowed before.
func TestTheConsentPageAsksForWhatIsNew(t *testing.T) {
	s := open(t)
	s.orders()
	s.app("dash", func(c *store.Client) { c.Scope = "openid email https://orders.example#read https://orders.example#pay" })
	v := s.visitor()
	first := v.signIn(v.get(ask("client_id", "dash", "scope", "openid")), "ann").shows(http.StatusOK, "<h2 id=\"asks\">It asks to</h2>", "Know that it is you")
	if strings.Contains(first.body, "<details") || strings.Contains(first.body, "sensitive") {
		t.Errorf("the first question has something folded or sensitive, want neither:\n%s", first.body)
	}
	v.post("/consent", first, "answer", "allow").leads(shopURI)
	more := ask("client_id", "dash", "scope", "openid email read pay")
	consent := v.get(more).shows(http.StatusOK, "It now also asks to", "Place orders that you pay for", "at <bdi>Orders</bdi> · sensitive", "See your orders", "See your e-mail address",
		"<summary>What you have allowed it before</summary>")
	inOrder(t, consent.body, "Place orders", "See your orders", "See your e-mail address", "<summary>", "Know that it is you")

	s.wait(11 * time.Minute) // the request goes on after the sign-in
	login := v.post("/consent", consent, "answer", "allow").shows(http.StatusOK, "Type your password again")
	consent = v.signIn(login, "ann").shows(http.StatusOK, "It now also asks to", "Place orders that you pay for")
	if answer := v.post("/consent", consent, "answer", "allow").leads(shopURI); answer.Get("code") == "" {
		t.Errorf("answer = %v, want a code", answer)
	}
}

// inOrder fails unless the text has the words in this order.
func inOrder(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		_, rest, found := strings.Cut(text, word)
		if !found {
			t.Errorf("%q is not where it belongs, want the order %q", word, words)
		}
		text = rest
	}
}
