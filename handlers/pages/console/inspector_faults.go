package console

import "gatehouse/internal/inspect"

// title says in one sentence, without its full stop, what is wrong.
func (j judged) title(s inspect.Step) string {
	if say, there := faultTitles[s.Why]; there {
		return say(j)
	}
	return string(s.Why)
}

// detail says more about it.
func (j judged) detail(s inspect.Step) string {
	if say, there := faultDetails[s.Why]; there {
		return say(j)
	}
	return ""
}

var faultTitles = map[inspect.Why]func(judged) string{
	inspect.TooLong:      func(j judged) string { return j.Say("It is too long") },
	inspect.Broken:       func(j judged) string { return j.Say("It has a blank or a line break inside") },
	inspect.NoToken:      func(j judged) string { return j.Say("It is not a token") },
	inspect.IsOpaque:     func(j judged) string { return j.Say("It does not say what it is") },
	inspect.IsEncrypted:  func(j judged) string { return j.Say("It is encrypted") },
	inspect.AlgNone:      func(j judged) string { return j.Say("It is not signed") },
	inspect.AlgSymmetric: func(j judged) string { return j.Say("It is signed with a shared secret") },
	inspect.AlgOther:     func(j judged) string { return j.Say("It is signed with another algorithm") },
	inspect.HeaderOther:  func(j judged) string { return j.Say("The header is not understood") },
	inspect.IsRefresh:    func(j judged) string { return j.Say("It is a refresh token") },
	inspect.IsID:         func(j judged) string { return j.Say("It is an ID token") },
	inspect.IsLogout:     func(j judged) string { return j.Say("It is a logout token") },
	inspect.TypeOther:    func(j judged) string { return j.Say("It is not an access token") },
	inspect.TypeUnlike:   func(j judged) string { return j.Say("It does not have the type of this API") },
	inspect.KeyUnknown:   func(j judged) string { return j.Say("The key is not known") },
	inspect.KeyGone:      func(j judged) string { return j.Say("The key is gone") },
	inspect.Forged:       func(j judged) string { return j.Say("The signature is wrong") },
	inspect.OtherIss:     func(j judged) string { return j.Say("It comes from another server") },
	inspect.OtherAud:     func(j judged) string { return j.Say("It is for another API") },
	inspect.NoAPI:        func(j judged) string { return j.Say("It is for an API that is not registered here") },
	inspect.Expired:      func(j judged) string { return j.Say("It has ended") },
	inspect.Early:        func(j judged) string { return j.Say("It comes from the future") },
	inspect.NotYet:       func(j judged) string { return j.Say("It does not work yet") },
	inspect.Endless:      func(j judged) string { return j.Say("It does not say from when to when it works") },
	inspect.Incomplete:   func(j judged) string { return j.Say("Its claims do not agree") },
	inspect.Ended:        func(j judged) string { return j.Say("Its session has ended") },
	inspect.UserGone:     func(j judged) string { return j.Say("The person was deleted") },
	inspect.UserInactive: func(j judged) string { return j.Say("The person is deactivated") },
	inspect.ClientGone:   func(j judged) string { return j.Say("The app is gone or disabled") },
	inspect.Mismatched:   func(j judged) string { return j.Say("Its session belongs to others") },
	inspect.Lacking:      func(j judged) string { return j.Say("The scope is missing") },
	inspect.Withdrawn:    func(j judged) string { return j.Say("The scope was taken away") },
}

