package console_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/console"
	"gatehouse/handlers/pages/events"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/browser"
	"gatehouse/internal/client"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/internal/session"
	"gatehouse/keys"
	"gatehouse/store"
)

// openOperations returns the pages about the server itself on the real services.
func openOperations(t *testing.T, settings ...config.Shown) *appSite {
	t.Helper()
	s := openApps(t)
	s.root = s.member("mara", store.RoleAdmin)
	clock := func() time.Time { return s.now }
	opened := s.now // the ring looks at its clock whenever it likes, and tests move s.now
	schedule := console.KeySchedule{RotateEvery: 720 * time.Hour, PublishLead: time.Hour, VerifyFor: 100 * 24 * time.Hour}
	ring, err := keys.Open(t.Context(), keys.Options{
		Store: s.db, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: func() time.Time { return opened }, RotateEvery: schedule.RotateEvery, PublishLead: schedule.PublishLead, VerifyFor: schedule.VerifyFor,
	})
	if err != nil {
		t.Fatalf("opening the key ring: %v", err)
	}
	t.Cleanup(ring.Close)
	sealer := cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}
	ends := &ending.Service{DB: s.db, Rotations: s.db.Rotations(), Now: clock, Log: slog.New(slog.DiscardHandler)}
	e := console.Endpoints{
		Site:   console.Site{Visitors: pages.Visitors{Browsers: one{s.root}}, Flash: pages.Flash{Sealer: sealer}, Issuer: "https://id.example", Now: clock},
		People: &lists{}, Apps: s.apps,
		Operations: console.Operations{
			Keys: ring, Schedule: schedule, Log: s.db, Records: s.db, Names: events.Directory{People: s.db, Apps: s.db, APIs: s.db},
			Sessions: &session.Service{DB: s.db, Ends: ends, Now: clock}, Cursors: sealer, Settings: settings,
			Browsers: &browser.Service{DB: s.db, Ends: ends, Idle: 24 * time.Hour, Lifetime: 720 * time.Hour, Now: clock, Log: slog.New(slog.DiscardHandler)},
		},
	}
	s.table = e.Table()
	return s
}

// member adds a person who can be found by their names.
func (s *appSite) member(name string, role store.Role) (u store.User) {
	s.Helper()
	u = store.User{
		Sub: "sub-of-" + name, Username: name, UsernameKey: names.Lookup(name), Email: name + "@people.example", EmailKey: names.Lookup(name + "@people.example"),
		Role: role, Active: true, JoinedAt: s.now, UpdatedAt: s.now,
	}
	err := s.db.Write(s.Context(), func(tx store.Tx) (err error) {
		u.ID, err = tx.CreateUser(u)
		return err
	})
	if err != nil {
		s.Fatalf("creating %s: %v", name, err)
	}
	return u
}

// record puts events on record.
func (s *appSite) record(all ...store.AuditEvent) {
	s.Helper()
	for _, event := range all {
		if event.At.IsZero() {
			event.At = s.now
		}
		if err := s.db.Audit(s.Context(), event); err != nil {
			s.Fatalf("recording an event: %v", err)
		}
	}
}

// lacks fails if the page says one of the words.
func (a answer) lacks(words ...string) answer {
	a.t.Helper()
	for _, word := range words {
		if strings.Contains(a.Body.String(), word) {
			a.t.Errorf("%s: the page says %q, want it not to", a.path, word)
		}
	}
	return a
}

func TestTheKeysAsATimelineAndATable(t *testing.T) {
	s := openOperations(t)
	page := s.ask("/console/keys", nil).shows(http.StatusOK, `role="img" aria-label="Timeline of the signing keys:`, "every 30 days", "Publish the next key", "Nobody is signed out.", "signing now")
	if n := strings.Count(page.Body.String(), `class="bar signing"`); n != 1 {
		t.Errorf("the timeline has %d bars of a key that signs, want 1", n)
	}
	s.send(page).shows(http.StatusSeeOther)
	page = s.ask("/console/keys", nil).shows(http.StatusOK, "is published already", "takes over in 60 minutes", `class="bar published"`).lacks("Publish the next key")
	if n := strings.Count(page.Body.String(), "<tr>"); n != 3 {
		t.Errorf("the table has %d rows, want its head and two keys", n)
	}
	s.ask("/console/keys", url.Values{}).shows(http.StatusSeeOther) // again: nothing more
	if kinds := s.kinds("key.created"); kinds != 2 {
		t.Errorf("%d keys were made, want 2", kinds)
	}
}

