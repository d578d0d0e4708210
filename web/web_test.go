package web

import (
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
)

const evil = `"><svg/onload=alert(1)>{{7*7}}`

// rendered returns all pages, filled with a hostile text.
func rendered(t *testing.T) map[string]string {
	t.Helper()
	who := Account{Sub: evil, Username: evil, Email: evil}
	room, when := Room{Account: who, Console: true, Admin: true, At: "people"}, Moment{evil, evil, evil}
	people := List[PersonRow]{Rows: []PersonRow{{Address: evil, Name: evil, Username: evil, Email: evil, Role: evil, Factor: evil, Seen: when, Found: Found{[]Match{{evil, true}}, []Match{{evil, false}}, []Match{{evil, false}}}}}, Next: evil, First: evil, Later: true}
	apps := List[AppRow]{Rows: []AppRow{{Name: evil, ID: evil, Kind: evil, Path: evil, Used: when}}, Next: evil, First: evil, Later: true}
	pages := map[string]func(http.ResponseWriter) error{
		"home": func(w http.ResponseWriter) error { return Home.Render(w, View{}, 200, HomeData{Issuer: evil}) },
		"inside": func(w http.ResponseWriter) error {
			return Home.Render(w, View{}, 200, HomeData{Issuer: evil, Account: &who})
		},
		"setup": func(w http.ResponseWriter) error {
			return Setup.Render(w, View{}, 422, SetupData{Token: evil, Username: evil, Email: evil, Errors: map[string][]string{"": {evil}, "username": {evil}}})
		},
		"setup done": func(w http.ResponseWriter) error {
			return SetupDone.Render(w, View{}, 201, SetupDoneData{Username: evil, Issuer: evil, Host: evil, Token: evil, SignedIn: true})
		},
		"problem": func(w http.ResponseWriter) error {
			return Problem.Render(w, View{}, 500, ProblemData{Heading: evil, Text: evil, Sent: evil, RequestID: evil})
		},
		"login": func(w http.ResponseWriter) error {
			return Login.Render(w, View{}, 422, LoginData{Request: evil, UserCode: evil, App: evil, Username: evil, Account: &who, Another: evil, Problem: evil, To: evil, Forgot: evil, SignUp: evil, Passkeys: true, Forget: Signal{evil, evil}})
		},
		"login second": func(w http.ResponseWriter) error {
			return Login.Render(w, View{}, 200, LoginData{Request: evil, Username: evil, Second: true, Another: evil})
		},
		"account passkeys": func(w http.ResponseWriter) error {
			return Passkeys.Render(w, View{}, 422, PasskeysData{
				Room: room, Said: evil, Problem: evil, Renamed: evil, Typed: evil, Errors: map[string][]string{"name": {evil}}, Signals: []Signal{{evil, evil}},
				Passkeys: []Passkey{{ID: evil, Name: evil, Authenticator: evil, Created: when, LastUsed: when}, {ID: "other", Name: evil}},
			})
		},
		"console": func(w http.ResponseWriter) error {
			return Console.Render(w, View{}, 200, ConsoleData{
				Frame: Frame{Room: room}, Taken: when, People: people, Version: evil, Apps: 1,
				Needs:    []Need{{Icon: "warn", Title: evil, Text: evil, Address: evil, Button: evil}},
				SignIns:  SignIns{Label: evil, Plot: Plot{Areas: []string{evil}, Lines: []string{evil}, Bars: []Bar{{X: evil, Y: evil, Width: evil, Height: evil}}}, Hours: []HourRow{{Text: evil, Title: evil, Address: evil, Known: true}}, Marks: []string{evil}},
				Sessions: Living{Sampled: when, Label: evil}, Tokens: []AppTokens{{Name: evil, Label: evil}}, Keys: []KeyFacts{{Signs: true, Since: when, Next: when}}, Parts: []ServerPart{{Name: evil}},
			})
		},
		"console people": func(w http.ResponseWriter) error {
			return ConsolePeople.Render(w, View{Language: English, Repeats: true, Query: url.Values{"search": {evil}}}, 200,
				ConsolePeopleData{Frame: Frame{Room: room, Said: evil, Problem: evil}, People: people, Search: evil, Kept: []Hidden{{evil, evil}}, Chips: []Filter{{Text: evil, Address: evil, Chosen: true}}, CountAll: evil})
		},
		"console bulk": func(w http.ResponseWriter) error {
			return ConsoleBulk.Render(w, View{}, 422, ConsoleBulkData{
				Frame: Frame{Room: room, Problem: evil}, Act: evil, Deactivate: true, People: 3, Names: []string{evil, evil}, Others: 1, Yourself: true, Typing: true, Typed: evil, Fault: evil, Hidden: []Hidden{{evil, evil}}, Back: evil,
			})
		},
		"console bulk of a filter": func(w http.ResponseWriter) error {
			return ConsoleBulk.Render(w, View{}, 200, ConsoleBulkData{Frame: Frame{Room: room}, People: 3, Filters: []string{evil}, Hidden: []Hidden{{"search", evil}}, Back: evil})
		},
		"console jobs": func(w http.ResponseWriter) error {
			return ConsoleJobs.Render(w, View{}, 200, ConsoleJobsData{Frame: Frame{Room: room, Said: evil}, Jobs: []Job{{Address: evil, Outcome: evil, Begun: when}}})
		},
		"console job": func(w http.ResponseWriter) error {
			return ConsoleJob.Render(w, View{}, 200, ConsoleJobData{Frame: Frame{Room: room, Said: evil}, Job: Job{Address: evil, Outcome: evil, Going: true, Begun: when}})
		},
		"components": func(w http.ResponseWriter) error {
			return Components.Render(w, View{}, 200, ComponentsData{Account: who, Scopes: []Scope{{Text: evil, API: evil}}, Faults: []string{evil}})
		},
		"console person": func(w http.ResponseWriter) error {
			effect := ConsoleEffect{Title: evil, Apps: []ConsoleCount{{evil, 2}}, Notes: []string{evil}}
			session := AccountSession{ID: evil, App: evil, Icon: "laptop", Device: evil, IP: evil, Used: when}
			return ConsolePerson.Render(w, View{}, 200, ConsolePersonData{
				Frame: Frame{Room: room, Said: evil, Problem: evil}, PersonRow: people.Rows[0], Version: evil, Sub: evil, Facts: []ConsoleFact{{evil, evil, evil, evil}},
				Roles: []ConsoleRole{{Role: evil, Name: evil, Text: evil, Effect: effect, Save: evil}}, Touched: effect, Living: 2, Hidden: 3, HasFactors: true,
				Browsers: []AccountBrowser{{ID: evil, Icon: "laptop", Device: evil, IP: evil, Seen: when, Apps: []AccountSession{session}}}, Others: []AccountSession{session},
				Ways: []AccountRow{{Icon: "key", Title: evil, Text: evil, When: when}}, Timeline: []ConsoleEvent{{Told: Told{Parts: []Part{{Text: evil, Address: evil, Name: true}, {Text: evil}}, Tone: "bad"}, IP: evil, RequestID: evil, At: when}},
				Granted: []AccountApp{{ID: evil, Name: evil, First: when, Used: when, Scopes: []AccountScope{{Text: evil, Sensitive: true}}}},
			})
		},
		"console person edit": func(w http.ResponseWriter) error {
			return ConsolePersonEdit.Render(w, View{}, 412, ConsolePersonFormData{
				Frame: Frame{Room: room, Problem: evil}, Name: evil, Path: evil, Version: evil, Values: map[string]string{"email": evil, "username": evil},
				Errors: map[string][]string{"username": {evil}}, Meanwhile: []ConsoleFact{{Label: evil, Text: evil, Chip: evil}},
			})
		},
		"console person new": func(w http.ResponseWriter) error {
			return ConsolePersonNew.Render(w, View{}, 422, ConsolePersonFormData{
				Frame: Frame{Room: room, Problem: evil}, Values: map[string]string{"email": evil, "username": evil, "role": evil, "way": evil}, Errors: map[string][]string{"password": {evil}},
			})
		},
		"console link": func(w http.ResponseWriter) error {
			return ConsoleLink.Render(w, View{}, 200, ConsoleLinkData{Frame: Frame{Room: room}, Name: evil, Path: evil, Link: evil, Until: when})
		},
		"console apps": func(w http.ResponseWriter) error {
			return ConsoleApps.Render(w, View{}, 200, ConsoleAppsData{Frame: Frame{Room: room}, Apps: apps})
		},
		"refusal": func(w http.ResponseWriter) error {
			detail := refusedDetail(evil, when)
			return Refusal.Render(w, View{}, 200, RefusalData{Code: evil, Title: evil, Section: evil, Parameter: evil, Mend: evil, Detail: &detail})
		},
		"console refusals": func(w http.ResponseWriter) error {
			return ConsoleRefusals.Render(w, View{}, 200, ConsoleRefusalsData{
				Frame: Frame{Room: room}, App: evil, Groups: []RefusalGroup{{Title: evil, Times: 2, Last: when, Newest: refusedDetail(evil, when)}},
			})
		},
		"consent": func(w http.ResponseWriter) error {
			return Consent.Render(w, View{}, 200, ConsentData{Request: evil, App: evil, Host: evil, Claim: &Claim{Name: evil, ID: evil, Back: evil, Here: true}, Account: who, Asked: []Scope{{Text: evil, API: evil}, {Text: evil, API: evil, Sensitive: true}}, Granted: []Scope{{Text: evil, API: evil}}, Another: evil})
		},
		"logout": func(w http.ResponseWriter) error {
			return Logout.Render(w, View{}, 200, LogoutData{Request: evil, App: evil, Account: who})
		},
		"signed out": func(w http.ResponseWriter) error {
			return SignedOut.Render(w, View{}, 200, SignedOutData{App: evil, Return: evil})
		},
		"device": func(w http.ResponseWriter) error {
			return Device.Render(w, View{}, 422, DeviceData{UserCode: evil, Problem: evil})
		},
		"device consent": func(w http.ResponseWriter) error {
			return DeviceConsent.Render(w, View{}, 200, DeviceConsentData{UserCode: evil, App: evil, Claim: &Claim{Name: evil, ID: evil, Back: evil, Here: true}, IP: evil, Since: evil, Account: who, Asked: []Scope{{Text: evil, API: evil}, {Text: evil, API: evil, Sensitive: true}}, Another: evil})
		},
		"login factor": func(w http.ResponseWriter) error {
			return LoginFactor.Render(w, View{}, 422, LoginFactorData{Action: "/login/factor", Other: "/login/factor", App: evil, Account: who, Codes: true, TrustDays: 30, Problem: evil})
		},
		"recovery code": func(w http.ResponseWriter) error {
			return LoginFactor.Render(w, View{}, 200, LoginFactorData{Action: "/login/factor", Other: "/login/factor", Account: who, Codes: true, Recovery: true, TrustDays: 1})
		},
		"account totp": func(w http.ResponseWriter) error {
			return AccountTOTP.Render(w, View{}, 422, AccountTOTPData{Account: who, Action: "/account/totp", Secret: evil, URI: "otpauth://totp/x", Size: 45, Path: evil, Problem: evil})
		},
		"totp there": func(w http.ResponseWriter) error {
			return AccountTOTP.Render(w, View{}, 200, AccountTOTPData{Account: who, Action: "/account/totp", There: true})
		},
		"recovery codes": func(w http.ResponseWriter) error {
			return RecoveryCodes.Render(w, View{}, 200, RecoveryCodesData{Codes: []string{evil}, Next: "/account", Added: true})
		},
		"account codes": func(w http.ResponseWriter) error {
			return AccountCodes.Render(w, View{}, 200, AccountCodesData{Account: who, Left: 3, Problem: evil})
		},
		"onward": func(w http.ResponseWriter) error { return Onward.Render(w, View{}, 200, NewOnwardData(evil)) },
		"signup": func(w http.ResponseWriter) error {
			return SignUp.Render(w, View{}, 422, SignUpData{Request: evil, App: evil, Username: evil, Email: evil, MinLength: 8, Errors: map[string][]string{"username": {evil}, "email": {evil}, "password": {evil}}, Problem: evil, Login: evil})
		},
		"signup by link": func(w http.ResponseWriter) error {
			return SignUp.Render(w, View{}, 422, SignUpData{Token: evil, Email: evil, Errors: map[string][]string{"email": {evil}}, Login: evil})
		},
		"signup by mail": func(w http.ResponseWriter) error {
			return SignUp.Render(w, View{}, 422, SignUpData{AddressOnly: true, Email: evil, Login: evil})
		},
		"forgot": func(w http.ResponseWriter) error {
			return Forgot.Render(w, View{}, 422, ForgotData{Request: evil, Reaches: true, Email: evil, Errors: map[string][]string{"email": {evil}}, Problem: evil, Login: evil})
		},
		"forgot without mail": func(w http.ResponseWriter) error {
			return Forgot.Render(w, View{}, 200, ForgotData{Login: evil})
		},
		"sent": func(w http.ResponseWriter) error {
			return Sent.Render(w, View{}, 200, SentData{Email: evil, SignUp: true, Again: evil, Login: evil})
		},
		"reset": func(w http.ResponseWriter) error {
			return Reset.Render(w, View{}, 422, ResetData{Path: evil, Token: evil, Username: evil, Second: true, MinLength: 8, Errors: map[string][]string{"password": {evil}, "otp": {evil}}, Problem: evil})
		},
		"verify": func(w http.ResponseWriter) error {
			return Verify.Render(w, View{}, 422, VerifyData{Token: evil, Email: evil, Problem: evil})
		},
		"link done": func(w http.ResponseWriter) error {
			return LinkDone.Render(w, View{}, 200, LinkDoneData{Heading: evil, Text: evil, Action: evil, Path: evil})
		},
		"link spent": func(w http.ResponseWriter) error {
			return LinkSpent.Render(w, View{}, 410, LinkSpentData{Text: evil, Action: evil, Path: evil})
		},
		"device done": func(w http.ResponseWriter) error {
			return DeviceDone.Render(w, View{}, 200, DeviceDoneData{Allowed: true, App: evil})
		},
	}
	maps.Copy(pages, accountPages(room))
	maps.Copy(pages, operationsPages(room))
	maps.Copy(pages, consoleAppPages(Frame{Room: room, Said: evil, Problem: evil}))
	maps.Copy(pages, apiPages(room, when))
	bodies := map[string]string{}
	for name, render := range pages {
		w := httptest.NewRecorder()
		if err := render(w); err != nil {
			t.Fatalf("rendering the page: %v", err)
		}
		bodies[name] = w.Body.String()
	}
	return bodies
}