var faultDetails = map[inspect.Why]func(judged) string{
	inspect.TooLong: func(j judged) string { return j.Say("Every token of this server has less than 8 KiB.") },
	inspect.Broken:  func(j judged) string { return j.Say("A token is one word.") },
	inspect.NoToken: func(j judged) string {
		return j.Say("A signed token has three parts with dots between them, and the first two are JSON in base64url.")
	},
	inspect.IsOpaque: func(j judged) string {
		return j.Say("It may be another server's token, a code, or the secret of an app: only its maker can tell.")
	},
	inspect.IsEncrypted: func(j judged) string {
		return j.Say("Only its recipient can read it. This server encrypts no tokens.")
	},
	inspect.AlgNone: func(j judged) string {
		return j.Say("alg is none, so anybody can have written it. An API that takes it is open to all.")
	},
	inspect.AlgSymmetric: func(j judged) string {
		return j.Say("alg is %s. An API that takes our public key for that secret is open to all.", j.Algorithm)
	},
	inspect.AlgOther: func(j judged) string { return j.Say("alg is %s. Keys of this server do not have it.", j.Algorithm) },
	inspect.HeaderOther: func(j judged) string {
		return j.Say("It has to have alg, kid and typ, and may name no extensions (crit).")
	},
	inspect.IsRefresh: func(j judged) string { return j.Say("The token endpoint alone takes it.") },
	inspect.IsID:      func(j judged) string { return j.Say("It tells the app who signed in, and opens no API.") },
	inspect.IsLogout:  func(j judged) string { return j.Say("It tells an app that a session has ended.") },
	inspect.TypeOther: func(j judged) string { return j.Say("typ is %s; that of access tokens is at+jwt.", orDash(j.Type)) },
	inspect.TypeUnlike: func(j judged) string {
		return j.Say("typ is %s; tokens for %s have %s.", orDash(j.Type), j.API.Name, j.API.TokenType)
	},
	inspect.KeyUnknown: func(j judged) string { return j.Say("kid %s is not in the key set of this server.", orDash(j.KeyID)) },
	inspect.KeyGone:    func(j judged) string { return j.Say("kid %s has left the key set.", j.KeyID) },
	inspect.Forged: func(j judged) string {
		return j.Say("It was changed after it was signed, or somebody else signed it: do not believe what it says.")
	},
	inspect.OtherIss: func(j judged) string { return j.Say("iss is %s; this server is %s.", orDash(j.sent("iss")), j.Issuer) },
	inspect.OtherAud: func(j judged) string {
		return j.Say("aud is %s; %s takes %s.", orDash(j.sent("aud")), j.API.Name, j.API.Identifier)
	},
	inspect.NoAPI:   func(j judged) string { return j.Say("aud is %s.", orDash(j.sent("aud"))) },
	inspect.Expired: func(j judged) string { return j.Say("That was %s ago.", j.span(j.left())) },
	inspect.Early: func(j judged) string {
		return j.Say("It was made %s from now.", j.span(claimTime(j.Claims.IssuedAt).Sub(j.Now)))
	},
	inspect.NotYet:     func(j judged) string { return j.Say("It begins %s from now.", j.span(j.NotBefore.Sub(j.Now))) },
	inspect.Endless:    func(j judged) string { return j.Say("iat or exp is missing, or not a number.") },
	inspect.Incomplete: func(j judged) string { return j.Say("This server makes no such token.") },
	inspect.Ended:      judged.reason,
	inspect.UserGone:   func(j judged) string { return j.Say("All that is theirs has ended.") },
	inspect.UserInactive: func(j judged) string {
		return j.Say("All that is theirs has ended.")
	},
	inspect.ClientGone: func(j judged) string { return j.Say("Tokens that an app got end with it.") },
	inspect.Mismatched: func(j judged) string { return j.Say("The record has another person or another app for it.") },
	inspect.Lacking: func(j judged) string {
		return j.Say("The request needs %s; the token has %s.", string(j.Needed), orDash(string(j.Claims.Scope)))
	},
	inspect.Withdrawn: func(j judged) string {
		return j.Say("The request needs %s; the person left the app %s.", string(j.Needed), orDash(string(j.Left)))
	},
}

// orDash stands in for a value that is not there.
func orDash(value string) string {
	if value == "" {
		return "–"
	}
	return value
}
