package mail

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/mailbox"
	"gatehouse/store"
)

func TestAMessageArrives(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	m := reset(ann)
	m.Until = r.now.Add(15 * time.Minute)
	r.add(m)
	r.round()
	got := r.box.Next(t, ann)
	if got.From != "no-reply@example.com" || got.Link != secret || got.Subject != "Set a new password for Exämple" {
		t.Errorf("the message is from %s, has the link %s and the subject %q; want no-reply@example.com, %s and ours", got.From, got.Link, got.Subject, secret)
	}
	contains(t, "the text", got.Text, "\n\n"+secret+"\n\n", "Exämple (ann)", "until 30 November 2026, 12:49 UTC")
	contains(t, "the HTML", got.HTML, `<a href="`+secret+`"`, ">Set a new password</a>", `<html lang="en">`)
	if n := r.waiting(); n != 0 {
		t.Errorf("%d mails wait after that, want none", n)
	}
	if got, want := r.evidence("mail.sent"), []string{`user:sub-of-ann {"purpose":"reset"}`}; !slices.Equal(got, want) {
		t.Errorf("on record: %q, want %q", got, want)
	}
	r.round()
	if n := len(r.box.All()); n != 1 {
		t.Errorf("%d messages were sent, want 1", n)
	}
}

func TestHeaders(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	r.add(reset("ann@münchen.example"))
	r.round()
	got := r.box.Next(t, "ann@xn--mnchen-3ya.example")
	for name, want := range map[string]string{
		"Date": "Mon, 30 Nov 2026 12:34:56 +0000", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0",
		"From": "=?UTF-8?q?Ex=C3=A4mple?= <no-reply@example.com>", "To": "<ann@xn--mnchen-3ya.example>", "Content-Language": "en",
	} {
		if value := got.Header.Get(name); !strings.EqualFold(value, want) {
			t.Errorf("%s: %q, want %q", name, value, want)
		}
	}
	if id := got.Header.Get("Message-Id"); !regexp.MustCompile(`^<[A-Z2-7]{26}@example\.com>$`).MatchString(id) {
		t.Errorf("Message-ID %q, want 26 letters and digits at our domain", id)
	}
	for name := range got.Header {
		if strings.EqualFold(name, "User-Agent") || strings.EqualFold(name, "X-Mailer") {
			t.Errorf("%s is there, want our program not named", name)
		}
	}
}

// TestEveryText writes every purpose in every language. None loads anything from elsewhere.
func TestEveryText(t *testing.T) {
	texts, err := LoadTemplates("")
	if err != nil {
		t.Fatalf("loading the templates: %v", err)
	}
	if want := []string{"de", "en"}; !slices.Equal(texts.languages, want) {
		t.Fatalf("languages %v, want %v", texts.languages, want)
	}
	subjects := map[string]bool{}
	for _, language := range texts.languages {
		for _, purpose := range Purposes() {
			data := map[string]string{"Username": "<b>ann</b>", "Old": "old@example.org", "New": "new@example.org", "Network": "192.0.2.0/24", "Browser": "Firefox, Linux"}
			if slices.Contains([]string{Verify, Reset, Invite, SignUp, Address}, purpose) {
				data["Link"] = "https://login.example.com/x?token=t&a=1"
			}
			w, err := texts.write(purpose, language, Frame{"Brand", "https://login.example.com"}, time.Unix(0, 0), time.Unix(60, 0), data)
			if err != nil {
				t.Errorf("%s in %s: %v", purpose, language, err)
				continue
			}
			what := purpose + " in " + language
			contains(t, what, w.html, `lang="`+language+`"`)
			contains(t, what, w.subject, "Brand")
			lacks(t, what, w.html, "<b>", "<img", "src=", "url(", "@import", "<link", "<script", "<no value>")
			lacks(t, what, w.plain, "<no value>", "{{", "\n\n\n")
			if data["Link"] != "" {
				contains(t, what, w.plain, "\n\n"+data["Link"]+"\n\n")
				contains(t, what, w.html, `<a href="https://login.example.com/x?token=t&amp;a=1" style="display:inline-block`)
			}
			if subjects[w.subject] {
				t.Errorf("%s has the subject of another: %q, want its own", what, w.subject)
			}
			subjects[w.subject] = true
		}
	}
}

func TestGermanForThoseWhoReadIt(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	for i, c := range []struct{ language, subject string }{
		{"de", "Neues Passwort für Exämple"}, {"de-AT", "Neues Passwort für Exämple"}, {"DE-Latn-CH-1996", "Neues Passwort für Exämple"},
		{"fr-CA", "Set a new password for Exämple"}, {"", "Set a new password for Exämple"}, {"../de", "Set a new password for Exämple"},
	} {
		to := fmt.Sprintf("ann%d@example.org", i)
		m := reset(to)
		m.Language, m.Until = c.language, r.now.Add(time.Hour)
		r.add(m)
		r.round()
		got := r.box.Next(t, to)
		if got.Subject != c.subject {
			t.Errorf("in %q the subject is %q, want %q", c.language, got.Subject, c.subject)
		}
		if c.language == "de-AT" {
			contains(t, "the text", got.Text, "bis 30.11.2026, 13:34 UTC")
			contains(t, "the HTML", got.HTML, `lang="de"`, "Neues Passwort setzen")
		}
	}
}