// TestEveryPageIsRendered: the tests below see those that are. form_post has a script of
// its own, and is tested where it is sent.
func TestEveryPageIsRendered(t *testing.T) {
	templates, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		t.Fatalf("listing the templates: %v", err)
	}
	pages := rendered(t)
	for _, file := range templates {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if _, there := pages[strings.ReplaceAll(name, "_", " ")]; !there && !strings.HasPrefix(name, "layout") && name != "parts" && name != "form_post" {
			t.Errorf("the tests do not render %s, want every page among those that they see", file)
		}
	}
}

func TestPagesEscapeTheirData(t *testing.T) {
	for name, body := range rendered(t) {
		if strings.Contains(body, "<svg/onload") {
			t.Errorf("%s runs its data, want it escaped:\n%s", name, body)
		}
	}
}

func TestPagesNeedNoInlineCode(t *testing.T) {
	for name, body := range rendered(t) {
		for _, file := range []string{script.path, passkeyScript.path, refreshScript.path} {
			body = strings.Replace(body, `<script src="`+file+`" defer></script>`, "", 1)
		}
		for _, forbidden := range []string{"<script", "<style", " style=", " onclick", " src=\"http"} {
			if strings.Contains(body, forbidden) {
				t.Errorf("%s contains %s, want nothing that the Content-Security-Policy blocks", name, forbidden)
			}
		}
	}
}

