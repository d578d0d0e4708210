package account_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// A person who is not signed in is led to the sign-in, and comes back to the page.
func TestASignInComesBackToThePage(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/account", "/account/profile", "/account/password", "/account/sessions", "/account/delete"} {
		v := s.visitor()
		login := v.get(path).shows(http.StatusOK, "Sign in")
		if to := login.form().Get("to"); to != path {
			t.Errorf("%s: the sign-in leads to %q, want %s", path, to, path)
		}
		if at := v.signIn(login, "ann").shows(http.StatusOK).at; at != path {
			t.Errorf("%s: after the sign-in at %s, want %s", path, at, path)
		}
		if again := v.get("/login?to=" + path); again.at != path {
			t.Errorf("signed in already: at %s, want %s", again.at, path)
		}
	}
}

// Nobody can have the sign-in lead anywhere but to a page of ours.
func TestASignInLeadsNowhereElse(t *testing.T) {
	s := open(t)
	for _, to := range []string{
		"https://evil.example/", "//evil.example", "/account/../logout", "/account//evil.example", "/account/../logout?x=1", "//evil.example/account?x=1", "/\\evil.example/account?x=1", "/account/%2e%2e/x", "/\\evil.example", "/account\\evil", "/logout", "/accounts", "javascript:alert(1)", "/account/" + strings.Repeat("a", 300),
	} {
		login := s.visitor().do("/login?to="+strings.NewReplacer("\\", "%5C", "?", "%3F", "%", "%25").Replace(to), nil)
		if got := login.form().Get("to"); got != "" {
			t.Errorf("to %q: the form leads to %q, want home", to, got)
		}
		v := s.visitor()
		if at := v.post("/login", login, "username", "ann", "password", annsPassword, "to", to).shows(http.StatusOK).at; at != "/" {
			t.Errorf("to %q: after the sign-in at %s, want /", to, at)
		}
	}
}

// What a form says is shown once, and belongs to one person.
func TestAMessageIsShownOnce(t *testing.T) {
	s := open(t)
	v := s.in("ann")
	saved := v.post("/account/profile", v.get("/account/profile"), "first_name", "Ann").shows(http.StatusOK, `role="status"`, "Your profile is saved.")
	if saved.at != "/account" {
		t.Errorf("saving leads to %s, want /account", saved.at)
	}
	v.get("/account").shows(http.StatusOK).hides("Your profile is saved.")
}

func TestTheProfileIsSaved(t *testing.T) {
	s := open(t)
	v := s.in("ann")
	form := v.get("/account/profile").shows(http.StatusOK, "First name", "Time zone", `autocomplete="bday"`)
	v.post("/account/profile", form, "first_name", "Ann", "last_name", "Fairweather", "birthdate", "1990-05-04", "address.country", "DE", "phone_number", "+49 30 1234567", "address.formatted", "One\r\nTwo").
		shows(http.StatusOK, "Ann Fairweather")
	u, err := s.db.UserByID(t.Context(), s.ann.ID)
	s.must("reading ann", err)
	p, err := store.ProfileOf(u)
	s.must("reading her profile", err)
	if p.Birthdate != "1990-05-04" || p.Address.Country != "DE" || p.PhoneNumber != "+49301234567" || p.Address.Formatted != "One\nTwo" || u.LastName != "Fairweather" {
		t.Errorf("profile = %+v of %s, want what was typed", p, u.LastName)
	}
	v.get("/account/profile").shows(http.StatusOK, `value="1990-05-04"`, `value="+49301234567"`)
	v.post("/account/profile", form, "first_name", "Ann", "birthdate", "soon", "website", "javascript:alert(1)").
		shows(http.StatusUnprocessableEntity, `value="soon"`, `aria-describedby="birthdate-hint birthdate-error"`, "Enter a date as", "Enter the URL")
	v.post("/account/profile", form, "first_name", "Ann") // the others were emptied
	u, err = s.db.UserByID(t.Context(), s.ann.ID)
	s.must("reading ann", err)
	if p, err = store.ProfileOf(u); err != nil || p.Birthdate != "" || u.LastName != "" {
		t.Errorf("emptied fields = %q, %q, %v; want none", p.Birthdate, u.LastName, err)
	}
}

