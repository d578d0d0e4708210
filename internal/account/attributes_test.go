package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/profile"
	"gatehouse/store"
)

func (w *world) profile(u store.User) store.Profile {
	w.t.Helper()
	kept, err := w.Get(w.t.Context(), u.ID)
	if err != nil {
		w.t.Fatalf("loading the user: %v", err)
	}
	p, err := store.ProfileOf(kept)
	if err != nil {
		w.t.Fatalf("loading the profile: %v", err)
	}
	return p
}

// all returns all attributes and the profile that they make. An attribute that is not
// written out here has its example, which is stored unchanged.
func all() (account.Attributes, store.Profile) {
	g := fields.Given
	sent, kept := account.Attributes{
		"middle_name": g("Maria"), "nickname": g("Annie"), "profile": g("https://ann.example/#me"), "picture": g("https://ann.example/ann.jpg?s=80"), "website": g("http://ann.example"),
		"gender": g("female"), "birthdate": g("1990-02-28"), "zoneinfo": g("Europe/Berlin"), "locale": g("de_AT"), "phone_number": g("+49 (30) 123-4567"),
		"address.formatted": g("1 High St\r\nBerlin"), "address.street_address": g("1 High St"), "address.locality": g("Berlin"), "address.region": g("BE"),
		"address.postal_code": g("10115"), "address.country": g("DE"),
	}, store.Profile{
		MiddleName: "Maria", Nickname: "Annie", PageURL: "https://ann.example/#me", Picture: "https://ann.example/ann.jpg?s=80", Website: "http://ann.example",
		Gender: "female", Birthdate: "1990-02-28", ZoneInfo: "Europe/Berlin", Locale: "de-AT", PhoneNumber: "+49301234567",
		Address: store.Address{Formatted: "1 High St\nBerlin", Street: "1 High St", Locality: "Berlin", Region: "BE", PostalCode: "10115", Country: "DE"},
	}
	for _, a := range profile.Texts {
		if !sent[a.Name].Sent {
			sent[a.Name], *a.Text(&kept) = g(a.Example), a.Example
		}
	}
	return sent, kept
}

func TestEveryAttributeIsKept(t *testing.T) { everywhere(t, everyAttributeIsKept) }

func everyAttributeIsKept(t *testing.T, w *world) {
	attributes, want := all()
	in := input("ann")
	in.Attributes = attributes
	ann, err := w.SignUp(t.Context(), in)
	if err != nil {
		t.Fatalf("signing up: %v", err)
	}
	if diff := cmp.Diff(want, w.profile(ann)); diff != "" {
		t.Errorf("the profile at sign-up differs (-want +got):\n%s", diff)
	}
	if ann.UpdatedAt != ann.JoinedAt || w.read(ann.ID).UpdatedAt != ann.UpdatedAt {
		t.Errorf("updated at %s, want %s as joined", ann.UpdatedAt, ann.JoinedAt)
	}
	bob := w.person("bob", store.RoleAdmin)
	if got := w.profile(bob); got != (store.Profile{}) {
		t.Errorf("an empty profile differs (-want +got):\n%s", cmp.Diff(store.Profile{}, got))
	}
	if _, err := w.Change(t.Context(), as(bob, ""), bob, account.Input{Attributes: attributes}, false); err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	if diff := cmp.Diff(want, w.profile(bob)); diff != "" {
		t.Errorf("the changed profile differs (-want +got):\n%s", diff)
	}
}