// A browser says where a form comes from unless the policy is no-referrer, which is the
// door's.
func TestPagesWithAFormLetBrowsersSayWhereItComesFrom(t *testing.T) {
	for _, c := range []struct {
		name   string
		render func(http.ResponseWriter) error
		want   string
	}{
		{"a page with a form", func(w http.ResponseWriter) error { return Login.Render(w, View{}, 200, LoginData{}) }, "same-origin"},
		{"a page without one", func(w http.ResponseWriter) error { return DeviceDone.Render(w, View{}, 200, DeviceDoneData{}) }, "no-referrer"},
	} {
		w := httptest.NewRecorder()
		w.Header().Set("Referrer-Policy", "no-referrer")
		if err := c.render(w); err != nil {
			t.Fatalf("rendering %s: %v", c.name, err)
		}
		if got := w.Header().Get("Referrer-Policy"); got != c.want {
			t.Errorf("%s: Referrer-Policy = %q, want %q", c.name, got, c.want)
		}
	}
}

var (
	inputs = regexp.MustCompile(`<input id="([a-z_]+)"`)
	labels = regexp.MustCompile(`<label for="([a-z_]+)"`)
)

// A screen reader needs a heading, and a label for each field.
func TestPagesWorkWithAScreenReader(t *testing.T) {
	for name, body := range rendered(t) {
		if n := strings.Count(body, "<h1>"); n != 1 {
			t.Errorf("%s has %d headings of the first order, want 1", name, n)
		}
		if !strings.Contains(body, `<html lang="en">`) || !strings.Contains(body, "<main") {
			t.Errorf("%s does not declare both its language and its main part, want both", name)
		}
		labelled := map[string]bool{}
		for _, m := range labels.FindAllStringSubmatch(body, -1) {
			labelled[m[1]] = true
		}
		for _, m := range inputs.FindAllStringSubmatch(body, -1) {
			if !labelled[m[1]] {
				t.Errorf("%s: the field %s has no label, want one", name, m[1])
			}
		}
	}
}

func refusedDetail(evil string, when Moment) RefusalDetail {
	marked := MarkedText{evil, evil, evil}
	return RefusalDetail{
		Given: marked, Expected: marked, App: evil, AppPath: evil, Person: evil, PersonPath: evil, Code: evil, Endpoint: evil, Section: evil, Parameter: evil, Reason: evil, Mend: evil,
		Sent: []NamedText{{evil, evil}}, Network: evil, RequestID: evil, ID: evil, At: when,
	}
}