func TestThePasswordIsChanged(t *testing.T) {
	s := open(t)
	here, there := s.in("ann"), s.in("ann")
	app := s.begin(s.ann, s.app("mobile", func(*store.Client) {}), "openid")
	form := here.get("/account/password").shows(http.StatusOK, `autocomplete="current-password"`, `autocomplete="new-password"`, `autocomplete="username"`)
	wrong := here.post("/account/password", form, "current_password", "another one entirely", "password", "eleven blue kites")
	wrong.shows(http.StatusUnprocessableEntity, "The password is not correct.").hides("another one entirely", "eleven blue kites")
	here.post("/account/password", form, "current_password", annsPassword, "password", "short").shows(http.StatusUnprocessableEntity, `id="password-error"`)
	here.post("/account/password", form, "current_password", annsPassword, "password", "eleven blue kites").shows(http.StatusOK, "Your password is changed.", "Your account")
	here.get("/account").shows(http.StatusOK, "Your account")
	there.get("/account").shows(http.StatusOK, "Sign in")
	if session, _, err := s.db.SessionWithUser(t.Context(), app.ID); err != nil || session.EndedAt.IsZero() {
		t.Errorf("the session in the app: %v, ended at %v; want it to have ended", err, session.EndedAt)
	}
}

func TestTheNamesAreChanged(t *testing.T) {
	s := open(t)
	s.person("bob", "user")
	v := s.in("ann")
	form := v.get("/account/username").shows(http.StatusOK, `value="ann"`)
	v.post("/account/username", form, "username", "bob", "current_password", annsPassword).shows(http.StatusUnprocessableEntity, `value="bob"`, "already exists")
	v.post("/account/username", form, "username", "anna", "current_password", "wrong").shows(http.StatusUnprocessableEntity, "The password is not correct.")
	v.post("/account/username", form, "username", "anna", "current_password", annsPassword).shows(http.StatusOK, "Your username is anna now.")
	form = v.get("/account/email").shows(http.StatusOK, "ann@example.com")
	v.post("/account/email", form, "email", "nonsense", "current_password", annsPassword).shows(http.StatusUnprocessableEntity, `value="nonsense"`)
	v.post("/account/email", form, "email", "ann@elsewhere.example", "current_password", annsPassword).shows(http.StatusOK, "ann@elsewhere.example", "not verified")
}

func TestSessionsEndOneByOne(t *testing.T) {
	s := open(t)
	here := s.in("ann")
	phone := s.visitor()
	phone.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	phone.signIn(phone.get("/account"), "ann")
	app := s.begin(s.ann, s.app("mobile", func(c *store.Client) { c.Name = "Acme Mobile" }), "openid")
	list := here.get("/account/sessions").shows(http.StatusOK, "Firefox on Linux", "this browser", "Safari on iPhone", "Acme Mobile", "127.0.0.1")
	browser := list.between("name=\"browser\" value=\"", "\"")
	here.post("/account/sessions", list, "others", "", "session", "", "browser", browser).shows(http.StatusOK, "You are signed out there.").hides("Safari on iPhone")
	phone.get("/account").shows(http.StatusOK, "Sign in")
	here.post("/account/sessions", list, "others", "", "session", "", "browser", browser).shows(http.StatusOK, "You were not signed in there any more.")
	here.post("/account/sessions", list, "others", "", "browser", "", "session", app.ID).shows(http.StatusOK, "You are signed out there.").hides("Acme Mobile")
	here.get("/account/activity").shows(http.StatusOK, "You signed a browser out from elsewhere.", "You were signed out of an app.", "Acme Mobile")
}

// Nobody can end what is another person's.
func TestSessionsOfOthersStay(t *testing.T) {
	s := open(t)
	bob := s.person("bob", "user")
	his := s.in("bob")
	app := s.begin(bob, s.app("mobile", func(*store.Client) {}), "openid")
	browsers, err := s.db.ListBrowsers(t.Context(), bob.ID, s.now())
	s.must("listing his browsers", err)
	v := s.in("ann")
	list := v.get("/account/sessions")
	v.post("/account/sessions", list, "others", "", "session", "", "browser", browsers[0].ID).shows(http.StatusOK, "You were not signed in there any more.")
	v.post("/account/sessions", list, "others", "", "browser", "", "session", app.ID).shows(http.StatusOK, "You were not signed in there any more.")
	his.get("/account").shows(http.StatusOK, "Your account", "bob")
	if session, _, err := s.db.SessionWithUser(t.Context(), app.ID); err != nil || !session.EndedAt.IsZero() {
		t.Errorf("his session: %v, ended at %v; want it to live", err, session.EndedAt)
	}
}

