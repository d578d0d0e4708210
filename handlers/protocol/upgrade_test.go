package protocol_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/oauth"
	"gatehouse/internal/session"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/token"
	"gatehouse/store"
	"gatehouse/store/sqlstore/migrations"
)

// before is the last step of the schema before devices had a level.
const before = 3

// atSchema migrates an empty database to a step of the schema, and returns a function
// that executes statements there, as a release of that time did.
func atSchema(t *testing.T, dsn string, version int) func(statement string, args ...any) {
	t.Helper()
	pool := testdb.Raw(t, dsn)
	write := func(statement string, args ...any) {
		t.Helper()
		if _, err := pool.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("executing %s: %v", statement, err)
		}
	}
	dialect, _, _ := strings.Cut(dsn, ":")
	steps, err := migrations.Of(dialect)
	if err != nil {
		t.Fatalf("reading the migrations: %v", err)
	}
	write("CREATE TABLE schema_migrations (version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, sha256 VARCHAR(64) NOT NULL, applied_at BIGINT NOT NULL)")
	for _, step := range steps[:version] {
		write(step.Text)
		write("INSERT INTO schema_migrations VALUES (?, ?, ?, 1)", step.Version, step.Name, step.Digest)
	}
	return write
}

// An earlier release writes rows of the user with ID 1, dated an hour or a minute before
// now, where the clock of the site stands. Its statements name only its own columns.
type earlier struct {
	write func(statement string, args ...any)
	now   time.Time
}

func (e earlier) ago(d time.Duration) int64 { return e.now.Add(-d).UnixMilli() }

// session writes a session whose refresh token has the JTI "J-" and its ID.
func (e earlier) session(id, browser, acr, amr string) {
	e.write("INSERT INTO sessions (id, user_id, client_id, scope, auth_time, created_at, expires_at, last_used_at, ended_at, end_reason,"+
		" ip, user_agent, browser_id, acr, amr, claims, gen, jti, prev_jti, token_iat, token_exp, token_role, key_id, rotated_at)"+
		" VALUES (?, 1, 'web', 'openid', ?, ?, ?, ?, 0, '', '', '', ?, ?, ?, '', 1, ?, '', ?, ?, 'user', 'K', 0)",
		id, e.ago(time.Hour), e.ago(time.Hour), e.ago(-time.Hour), e.ago(time.Hour), browser, acr, amr,
		"J-"+id, e.ago(time.Hour), e.ago(-time.Hour))
}

func (e earlier) browser(cookie string) {
	digest := store.DigestOf(cookie)
	e.write("INSERT INTO browser_sessions (id, cookie_digest, user_id, auth_time, amr, acr, created_at, last_seen_at, expires_at, ended_at, ip, user_agent)"+
		" VALUES (?, ?, 1, ?, '[\"pwd\"]', 'urn:gatehouse:pwd', ?, ?, ?, 0, '', '')",
		cookie, digest[:], e.ago(time.Hour), e.ago(time.Hour), e.ago(0), e.ago(-time.Hour))
}

func (e earlier) code(code string) {
	digest := store.DigestOf(code)
	e.write("INSERT INTO auth_codes (digest, session_id, client_id, user_id, browser_id, redirect_uri, scope, nonce, challenge, acr, amr, claims,"+
		" auth_time, expires_at, used_at, misses) VALUES (?, ?, 'web', 1, 'B', ?, 'openid', 'n', ?, 'urn:gatehouse:pwd', '[\"pwd\"]', '', ?, ?, 0, 0)",
		digest[:], "of-"+code, callback, s256Of, e.ago(time.Hour), e.ago(-time.Minute))
}

// device writes a device that waits for approval under a user code.
func (e earlier) device(code, userCode string) {
	digest, user := store.DigestOf(code), store.DigestOf(userCode)
	e.write("INSERT INTO device_grants (device_digest, user_digest, session_id, client_id, scope, status, user_id, browser_id, auth_time, amr,"+
		" ip, created_at, expires_at, interval_s, polled_at) VALUES (?, ?, ?, 'web', 'openid', 'pending', 0, '', 0, '[]', '', ?, ?, 5, 0)",
		digest[:], user[:], "of-"+code, e.ago(time.Minute), e.ago(-time.Minute))
}

func (e earlier) approve(code string) {
	digest := store.DigestOf(code)
	e.write("UPDATE device_grants SET status = 'approved', user_id = 1, browser_id = 'B', auth_time = ?, amr = '[\"pwd\"]'"+
		" WHERE device_digest = ? AND status = 'pending'", e.ago(time.Hour), digest[:])
}

// proved is what a token says about the sign-in.
type proved struct {
	At  float64
	ACR any
	AMR any
}

func (s *site) provedIn(t *testing.T, raw string) proved {
	t.Helper()
	verified, err := s.ring.Verify(t.Context(), raw)
	if err != nil {
		t.Fatalf("verifying a token: %v", err)
	}
	var members map[string]any
	if err := json.Unmarshal(verified.Payload, &members); err != nil {
		t.Fatalf("reading a token: %v", err)
	}
	at, _ := members["auth_time"].(float64)
	return proved{at, members["acr"], members["amr"]}
}