func TestAChangeOfAnAttribute(t *testing.T) {
	w := open(t)
	in := input("ann")
	in.Attributes, _ = all()
	ann, err := w.SignUp(t.Context(), in)
	if err != nil {
		t.Fatalf("signing up: %v", err)
	}
	want := w.profile(ann)
	w.advance(time.Hour)
	change := account.Input{Attributes: account.Attributes{"nickname": fields.Given("Nan"), "address.country": fields.Given("")}}
	got, err := w.ChangeOwn(t.Context(), as(ann, ""), ann, change, false)
	if err != nil {
		t.Fatalf("changing the user's own profile: %v", err)
	}
	want.Nickname, want.Address.Country = "Nan", ""
	if diff := cmp.Diff(want, w.profile(ann)); diff != "" {
		t.Errorf("the profile differs (-want +got):\n%s", diff)
	}
	if !got.UpdatedAt.Equal(ann.UpdatedAt.Add(time.Hour)) || !w.read(ann.ID).UpdatedAt.Equal(got.UpdatedAt) {
		t.Errorf("updated at %s, want %s", got.UpdatedAt, ann.UpdatedAt.Add(time.Hour))
	}
	line := `{"before":{"address.country":"DE","nickname":"Annie"},"after":{"address.country":"","nickname":"Nan"}}`
	if lines := w.evidence("user.updated"); len(lines) != 1 || !strings.HasSuffix(lines[0], line) {
		t.Errorf("evidence: %s, want one line that ends in %s", lines, line)
	}
	w.advance(time.Hour)
	again, err := w.ChangeOwn(t.Context(), as(ann, ""), got, change, false)
	if err != nil || !again.UpdatedAt.Equal(got.UpdatedAt) || len(w.evidence("user.updated")) != 1 {
		t.Errorf("nothing changed: updated at %s, %v; want %s as before", again.UpdatedAt, err, got.UpdatedAt)
	}
	for name, in := range map[string]account.Input{
		"name":     {FirstName: fields.Given("Ann")},
		"password": {Password: fields.Given("another long secret"), CurrentPassword: fields.Given(secret)},
	} {
		before := again.UpdatedAt
		w.advance(time.Minute)
		if again, err = w.ChangeOwn(t.Context(), as(ann, ""), again, in, false); err != nil || !again.UpdatedAt.After(before) {
			t.Errorf("%s: updated at %s, %v; want a time after %s", name, again.UpdatedAt, err, before)
		}
	}
}

func TestANewNumberIsNotProved(t *testing.T) {
	w := open(t)
	ann, boss := w.person("ann", store.RoleUser), w.person("boss", store.RoleAdmin)
	proved := store.Profile{PhoneNumber: "+491234567", PhoneProved: true}
	for name, c := range map[string]struct {
		number string
		want   store.Profile
	}{
		"another":           {"+491234568", store.Profile{PhoneNumber: "+491234568"}},
		"none":              {"", store.Profile{}},
		"another spelling":  {"+49 (123) 45-67", proved},
		"with an extension": {"+491234567;ext=1", store.Profile{PhoneNumber: "+491234567;ext=1"}},
	} {
		for who, by := range map[string]func(account.Input) error{
			"herself": func(in account.Input) error {
				_, err := w.ChangeOwn(t.Context(), as(ann, ""), ann, in, false)
				return err
			},
			"administrator": func(in account.Input) error {
				_, err := w.Change(t.Context(), as(boss, ""), ann, in, false)
				return err
			},
		} {
			if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(ann.ID, store.UserChange{Profile: new(proved.Text())}) }); err != nil {
				t.Fatalf("changing the user: %v", err)
			}
			if err := by(account.Input{Attributes: account.Attributes{"phone_number": fields.Given(c.number)}}); err != nil {
				t.Fatalf("changing the number: %v", err)
			}
			if got := w.profile(ann); got != c.want {
				t.Errorf("%s, %s: the profile differs (-want +got):\n%s", name, who, cmp.Diff(c.want, got))
			}
		}
	}
}