func TestAllOtherSessionsEnd(t *testing.T) {
	s := open(t)
	here, there := s.in("ann"), s.in("ann")
	app := s.begin(s.ann, s.app("mobile", func(*store.Client) {}), "openid")
	here.post("/account/sessions", here.get("/account/sessions"), "others", "1").shows(http.StatusOK, "You are signed out everywhere else.", "this browser").hides("Photo Shop")
	there.get("/account").shows(http.StatusOK, "Sign in")
	if session, _, err := s.db.SessionWithUser(t.Context(), app.ID); err != nil || session.EndedAt.IsZero() {
		t.Errorf("the session in the app: %v, ended at %v; want it to have ended", err, session.EndedAt)
	}
}

// Every permission can be taken away alone, and all of an app's at once.
func TestPermissionsAreTakenAway(t *testing.T) {
	s := open(t)
	s.orders()
	s.app("shop", func(*store.Client) {})
	s.app("https://agent.example/client", func(c *store.Client) { c.Origin, c.Name = store.OriginDocument, "Tidewater" })
	s.allow(s.ann, "shop", "openid email")
	s.allow(s.ann, "https://agent.example/client", "openid https://orders.example#read https://orders.example#pay")
	v := s.in("ann")
	list := v.get("/account/apps").shows(http.StatusOK, "agent.example", "“Tidewater”", "Place orders that you pay for", "Orders", "See your e-mail address", "Photo Shop")
	inOrder(t, list.body, "agent.example", "Place orders that you pay for", "Photo Shop")
	v.post("/account/apps", list, "app", "https://agent.example/client", "scope", "https://orders.example#pay").
		shows(http.StatusOK, "Taken away from agent.example.", "See your orders").hides("Place orders that you pay for")
	v.post("/account/apps", list, "app", "https://agent.example/client", "scope", "https://orders.example#pay").shows(http.StatusOK, "That had been taken away already.")
	v.post("/account/apps", list, "app", "shop", "scope", "").shows(http.StatusOK, "Photo Shop may do nothing for you any more.").hides("See your e-mail address")
	v.get("/account/activity").shows(http.StatusOK, "You took a permission away from an app.", "agent.example", "You took all that you had allowed away from an app.")
}

func TestTheActivityIsPaged(t *testing.T) {
	s := open(t)
	v := s.in("ann")
	for range 60 {
		s.must("writing evidence", s.db.Audit(t.Context(), audit.Event{Actor: "user:" + s.ann.Sub, Subject: "user:" + s.ann.Sub, What: audit.ConsentGranted{}}.Record(t.Context(), s.now())))
	}
	s.must("writing evidence of another", s.db.Audit(t.Context(), audit.Event{Actor: "user:x", Subject: "user:x", What: audit.UserCreated{}}.Record(t.Context(), s.now())))
	first := v.get("/account/activity").shows(http.StatusOK, "You allowed an app to use your account.")
	if n := strings.Count(first.body, "<li"); n < 50 {
		t.Errorf("%d lines on the first page, want 50 events among them", n)
	}
	older := first.between(`href="/account/activity?before=`, `"`)
	v.get("/account/activity?before="+older).shows(http.StatusOK, "You signed in with a browser.", "Your account was created.")
	if at := v.get("/account/activity?before=" + older + "x"); at.at != "/account/activity" {
		t.Errorf("a forged cursor leads to %s, want the first page", at.at)
	}
	s.person("bob", "user")
	if at := s.in("bob").get("/account/activity?before=" + older); at.at != "/account/activity" {
		t.Errorf("another person's cursor leads to %s, want the first page", at.at)
	}
}