// wantProved fails unless the access token says want about the sign-in, and the ID token
// as well if identity is set. Without identity there must be no ID token.
func (s *site) wantProved(t *testing.T, what string, a answer, want proved, identity bool) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("%s: %d %s, want 200 and tokens", what, a.status, a.body)
	}
	if diff := cmp.Diff(want, s.provedIn(t, a.text("access_token"))); diff != "" {
		t.Errorf("%s: the access token's sign-in (-want +got):\n%s", what, diff)
	}
	if got := a.text("id_token") != ""; got != identity {
		t.Errorf("%s: the answer has an ID token: %t, want %t", what, got, identity)
	} else if !identity {
		return
	}
	if diff := cmp.Diff(want, s.provedIn(t, a.text("id_token"))); diff != "" {
		t.Errorf("%s: the ID token's sign-in (-want +got):\n%s", what, diff)
	}
}

// Sessions, codes and devices of the previous release keep working after an upgrade, and
// so do those that a replica of that release writes next to this one. It accepted only a
// password as proof.
func TestAnUpgradeKeepsSessionsCodesAndDevices(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.SQLite, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			old := earlier{atSchema(t, dsn, before), time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)}
			writes := func(when string) {
				old.session("page-"+when, "B", "urn:gatehouse:pwd", `["pwd"]`)
				old.session("grant-"+when, "", "", "[]")
				old.browser("browser-" + when)
				old.code("code-" + when)
				old.device("approved-"+when, "approved-"+when)
				old.approve("approved-" + when)
			}
			writes("before")
			old.device("waiting", "BCDFGHJK")
			s := openOn(t, dsn)
			s.sessions.Upgrade = &session.Upgrade{DB: s.db, Now: s.clock}
			s.addWebApps(t)
			writes("beside")
			for _, when := range []string{"before", "beside"} {
				s.keepsWorking(t, old.now.Add(-time.Hour), when)
			}
			s.finishes(t)
			s.signedIn(t)
			if err := s.devices.Decide(t.Context(), "BCDFGHJK", s.browser, true); err != nil {
				t.Fatalf("approving the device that waited: %v", err)
			}
			s.wantProved(t, "the device that waited", s.polled(t, "waiting"), proved{float64(old.now.Unix()), "urn:gatehouse:pwd", []any{"pwd"}}, true)
			// The request is made here and approved at a replica of the previous release,
			// which leaves the level empty.
			a := s.device(t, "web")
			old.approve(a.text("device_code"))
			s.wantProved(t, "the device that went to both", s.poll(t, "web", a), proved{float64(old.now.Add(-time.Hour).Unix()), nil, []any{"pwd"}}, true)
		})
	}
}

// finishes checks that new sessions have refresh tokens that the earlier release accepts,
// until its operator says that it will not run again.
func (s *site) finishes(t *testing.T) {
	t.Helper()
	audience := func() string {
		t.Helper()
		a := s.exchange(t, "web", s.code(t, asking("web")))
		claims, err := s.verifier.Refresh(t.Context(), a.text("refresh_token"))
		if err != nil {
			t.Fatalf("refresh token of a new session: %v in %s, want one that verifies", err, a.body)
		}
		return claims.Audience
	}
	if got := audience(); got != issuer {
		t.Errorf("before the upgrade is finished, aud = %s, want %s", got, issuer)
	}
	if err := s.db.Finish(t.Context(), s.clock()); err != nil {
		t.Fatalf("finishing the upgrade: %v", err)
	}
	s.sessions.Upgrade = &session.Upgrade{DB: s.db, Now: s.clock} // a replica that starts now
	if got, want := audience(), issuer+"/oauth/token"; got != want {
		t.Errorf("after the upgrade is finished, aud = %s, want %s", got, want)
	}
}

// keepsWorking redeems and refreshes the codes, devices and sessions of that time.
func (s *site) keepsWorking(t *testing.T, signedIn time.Time, when string) {
	t.Helper()
	password := proved{float64(signedIn.Unix()), "urn:gatehouse:pwd", []any{"pwd"}}
	s.wantProved(t, "a session from the pages, "+when, s.refresh(t, "web", s.refreshToken(t, "page-"+when)), password, true)
	s.wantProved(t, "a session of a grant, "+when, s.refresh(t, "web", s.refreshToken(t, "grant-"+when)), proved{At: password.At}, false)
	redeemed := s.exchange(t, "web", "code-"+when)
	s.wantProved(t, "a code, "+when, redeemed, password, true)
	s.wantProved(t, "its session, "+when, s.refresh(t, "web", redeemed.text("refresh_token")), password, true)
	s.wantProved(t, "a device, "+when, s.polled(t, "approved-"+when), password, true)
	b, user, err := s.db.BrowserWithUser(t.Context(), store.DigestOf("browser-"+when))
	if err != nil {
		t.Fatalf("reading the browser session, %s: %v", when, err)
	}
	s.browser = oauth.Browser{Pre: "pre", Session: b, User: user}
	s.wantProved(t, "a code asked for since, "+when, s.exchange(t, "web", s.code(t, asking("web"))), password, true)
}

// refreshToken returns the current one of a session that the earlier release wrote.
func (s *site) refreshToken(t *testing.T, sid string) string {
	t.Helper()
	raw, err := s.ring.Sign(t.Context(), store.RS256, token.TypeRefresh, token.Refresh{
		Issuer: issuer, Subject: annsSub, Audience: issuer, ClientID: "web", JTI: "J-" + sid, Scope: "openid", Role: store.RoleUser,
		IssuedAt: s.clock().Add(-time.Hour).Unix(), Expires: s.clock().Add(time.Hour).Unix(), SessionID: sid, Gen: 1,
	})
	if err != nil {
		t.Fatalf("signing a refresh token: %v", err)
	}
	return raw
}

// polled returns the answer to a poll with that device code.
func (s *site) polled(t *testing.T, code string) answer {
	t.Helper()
	return s.poll(t, "web", answer{members: map[string]any{"device_code": code}})
}
