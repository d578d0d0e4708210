package replay

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// A divergence declares what our server answers to a row instead, and why.
type divergence struct {
	rows   []int
	status int
	// body is the complete body, or "*" for any body, if it is a person, a list or
	// contains a request ID.
	body string
	why  string
	// path replaces the row's path, unless it is empty.
	path string
}

func (d *divergence) fits(body string) bool {
	if d.body == "*" || d.body == body {
		return true
	}
	var want, got any
	if json.Unmarshal([]byte(d.body), &want) != nil || json.Unmarshal([]byte(body), &got) != nil {
		return false
	}
	return reflect.DeepEqual(want, got)
}

func declarations(t testing.TB) map[int]*divergence {
	t.Helper()
	declared := map[int]*divergence{}
	for _, d := range divergences {
		for _, n := range d.rows {
			if declared[n] != nil {
				t.Errorf("row %d is declared twice, want it once", n)
			}
			declared[n] = &d
		}
		if strings.TrimSpace(d.why) == "" {
			t.Errorf("rows %v have no reason, want one", d.rows)
		}
	}
	return declared
}

const (
	onlyAdmin    = `{"role":["Only an administrator can give this role."]}`
	tooCommon    = `{"password":["This password is too common."]}`
	tooLarge     = `{"detail":"The body is larger than 65536 bytes."}`
	notFound     = `{"detail":"Not found."}`
	denied       = `{"detail":"You do not have permission to perform this action."}`
	badAccess    = `{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":[{"token_class":"AccessToken","token_type":"access","message":"Token is invalid or expired"}]}`
	badRefresh   = `{"detail":"Token is invalid or expired","code":"token_not_valid"}`
	notSignedIn  = `{"error":"Invalid credentials"}`
	usernameGone = `{"username":["A user with that username already exists."]}`
	userGone     = `{"detail":"User not found","code":"user_not_found"}`
	allRequired  = `{"username":["This field is required."],"email":["This field is required."],"password":["This field is required."]}`
	anything     = "*"
)

func options(name string) string {
	return `{"name":"` + name + `","description":"","renders":["application/json"],"parses":["application/json","application/x-www-form-urlencoded","multipart/form-data"]}`
}