// The copy has what is kept, and none of the canaries: nothing by which somebody could act.
func TestTheCopyHasAllAndNoSecret(t *testing.T) {
	s := open(t)
	s.app("shop", func(*store.Client) {})
	s.allow(s.ann, "shop", "openid email")
	session := s.begin(s.ann, s.app("mobile", func(*store.Client) {}), "openid")
	v := s.in("ann")
	file := v.post("/account/data", v.get("/account/data").shows(http.StatusOK, "Download"))
	if kind := file.header.Get("Content-Disposition"); !strings.HasPrefix(kind, `attachment; filename="gatehouse-`) || file.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Content-Disposition = %q, Cache-Control = %q; want a file that nobody keeps", kind, file.header.Get("Cache-Control"))
	}
	var all struct {
		Person                                 map[string]any
		Browsers, Sessions, Consents, Activity []map[string]any
	}
	if err := json.Unmarshal([]byte(file.body), &all); err != nil {
		t.Fatalf("reading the copy: %v\n%s", err, file.body)
	}
	if all.Person["email"] != "ann@example.com" || len(all.Browsers) != 1 || len(all.Sessions) != 1 || len(all.Consents) != 1 || len(all.Activity) < 3 {
		t.Errorf("the copy lacks something, want one browser, session and consent, and three events:\n%s", file.body)
	}
	u, err := s.db.UserByID(t.Context(), s.ann.ID)
	s.must("reading ann", err)
	for what, secret := range map[string]string{
		"the password": annsPassword, "its hash": u.PasswordHash, "the cookie": v.client.Jar.Cookies(mustURL(t, v.door.URL))[0].Value, "a session's ID": session.ID, "a token's ID": session.Rotation.JTI, "argon": "$argon2",
	} {
		if secret != "" && strings.Contains(file.body, secret) {
			t.Errorf("the copy has %s, want no secret in it", what)
		}
	}
}

func TestAnAccountIsDeletedByItsOwner(t *testing.T) {
	s := open(t)
	there := s.in("ann")
	v := s.in("ann")
	form := v.get("/account/delete").shows(http.StatusOK, "2 browsers")
	v.post("/account/delete", form, "current_password", "wrong").shows(http.StatusUnprocessableEntity, "The password is not correct.")
	v.post("/account/delete", form).shows(http.StatusUnprocessableEntity)
	v.post("/account/delete", form, "current_password", annsPassword).shows(http.StatusOK, "Your account is deleted")
	for _, b := range []*visitor{v, there} {
		b.get("/account").shows(http.StatusOK, "Sign in")
	}
	if _, err := s.db.UserByID(t.Context(), s.ann.ID); err == nil {
		t.Error("the account is still there, want it gone")
	}
	events, err := s.db.ListAudit(t.Context(), store.AuditQuery{Kind: "user.deleted", Limit: 1})
	if err != nil || len(events) != 1 || events[0].Actor != "user:"+s.ann.Sub {
		t.Errorf("evidence = %+v, %v; want one event by ann", events, err)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	s := open(t)
	s.person("grace", "admin")
	v := s.in("grace")
	form := v.get("/account/delete")
	v.post("/account/delete", form, "current_password", annsPassword).shows(http.StatusConflict, "last administrator")
	v.get("/account").shows(http.StatusOK, "grace")
	s.person("ada", "admin")
	v.post("/account/delete", form, "current_password", annsPassword).shows(http.StatusOK, "Your account is deleted")
}

// Two people use one browser: a form that one of them was shown does nothing for the other.
func TestAFormThatWasShownToAnotherPersonDoesNothing(t *testing.T) {
	s := open(t)
	s.person("bob", "user")
	s.in("ann") // so that there is another browser to end
	s.app("shop", func(*store.Client) {})
	s.allow(s.ann, "shop", "openid")
	v := s.in("ann")
	pages := map[string][]string{
		"/account/profile":  {"first_name", "Ann"},
		"/account/username": {"username", "annette", "current_password", annsPassword},
		"/account/email":    {"email", "ann@elsewhere.example", "current_password", annsPassword},
		"/account/password": {"current_password", annsPassword, "password", "eleven blue kites"},
		"/account/sessions": {"others", "1"},
		"/account/apps":     {"app", "shop"},
		"/account/delete":   {"current_password", annsPassword},
		"/account/data":     nil,
	}
	shown := map[string]page{}
	for path := range pages {
		shown[path] = v.get(path).shows(http.StatusOK)
	}
	other := s.in("bob")
	v.signIn(v.get("/login?another=1"), "bob").shows(http.StatusOK)
	for path, pairs := range pages {
		if p := v.post(path, shown[path], pairs...).shows(http.StatusOK, "bob"); p.at != path {
			t.Errorf("%s: leads to %s, want the page anew", path, p.at)
		}
	}
	other.get("/account").shows(http.StatusOK, "bob@example.com", "Your account")
	bob, err := s.db.UserByName(t.Context(), "bob")
	if err != nil || bob.FirstName != "" || bob.Email != "bob@example.com" {
		t.Errorf("bob = %+v, %v; want him as he was", bob, err)
	}
}

// A person who is deactivated, or deleted, is out at the next click.
func TestWhoIsDeactivatedIsOut(t *testing.T) {
	s := open(t)
	v := s.in("ann")
	form := v.get("/account/profile")
	_, err := s.people.Change(t.Context(), authz.Operator, s.ann, account.Input{Active: fields.On(false)}, false)
	s.must("deactivating ann", err)
	v.get("/account").shows(http.StatusOK, "Sign in")
	v.post("/account/profile", form, "first_name", "Ann").shows(http.StatusOK, "Sign in")
	u, err := s.db.UserByID(t.Context(), s.ann.ID)
	if err != nil || u.FirstName != "" {
		t.Errorf("first name = %q, %v; want none", u.FirstName, err)
	}
}

// A form of another site changes nothing.
func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := open(t)
	v := s.in("ann")
	for _, path := range []string{"/account/profile", "/account/password", "/account/username", "/account/email", "/account/sessions", "/account/apps", "/account/data", "/account/delete"} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", v.door.URL+path, strings.NewReader("first_name=Eve&others=1"))
		s.must("making a request", err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := v.client.Do(r)
		s.must("sending the form", err)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status = %d, want 403", path, resp.StatusCode)
		}
	}
}