func TestAStolenKeyIsWithdrawnAfterAQuestion(t *testing.T) {
	s := openOperations(t)
	s.sessionOf(s.member("ann", store.RoleUser), "S1")
	s.ask("/console/keys", nil).shows(http.StatusOK) // waits for the first key
	signing := s.signing()
	page := s.ask("/console/keys/retire?kid="+signing, nil).shows(http.StatusOK, "At most one session, all that live now, has to sign in again.", "cannot be undone", signing)
	s.send(page).shows(http.StatusSeeOther)
	s.ask("/console/keys", nil).shows(http.StatusOK, "withdrawn")
	if now := s.signing(); now == signing {
		t.Errorf("%s signs still, want its successor", now)
	}
	s.ask("/console/keys/retire?kid="+signing, nil).shows(http.StatusNotFound)
	s.ask("/console/keys/retire?kid=nothing", nil).shows(http.StatusNotFound)
	s.ask("/console/keys/retire", url.Values{"kid": {"nothing"}}).shows(http.StatusNotFound)
}

// signing returns the ID of the latest key that is not withdrawn.
func (s *appSite) signing() (kid string) {
	s.Helper()
	all, err := s.db.SigningKeys(s.Context())
	if err != nil {
		s.Fatalf("reading the keys: %v", err)
	}
	for _, k := range all {
		if k.RetiredAt.IsZero() {
			kid = k.ID
		}
	}
	return kid
}

// kinds counts the events of a kind.
func (s *appSite) kinds(kind string) int {
	s.Helper()
	all, err := s.db.ListAudit(s.Context(), store.AuditQuery{Kind: kind, Limit: 1000})
	if err != nil {
		s.Fatalf("reading the audit log: %v", err)
	}
	return len(all)
}

func (s *appSite) sessionOf(u store.User, id string) {
	s.Helper()
	made := store.Session{
		ID: id, UserID: u.ID, ClientID: "shop", Scope: "openid", SignIn: store.SignIn{At: s.now}, CreatedAt: s.now, LastUsedAt: s.now, ExpiresAt: s.now.Add(time.Hour), IP: "192.0.2.7", UserAgent: "curl/8",
		Rotation: store.Rotation{Gen: 41, JTI: "J", IssuedAt: s.now, ExpiresAt: s.now.Add(time.Hour), Role: u.Role, Network: "198.51.100.0/24"},
	}
	if err := s.db.Write(s.Context(), func(tx store.Tx) error { return tx.CreateSession(made) }); err != nil {
		s.Fatalf("beginning a session: %v", err)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	s := openOperations(t)
	if _, _, err := s.apps.Create(t.Context(), authz.Operator, client.Input{ID: fields.Given("shop"), Name: fields.Given("Photo Shop"), AuthMethod: fields.Given("none"), RedirectURIs: fields.Listed("https://shop.example/back")}); err != nil {
		t.Fatalf("registering an app: %v", err)
	}
	ann := s.member("ann", store.RoleUser)
	s.sessionOf(ann, "S1")
	page := s.ask("/console/sessions", nil).shows(http.StatusOK, "ann", "Photo Shop", "198.51.100.0/24", ">41<", fmt.Sprintf(`href="/console/people/%d"`, ann.ID))
	s.send(page).shows(http.StatusSeeOther)
	s.ask("/console/sessions", nil).shows(http.StatusOK, "There are none").lacks("Photo Shop")
	s.ask("/console/sessions?of=ended", nil).shows(http.StatusOK, "Photo Shop", "an administrator ended it")
	s.ask("/console/sessions", url.Values{"session": {"S1"}}).shows(http.StatusSeeOther)
	if n := s.kinds("session.ended"); n != 1 {
		t.Errorf("%d ends are on record, want 1", n)
	}
	browsing := store.BrowserSession{ID: "B1", Cookie: store.DigestOf("cookie"), UserID: ann.ID, SignIn: store.SignIn{At: s.now}, CreatedAt: s.now, LastSeenAt: s.now, ExpiresAt: s.now.Add(time.Hour), IP: "203.0.113.9"}
	if err := s.db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateBrowser(browsing) }); err != nil {
		t.Fatalf("signing in: %v", err)
	}
	page = s.ask("/console/sessions?of=browsers", nil).shows(http.StatusOK, "203.0.113.9")
	if to := s.send(page).shows(http.StatusSeeOther).Header().Get("Location"); to != "/console/sessions?of=browsers" {
		t.Errorf("led to %s, want the list of browsers", to)
	}
	s.ask("/console/sessions?of=browsers", nil).shows(http.StatusOK).lacks("203.0.113.9")
	s.ask("/console/sessions", url.Values{"browser": {"B1"}, "person": {"99"}}).shows(http.StatusSeeOther)
}