var divergences = []divergence{
	// Roles are given by administrators alone.
	{rows: []int{11, 12, 569, 573, 574}, status: 400, body: onlyAdmin, why: "people cannot give themselves a role, at sign-up or in the profile"},
	{rows: []int{570, 571, 575}, status: 403, body: denied, why: "this needs a role that people cannot give themselves"},
	{rows: []int{373}, status: 405, body: `{"detail":"Method \"PUT\" not allowed."}`, why: "administrators may use the staff list, which does not have PUT"},
	{rows: []int{328}, status: 403, body: denied, why: "staff have a view of one person, and users may not use it"},
	{rows: []int{352}, status: 200, body: anything, why: "staff have a view of one person"},

	// Passwords.
	{rows: []int{31, 34, 35, 37}, status: 400, body: tooCommon, why: "a password that is among the most common is refused"},
	{rows: []int{36}, status: 400, body: `{"password":["The password is too similar to the username.","The password is too similar to the email address."]}`, why: "a password like the username or e-mail address is refused"},
	{rows: []int{45}, status: 401, body: notSignedIn, why: "a password is not trimmed at sign-up: what was typed is what signs in"},
	{rows: []int{55}, status: 400, body: `{"password":["Ensure this field has no more than 1024 bytes."]}`, why: "a password has at most 1,024 bytes"},
	{rows: []int{51}, status: 200, body: anything, why: "a password is the same in every form of Unicode"},
	{rows: []int{555, 558}, status: 400, body: `{"current_password":["This field is required."]}`, why: "people who change their own password or username must send the current password"},

	// Names.
	{rows: []int{63, 192, 194}, status: 200, body: anything, why: "people sign in with any spelling of their username or e-mail address"},
	{rows: []int{195}, status: 200, body: anything, why: "an e-mail address belongs to its owner, so nobody else can have it as a username"},
	{rows: []int{149}, status: 400, body: usernameGone, why: "a taken name is taken in every spelling"},
	{rows: []int{157}, status: 400, body: `{"username":["Enter a valid username. It may be an email address only if it is your own."]}`, why: "an e-mail address is the username of nobody but its owner"},

	// Bodies.
	{rows: []int{56, 127, 145, 228, 231}, status: 413, body: tooLarge, why: "a body has at most 64 KiB"},
	{rows: []int{96}, status: 400, body: `{"role":["Not a valid string."]}`, why: "a list is refused as a list, where it was refused as the text by which Python prints it"},
	{rows: []int{125}, status: 400, body: `{"detail":"JSON parse error - Duplicate property name: line 1 column 21 (char 20)"}`, why: "a duplicate name is refused, because parsers differ in which of the two they use"},
	{rows: []int{134}, status: 415, body: `{"detail":"Unsupported media type \"application/json; charset=iso-8859-1\" in request."}`, why: "JSON is UTF-8 (RFC 8259 §8.1)"},
	{rows: []int{144}, status: 400, body: `{"detail":"Form parse error - Too many fields"}`, why: "the refusal is JSON, where it was HTML"},
	{rows: []int{221}, status: 400, body: `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`, why: "the fault is the caller's, where it was a 500"},
	{rows: []int{222}, status: 400, body: `{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}`, why: "the fault is the caller's, where it was a 500"},
	{rows: []int{225, 227}, status: 401, body: notSignedIn, why: "half a surrogate pair cannot be a name, where it was a 500"},
	{rows: []int{432}, status: 400, body: `{"is_staff":["This field may not be set here."]}`, why: "a field that exists and may not be set is refused, where it was ignored"},
	{rows: []int{433}, status: 400, body: `{"id":["This field may not be set here."]}`, why: "a field that exists and may not be set is refused, where it was ignored"},
	{rows: []int{653}, status: 201, body: anything, why: "a chunked body is read, where it was treated as empty"},
	{rows: []int{466}, status: 204, body: "", why: "204 has no body"},

	// Tokens.
	{rows: []int{276, 277}, status: 401, body: badRefresh, why: "the refusal does not say what a token lacks that is not ours"},
	{rows: []int{280, 508, 509}, status: 401, body: badAccess, why: "the refusal does not say what a token lacks that is not ours"},
	{rows: []int{510}, status: 401, body: badAccess, why: "every claim of an access token is required (RFC 9068 §2.2)"},
	{rows: []int{514}, status: 401, body: strings.Replace(badAccess, "is invalid or expired", "has wrong type", 1), why: "the header must have the right type (RFC 8725 §3.11)"},
	{rows: []int{517, 518}, status: 401, body: userGone, why: "an unknown subject is the caller's fault, where it was a 500"},
	{rows: []int{285, 286}, status: 401, body: badRefresh, why: "a refresh checks that the person exists and is active"},
	{rows: []int{471}, status: 401, body: badAccess, why: "a change of password ends the sessions"},
	{rows: []int{472}, status: 401, body: badRefresh, why: "a change of password ends the sessions"},
	{rows: []int{484}, status: 401, body: badAccess, why: "tokens from before a deactivation stay invalid"},
	{rows: []int{492, 493}, status: 200, body: anything, why: "the scheme is read in any case (RFC 9110 §11.1)"},

	// Addresses.
	{rows: []int{398}, status: 400, body: `{"detail":"The path has a backslash, or encodes a slash or characters that need no encoding."}`, why: "a proxy in front may decide by the text of the path"},
	{rows: []int{393, 394, 396, 402, 621, 622, 623, 624, 625, 628, 630, 632}, status: 404, body: notFound, why: "the refusal is JSON, where it was HTML"},
	{rows: []int{400, 401, 406}, status: 404, body: notFound, why: "a number that cannot be an ID is not found, where it was a 500"},
	{rows: []int{587, 588, 589}, status: 404, body: anything, why: "there is no Django admin"},
	{rows: []int{629}, status: 200, body: anything, why: "the path serves metadata"},
	{rows: []int{631}, status: 400, body: `{"refresh":["This field is required."]}`, why: "the path is the sign-out"},
	{rows: []int{542}, status: 401, body: `{"detail":"Authentication credentials were not provided."}`, why: "a path without its slash answers, where it redirected"},
	{rows: []int{607, 611}, status: 201, body: anything, why: "a path without its slash answers, where it redirected"},
	{rows: []int{608, 612, 614, 616, 619}, status: 200, body: anything, why: "a path without its slash answers, where it redirected"},
	{rows: []int{609}, status: 400, body: `{"refresh":["This field is required."]}`, why: "a path without its slash answers, where it redirected"},
	{rows: []int{613}, status: 400, body: allRequired, why: "a path without its slash answers, where it redirected"},
	{rows: []int{615}, status: 404, body: notFound, path: "/api/accounts/admin/users/999999", why: "a path without its slash answers, where it redirected; this asks for an ID that does not exist, because later rows need the person"},
	{rows: []int{620}, status: 200, body: options("User Profile"), why: "a path without its slash answers, where it redirected"},
	{rows: []int{389}, status: 200, body: "[]", why: "the list can be searched, where the query was ignored"},
	{rows: []int{651}, status: 200, body: anything, why: "our own address is a setting, so the Host header has no effect and is not refused"},
	{rows: []int{655}, status: 200, body: anything, why: "headers may have 16 KiB, where a line might have 4"},

	// OPTIONS and Accept.
	{rows: []int{312, 360}, status: 200, body: options("Token Refresh"), why: "OPTIONS names the JSON rendering alone, and has no description"},
	{rows: []int{335, 359, 383}, status: 200, body: options("Login"), why: "OPTIONS names the JSON rendering alone, and has no description"},
	{rows: []int{358, 382}, status: 200, body: options("Signup"), why: "OPTIONS names the JSON rendering alone, and has no description"},
	{rows: []int{340, 388}, status: 200, body: options("User Profile"), why: "OPTIONS names the JSON rendering alone, and has no description"},
	{rows: []int{363}, status: 200, body: options("Staff User List"), why: "OPTIONS names the JSON rendering alone, and has no description"},
	{rows: []int{385}, status: 200, body: options("Admin User List Create"), why: "OPTIONS names the JSON rendering alone, and has no description"},
	{rows: []int{633, 636, 638, 641}, status: 200, body: anything, why: "answers are JSON, whatever Accept says (RFC 9110 §12.4.1); there are no HTML forms for the API"},
}