// Wrong passwords are counted wherever they are typed.
func TestGuessingIsSlowedDown(t *testing.T) {
	s := open(t)
	v := s.in("ann")
	form := v.get("/account/password")
	for range 30 {
		p := v.post("/account/password", form, "current_password", "a wrong password", "password", "eleven blue kites")
		if p.status == http.StatusTooManyRequests {
			p.shows(http.StatusTooManyRequests, "Too many tries", `role="alert"`)
			v.post("/account/delete", v.get("/account/delete"), "current_password", annsPassword).shows(http.StatusTooManyRequests, "Too many tries")
			return
		}
	}
	t.Error("30 wrong passwords in a row were all looked at, want some refused unseen")
}

func TestTheOverviewSaysWhatToLookAt(t *testing.T) {
	s := open(t)
	s.orders()
	s.app("shop", func(*store.Client) {})
	s.allow(s.ann, "shop", "openid https://orders.example#pay")
	v := s.in("ann")
	s.wait(2 * time.Minute)
	p := v.get("/account").shows(http.StatusOK, "Your password is all that protects your account", "Photo Shop", "Place orders that you pay for", "Firefox on Linux", "this browser", "You signed in with a browser.", "1 browser and no session in an app")
	if len(p.body) > 60<<10 {
		t.Errorf("the page has %d bytes, want at most 60 KiB", len(p.body))
	}
}

// A person without a password, who came with a passkey, proves by a recent sign-in who they
// are: for a first password, another name, and the deletion.
func TestAPersonWithoutAPassword(t *testing.T) {
	s := open(t)
	v := s.in("ann")
	none := ""
	s.must("taking her password", s.db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(s.ann.ID, store.UserChange{PasswordHash: &none}) }))
	v.get("/account/delete").shows(http.StatusOK).hides("current_password")
	form := v.get("/account/password").shows(http.StatusOK).hides("current_password")
	s.wait(11 * time.Minute)
	for _, path := range []string{"/account/password", "/account/email", "/account/delete"} {
		if at := v.get(path).shows(http.StatusOK, "again").at; !strings.HasPrefix(at, "/login?to=") {
			t.Errorf("%s: at %s, want the sign-in", path, at)
		}
	}
	for path, pairs := range map[string][]string{"/account/password": {"password", "eleven blue kites"}, "/account/username": {"username", "annette"}, "/account/delete": nil} {
		if at := v.post(path, form, pairs...).at; !strings.HasPrefix(at, "/login?to=") {
			t.Errorf("a form to %s: at %s, want the sign-in", path, at)
		}
	}
	s.later.Store(0)
	v.post("/account/password", form, "password", "eleven blue kites").shows(http.StatusOK, "Your password is changed.")
}

// A person with a code app may type a code in place of the password, and sees that only then.
func TestACodeIsOfferedInPlaceOfThePassword(t *testing.T) {
	s := open(t)
	v := s.in("ann")
	v.get("/account/password").shows(http.StatusOK).hides("one-time-code")
	factors := store.FactorTOTP
	s.must("giving her a code app", s.db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(s.ann.ID, store.UserChange{Factors: &factors}) }))
	for _, path := range []string{"/account/password", "/account/username", "/account/email"} {
		v.get(path).shows(http.StatusOK, "one-time-code", "Or a code from your code app")
	}
	v.get("/account/delete").shows(http.StatusOK).hides("one-time-code")
	v.get("/account").shows(http.StatusOK, "Your account is well protected")
}