func TestTheListOfSessionsGoesOn(t *testing.T) {
	s := openOperations(t)
	for i := range 55 {
		s.now = s.now.Add(time.Second)
		s.sessionOf(s.member(fmt.Sprintf("p%d", i), store.RoleUser), fmt.Sprintf("S%d", i))
	}
	body := s.ask("/console/sessions", nil).shows(http.StatusOK, ">p54<", ">p5<").lacks(">p4<").Body.String()
	_, rest, _ := strings.Cut(body, `href="/console/sessions?cursor=`)
	mark, _, _ := strings.Cut(rest, `"`)
	s.ask("/console/sessions?cursor="+mark, nil).shows(http.StatusOK, ">p4<", ">p0<").lacks(">p5<")
	s.ask("/console/sessions?of=browsers&cursor="+mark, nil).shows(http.StatusOK)
	s.ask("/console/sessions?cursor=forged", nil).shows(http.StatusOK, ">p54<")
}

func TestTheAuditLogByPersonKindAndTime(t *testing.T) {
	s := openOperations(t)
	ann := s.member("ann", store.RoleUser)
	annSub, root := audit.UserSubject(ann.Sub), audit.UserSubject(s.root.Sub)
	day := 24 * time.Hour
	s.record(
		store.AuditEvent{At: s.now.Add(-3 * day), Kind: "user.created", Actor: "cli", Subject: annSub, Detail: []byte(`{"by":"cli"}`)},
		store.AuditEvent{Kind: "user.updated", Actor: root, Subject: annSub, RequestID: "R1", IP: "192.0.2.1", Detail: []byte(`{"before":{"role":"staff"},"after":{"role":"admin"}}`)},
		store.AuditEvent{Kind: "session.ended", Actor: root, Subject: annSub, RequestID: "R1", ClientID: "gone-app", Detail: []byte(`{"reason":"ended by admin"}`)},
		store.AuditEvent{Kind: "client.deleted", Actor: root, Subject: "client:old", Detail: []byte(`{"name":"Old <b>app</b>"}`)},
	)
	changed := "changed the role of"
	s.ask("/console/audit", nil).shows(http.StatusOK, "staff to administrator", "deleted the app", "Old <b>app", fmt.Sprintf(`href="/console/people/%d"`, ann.ID)).lacks(ann.Sub, "<b>app")
	s.ask("/console/audit?who=ANN", nil).shows(http.StatusOK, changed, "created the account of").lacks("Old &lt;b")
	s.ask("/console/audit?who=ann@people.example&side=by", nil).shows(http.StatusOK, "Nothing is on record")
	s.ask("/console/audit?who=mara&side=by", nil).shows(http.StatusOK, changed, "Old <b").lacks("created the account of")
	s.ask("/console/audit?kind=client.*", nil).shows(http.StatusOK, "Old <b").lacks(changed)
	s.ask("/console/audit?request=R1", nil).shows(http.StatusOK, changed, "ended a session of").lacks("Old &lt;b")
	s.ask("/console/audit?to="+s.now.Add(-2*day).Format("2006-01-02"), nil).shows(http.StatusOK, "created the account of").lacks(changed)
	s.ask("/console/audit?from="+s.now.UTC().Add(-day).Format("2006-01-02T15:04"), nil).shows(http.StatusOK, changed).lacks("created the account of")
	s.ask("/console/audit?kind=nonsense", nil).shows(http.StatusBadRequest, "There is no kind of event called nonsense.")
	s.ask("/console/audit?from=yesterday", nil).shows(http.StatusBadRequest, "Give times as")
}

func TestAnEventHasAPageOfItsOwn(t *testing.T) {
	s := openOperations(t)
	root := audit.UserSubject(s.root.Sub)
	s.record(
		store.AuditEvent{Kind: "user.updated", Actor: root, Subject: root, RequestID: "R1", Detail: []byte(`{"before":{"email":"old@a.example","active":true},"after":{"email":"new@a.example","active":false}}`)},
		store.AuditEvent{Kind: "session.ended", Actor: root, Subject: root, RequestID: "R1", Detail: []byte(`{"reason":"password changed"}`)},
	)
	all, err := s.db.ListAudit(t.Context(), store.AuditQuery{Kind: "user.updated", Limit: 1})
	if err != nil || len(all) != 1 {
		t.Fatalf("reading the event: %d, %v; want it", len(all), err)
	}
	s.ask(fmt.Sprintf("/console/audit/%d", all[0].ID), nil).shows(http.StatusOK, "− <bdi>old@a.example", "+ <bdi>new@a.example", "− <bdi>true", "+ <bdi>false", "The same request", "ended: the password changed", `"request_id": "R1"`)
	for _, id := range []string{"99999", "0", "-1", "x", "9223372036854775807"} {
		s.ask("/console/audit/"+id, nil).shows(http.StatusNotFound, "There is no such event")
	}
}

