package console

import (
	"net/url"

	"gatehouse/internal/inspect"
)

// mend says what to do about the first fault, and what to send.
func (j judged) mend() (advice []string, request string) {
	fault, refused := j.Fault()
	if !refused {
		return nil, ""
	}
	switch fault.Why {
	case inspect.OtherAud:
		return []string{j.Say("Ask for the API by its name, at the authorization and at the token request:")}, "grant_type=refresh_token&refresh_token=…\n&" + url.Values{"resource": {j.API.Identifier}}.Encode()
	case inspect.Lacking:
		return []string{j.Say("Let the app ask for it. A client that the API answers with insufficient_scope can ask the person for more:")}, url.Values{"scope": {string(j.Needed)}}.Encode()
	}
	if say, there := advices[fault.Why]; there {
		return []string{say(j)}, ""
	}
	return nil, ""
}

func sendAccess(j judged) string {
	return j.Say("Send the access token: the member access_token of the same answer.")
}

func getAnother(j judged) string {
	return j.Say("Get another token: refresh, or sign in again.")
}

func copyAgain(j judged) string {
	return j.Say("Copy it again, from its first character to its last.")
}

func signInAgain(j judged) string { return j.Say("Sign in again in the app.") }

func distrust(j judged) string {
	return j.Say("Find out where it came from. If an API of yours takes it, look at its verifier: the pages of APIs have one to copy.")
}

var advices = map[inspect.Why]func(judged) string{
	inspect.TooLong: copyAgain, inspect.Broken: copyAgain, inspect.NoToken: copyAgain,
	inspect.IsOpaque:  func(j judged) string { return j.Say("Ask the server that made it, by introspection.") },
	inspect.IsRefresh: sendAccess, inspect.IsID: sendAccess, inspect.IsLogout: sendAccess, inspect.TypeOther: sendAccess,
	inspect.AlgNone: distrust, inspect.AlgSymmetric: distrust, inspect.Forged: distrust,
	inspect.TypeUnlike: func(j judged) string {
		return j.Say("The API was given another type after this token was made. New tokens have it.")
	},
	inspect.KeyUnknown: func(j judged) string {
		return j.Say("It comes from another server, or from before this one got a new database. Look at the issuer in the settings of the app.")
	},
	inspect.KeyGone: getAnother, inspect.Expired: getAnother,
	inspect.OtherIss: func(j judged) string {
		return j.Say("Issuers are compared byte for byte: look for http in place of https, a slash at the end, another port.")
	},
	inspect.NoAPI: func(j judged) string { return j.Say("Register the API, or let the app ask for one that is there.") },
	inspect.Early: func(j judged) string { return j.Say("Set the clocks of the servers right.") },
	inspect.Ended: signInAgain, inspect.Mismatched: signInAgain,
	inspect.UserInactive: func(j judged) string { return j.Say("Activate the person, if they should be let in again.") },
	inspect.ClientGone:   func(j judged) string { return j.Say("Enable the app, if it should be let in again.") },
	inspect.Withdrawn:    func(j judged) string { return j.Say("The person can give it back at the app's next request.") },
}