func TestAttributesThatCannotBe(t *testing.T) {
	w := open(t)
	ann := w.person("ann", store.RoleUser)
	long := strings.Repeat("a", 3000)
	for field, c := range map[string]struct {
		good, wrong []string
	}{
		"nickname": {[]string{"Ann", " Ann ", "安"}, []string{"a\nb", "a\x00", "\xed\xa0\x80", long}},
		"gender":   {[]string{"female", "non-binary"}, []string{"a\tb", long}},
		"picture": {[]string{"https://a.example/x", "HTTPS://a.example", "http://[::1]:8080/p", "https://例え.jp/私"}, []string{
			"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "data:image/png;base64,AA", "vbscript:x", "file:///etc/passwd",
			"blob:https://a.example/1", "about:blank", "filesystem:https://a/t", "view-source:https://a", "intent://a", "ftp://a.example", "//a.example", "a.example", "/x",
			"https:", "https:///x", "https://a.example/a b", "https:\\\\a.example", "https://ann@a.example", "https://a.example/\u202egnp", "https://a.example/" + long}},
		"birthdate": {[]string{"1990-12-31", "0000-02-29", "2000-02-29", "1990"}, []string{
			"1990-02-29", "1990-13-01", "90-01-01", "1990-1-1", "0000", "2999", "2999-01-01", "1990-12-31T00:00:00Z", "31.12.1990", "19900101", "-1990"}},
		"zoneinfo": {[]string{"Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5"}, []string{
			"Local", "Mars/Phobos", "../etc/passwd", "/etc/localtime", "Europe", "posix/Europe/Berlin", "CEST", long}},
		"locale":              {[]string{"de", "pt-BR", "zh-Hant-TW", "EN_us"}, []string{"german", "d", "de-", "x", "de;q=1", "de,en", "..", long}},
		"phone_number":        {[]string{"+4930123456", "+1 (604) 555-1234;ext=5678"}, []string{"030123456", "+0123456789", "+123456", "+1234567890123456", "+49abc", "tel:+4930123456", "+49301234567;x=1", "++4930123456"}},
		"address.postal_code": {[]string{"SW1A 1AA"}, []string{"a\nb", long}},
		"address.formatted":   {[]string{"1 High St\nTown"}, []string{"a\x07b", long}},
	} {
		try := func(text string) error {
			in := account.Input{Attributes: account.Attributes{field: fields.Given(text)}}
			_, err := w.ChangeOwn(t.Context(), as(ann, ""), ann, in, false)
			return err
		}
		for _, good := range append(c.good, "") {
			if err := try(good); err != nil {
				t.Errorf("%s %q: err = %v, want none", field, good, err)
			}
		}
		for _, wrong := range c.wrong {
			var faults *fields.Errors
			if err := try(wrong); !errors.As(err, &faults) || len(faults.Of(field)) == 0 {
				t.Errorf("%s %q: err = %v, want a fault in that field", field, wrong, err)
			}
		}
	}
	in := account.Input{Attributes: account.Attributes{"locale": fields.Text{Sent: true, Problem: fields.Null}, "address": fields.Text{Sent: true, Problem: fields.Null}}}
	var faults *fields.Errors
	if _, err := w.ChangeOwn(t.Context(), as(ann, ""), ann, in, false); !errors.As(err, &faults) || !faults.Has("locale") || !faults.Has("address") {
		t.Errorf("values of the wrong type: err = %v, want a fault for each", err)
	}
}

// Concurrent changes of different attributes do not undo each other.
func TestAttributesChangedAtOnce(t *testing.T) { everywhere(t, attributesChangedAtOnce) }

func attributesChangedAtOnce(t *testing.T, w *world) {
	ann := w.person("ann", store.RoleUser)
	attributes, want := all()
	parts := []account.Attributes{{}, {}, {}}
	for i, a := range profile.Texts {
		parts[i%len(parts)][a.Name] = attributes[a.Name]
	}
	race(t, 3, func(i int) bool {
		in := account.Input{Attributes: parts[i]}
		_, err := w.Change(t.Context(), authz.Operator, ann, in, false)
		if err != nil {
			t.Errorf("changing the user: %v", err)
		}
		return err == nil
	}, 3)
	if diff := cmp.Diff(want, w.profile(ann)); diff != "" {
		t.Errorf("the profile differs (-want +got):\n%s", diff)
	}
}