func TestTheAuditLogIsFollowed(t *testing.T) {
	s := openOperations(t)
	s.record(store.AuditEvent{Kind: "user.created", Actor: "cli", Detail: []byte(`{"by":"cli"}`)})
	body := s.ask("/console/audit", nil).shows(http.StatusOK, `data-fresh="/console/audit?fresh="`).Body.String()
	_, rest, _ := strings.Cut(body, `data-event="`)
	newest, _, _ := strings.Cut(rest, `"`)
	s.ask("/console/audit?fresh="+newest, nil).shows(http.StatusNoContent)
	s.record(store.AuditEvent{Kind: "user.deleted", Actor: "cli", Detail: []byte(`{"username":"former"}`)})
	s.ask("/console/audit?fresh="+newest, nil).shows(http.StatusOK, "deleted the account of", `data-event="`+newest+`"`).lacks("<html", "<main")
}

func TestTheAuditLogIsExportedAsJSONLines(t *testing.T) {
	s := openOperations(t)
	for i := range 1203 {
		s.record(store.AuditEvent{Kind: "mail.sent", Actor: "system", Subject: audit.UserSubject(s.root.Sub), Detail: []byte(fmt.Sprintf(`{"purpose":"reset","n":%d}`, i))})
	}
	a := s.ask("/console/audit/export?kind=mail.*&who=mara", nil).shows(http.StatusOK)
	if got := a.Header().Get("Cache-Control") + " " + a.Header().Get("Content-Disposition"); !strings.HasPrefix(got, `no-store attachment; filename="audit-`) {
		t.Errorf("sent with %s, want it kept by no cache, as a file", got)
	}
	lines := strings.Split(strings.TrimSpace(a.Body.String()), "\n")
	if len(lines) != 1203 {
		t.Fatalf("%d lines, want 1203", len(lines))
	}
	for i, line := range lines {
		var event struct{ Detail struct{ N int } }
		if err := json.Unmarshal([]byte(line), &event); err != nil || event.Detail.N != 1202-i {
			t.Fatalf("line %d is %s, %v; want event %d", i, line, err, 1202-i)
		}
	}
	s.ask("/console/audit/export?kind=nonsense", nil).shows(http.StatusSeeOther)
}

func TestNoSecretIsAmongTheSettings(t *testing.T) {
	const canary = "CANARY7secret"
	environment := map[string]string{"GATEHOUSE_ACCESS_TOKEN_LIFETIME": "7m"}
	for _, setting := range config.Settings() {
		switch {
		case !setting.Secret:
		case setting.Flag == "":
			environment[setting.Env] = "Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0E="
		case setting.Env == "GATEHOUSE_DATABASE":
			environment[setting.Env] = "mysql://ann:" + canary + "@db.example:3306/gatehouse"
		case setting.Env == "GATEHOUSE_REDIS":
			environment[setting.Env] = "redis://ann:" + canary + "@redis.example:6379/0"
		default:
			environment[setting.Env] = "smtp://ann:" + canary + "@mail.example:587"
		}
	}
	environment["GATEHOUSE_MAIL_FROM"] = "a@mail.example"
	c, err := config.Load(config.Sources{Env: func(name string) (string, bool) { v, there := environment[name]; return v, there }})
	if err != nil {
		t.Fatalf("reading the settings: %v", err)
	}
	s := openOperations(t, c.Shown()...)
	page := s.ask("/console/settings", nil).shows(http.StatusOK, "mysql://[redacted]@db.example:3306/gatehouse", "environment: GATEHOUSE_ACCESS_TOKEN_LIFETIME", "7m", ">set<", "derived: the issuer", "How long an access token works.").
		lacks(canary, "Q0FOQVJZ", "CANARY")
	for _, setting := range config.Settings() {
		page.shows(http.StatusOK, setting.Env)
	}
}

func TestOnlyAdministratorsSeeTheServerItself(t *testing.T) {
	for _, path := range []string{"/console/keys", "/console/keys/retire", "/console/audit", "/console/audit/export", "/console/sessions", "/console/settings"} {
		for _, role := range []store.Role{store.RoleStaff, store.RoleUser} {
			if w := open(t, role, &lists{}, path); w.Code != http.StatusForbidden {
				t.Errorf("%s as %s: status %d, want 403", path, role, w.Code)
			}
		}
	}
}