// TestNothingGetsIntoAHeader: neither by what a message says nor by its address.
func TestNothingGetsIntoAHeader(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	r.Composer.Frame.Brand = "Brand\r\nBcc: eve@example.net\r\n\r\nbody\x00" + strings.Repeat("x", 1000)
	m := reset(ann)
	m.Language = "en\r\nBcc: eve@example.net"
	m.Data["Username"] = "ann\r\n.\r\nMAIL FROM:<eve@example.net>"
	r.add(m)
	for _, to := range []string{
		"ann@example.org\r\nRCPT TO:<eve@example.net>", "ann@example.org>\r\nDATA", "ann@example.org, eve@example.net", "Ann <ann@example.org>",
		"<ann@example.org>", "ann", "ann@example.org\x00", "ann @example.org", "",
	} {
		r.add(reset(to))
	}
	if n := r.waiting(); n != 1 {
		t.Fatalf("%d mails wait, want only the one with an address", n)
	}
	r.round()
	got := r.box.Next(t, ann)
	for name, values := range got.Header {
		if name == "Bcc" || len(values) != 1 {
			t.Errorf("header %s: %q, want it once and no Bcc", name, values)
		}
	}
	if n := len([]rune(got.Subject)); n > maxSubject {
		t.Errorf("the subject has %d characters, want at most %d", n, maxSubject)
	}
	if all := r.box.All(); len(all) != 1 {
		t.Errorf("%d messages arrived, want 1", len(all))
	}
}

// TestNothingIsInClear: neither the address, nor the link, nor a digest that could be
// computed from the address.
func TestNothingIsInClear(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	r.add(reset(ann))
	waiting := r.claim(t.Context())
	if len(waiting) != 1 {
		t.Fatalf("%d mails wait, want 1", len(waiting))
	}
	lacks(t, "the row", fmt.Sprintf("%s %q", waiting[0].Content, waiting[0].Purpose), "ann", "example", "token", "a-secret")
	other := newRig(t, mailbox.Options{})
	if other.Outbox.digest(ann, Reset, "", "") == waiting[0].Digest {
		t.Error("another server has the same digest for the address, want it to depend on the key")
	}
	if r.Outbox.digest("Ann@Example.org", Reset, "", "") != waiting[0].Digest || r.Outbox.digest(ann, Verify, "", "") == waiting[0].Digest {
		t.Error("the digest is not one for each address and purpose, want that")
	}
	moved := waiting[0]
	moved.Purpose = Invite
	if _, err := r.Outbox.open(moved); err == nil {
		t.Error("the content opens in another row, want an error")
	}
	r.advance(claimed)
	r.round()
	lacks(t, "the log and the record", r.log.String()+strings.Join(r.evidence(""), " "), ann, "a-secret")
}

func TestWithoutAMailServerNothingIsAdded(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	var none *Outbox
	if none.On() || !r.Outbox.On() {
		t.Errorf("on without a server: %t, with one: %t; want false and true", none.On(), r.Outbox.On())
	}
	err := r.db.Write(t.Context(), func(tx store.Tx) error { return none.Add(tx, reset(ann)) })
	if n := r.waiting(); err != nil || n != 0 {
		t.Errorf("%d mails wait, %v; want none", n, err)
	}
}

func TestANewerMessageTakesThePlaceOfOneThatWaits(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	newer, another := reset("ANN@example.org"), reset(ann)
	newer.Data = map[string]string{"Link": "https://login.example.com/reset?token=newer"}
	another.Purpose = NewSignIn
	r.add(reset(ann), newer, another)
	if n := r.waiting(); n != 2 {
		t.Errorf("%d mails wait, want one for each purpose", n)
	}
	for _, what := range []string{"added", "removed", "removed"} {
		r.add(Message{Purpose: FactorChanged, To: "ben@example.org", Data: map[string]string{"Factor": "passkey", "What": what}})
	}
	if n := r.waiting(); n != 4 {
		t.Errorf("%d mails wait, want one more for each change of a factor", n)
	}
	r.round()
	if got := r.box.Next(t, ann); len(r.box.All()) != 4 || got.Link != newer.Data["Link"] {
		t.Errorf("%d messages arrived, the first with the link %s; want 4, and the newer link", len(r.box.All()), got.Link)
	}
}

// TestTheOutboxIsBounded: while it is full, acts go on without their messages.
func TestTheOutboxIsBounded(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	r.Outbox.most = 3
	for i := range 5 {
		r.add(reset(fmt.Sprintf("ann%d@example.org", i)))
	}
	r.add(reset("ann1@example.org")) // takes the place of one
	if n, want := r.waiting(), []string{"refused", "refused"}; n != 3 || !slices.Equal(r.results, want) {
		t.Errorf("%d wait, results %v; want 3 and %v", n, r.results, want)
	}
}
