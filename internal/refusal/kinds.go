package refusal

// The kinds of mistakes.
const (
	ClientUnknown     Kind = "client.unknown"
	ClientDisabled    Kind = "client.disabled"
	ClientMethod      Kind = "client.method"
	ClientSecret      Kind = "client.secret"
	ClientCredentials Kind = "client.credentials"
	ClientDocument    Kind = "client.document"

	AssertionClock    Kind = "assertion.clock"
	AssertionAudience Kind = "assertion.audience"
	AssertionReplayed Kind = "assertion.replayed"
	AssertionInvalid  Kind = "assertion.invalid"

	RedirectUnregistered Kind = "redirect_uri.unregistered"
	RedirectMissing      Kind = "redirect_uri.missing"
	RedirectDiffers      Kind = "redirect_uri.differs"

	ResponseTypeMissing     Kind = "response_type.missing"
	ResponseTypeUnsupported Kind = "response_type.unsupported"

	PKCEMissing  Kind = "pkce.missing"
	PKCEMethod   Kind = "pkce.method"
	PKCEVerifier Kind = "pkce.verifier"

	GrantMissing      Kind = "grant_type.missing"
	GrantUnknown      Kind = "grant_type.unknown"
	GrantUnregistered Kind = "grant_type.unregistered"

	ScopeMalformed    Kind = "scope.malformed"
	ScopeUnregistered Kind = "scope.unregistered"
	ScopeWider        Kind = "scope.wider"
	ScopeUnknown      Kind = "scope.unknown"

	ResourceUnknown    Kind = "resource.unknown"
	ResourceNotAllowed Kind = "resource.not_allowed"
	ResourceNotGranted Kind = "resource.not_granted"
	ResourceSeveral    Kind = "resource.several"

	CodeUnknown Kind = "code.unknown"
	CodeClient  Kind = "code.client"
	CodeUsed    Kind = "code.used"
	CodeExpired Kind = "code.expired"

	RequestUnsigned Kind = "request.unsigned"
	RequestInvalid  Kind = "request.invalid"
	PARRequired     Kind = "request_uri.required"
	PARGone         Kind = "request_uri.gone"

	DeviceUnknown Kind = "device_code.unknown"
	DeviceClient  Kind = "device_code.client"
	DeviceExpired Kind = "device_code.expired"
	DeviceFast    Kind = "device_code.fast"

	RefreshInvalid Kind = "refresh_token.invalid"
	RefreshClient  Kind = "refresh_token.client"
	RefreshExpired Kind = "refresh_token.expired"
	RefreshReused  Kind = "refresh_token.reused"
	SessionEnded   Kind = "session.ended"
	PersonInactive Kind = "person.inactive"
	PersonGone     Kind = "person.gone"

	SignInCredentials Kind = "signin.credentials" //nolint:gosec // G101: a name
	SignInUnverified  Kind = "signin.unverified"
	SignInFactor      Kind = "signin.factor"
	SignInPasskey     Kind = "signin.passkey"

	TokenMissing Kind = "token.missing"
	TokenInvalid Kind = "token.invalid"
	TokenScope   Kind = "token.scope"

	RegistrationRedirect Kind = "registration.redirect_uris"
	RegistrationLogout   Kind = "registration.logout_uris"
	RegistrationGrants   Kind = "registration.grant_types"
	RegistrationResponse Kind = "registration.response_types"
	RegistrationMethod   Kind = "registration.auth_method"
	RegistrationScope    Kind = "registration.scope"
	RegistrationKeys     Kind = "registration.keys"
	RegistrationType     Kind = "registration.application_type"
	RegistrationFixed    Kind = "registration.fixed"
	RegistrationName     Kind = "registration.client_name"
	RegistrationClient   Kind = "registration.client_id"
	RegistrationDocument Kind = "registration.document"
	RegistrationToken    Kind = "registration.token"

	ConsentDenied  Kind = "consent.denied"
	FormUnreadable Kind = "form.unreadable"
)

// other returns the kind of a mistake that no check names, by the code that the caller gets.
func other(code string) Kind { return Kind("other." + code) }

// kinds say of each kind what the mistake is and what mends it. The sentences are for the
// developer of the app, and name nobody.
var kinds = map[Kind]About{
	ClientUnknown: {
		Title: "Unknown client", Section: "RFC 6749 §2.2", Parameter: "client_id", As: ClientCredentials,
		Mend: "Send the client_id exactly as it is registered on this server; compare it letter by letter, and check that the app asks the right server.",
	},
	ClientDisabled: {
		Title: "Client is disabled", Section: "RFC 6749 §2.2", Parameter: "client_id", As: ClientCredentials,
		Mend: "An administrator has disabled this app; ask them to enable it again.",
	},
	ClientMethod: {
		Title: "Wrong authentication method", Section: "RFC 6749 §2.3", Parameter: "client_secret",
		Mend: "Authenticate the app by the method that it is registered for, or have the registration changed.",
	},
	ClientSecret: {
		Title: "Wrong client secret", Section: "RFC 6749 §2.3.1", Parameter: "client_secret", As: ClientCredentials,
		Mend: "Put the current secret into the app's settings without spaces or line breaks around it, or rotate it and use the new one.",
	},
	ClientCredentials: {
		Title: "Client could not be authenticated", Section: "RFC 6749 §2.3.1", Parameter: "client_id",
		Mend: "Send client_id and client_secret as they are registered, in one way only: form-urlencoded in an HTTP Basic header, or as parameters of the body.",
	},
	ClientDocument: {
		Title: "Document of the client cannot be used", Section: "draft-ietf-oauth-client-id-metadata-document", Parameter: "client_id",
		Mend: "Serve the document at exactly the address that is the client_id, as application/json, over https and without redirects, with the same client_id in it.",
	},
	AssertionClock: {
		Title: "Clock of the app is off", Section: "RFC 7523 §3", Parameter: "client_assertion",
		Mend: "Set the clock of the app's machine by NTP, and sign each assertion just before it is sent, with exp at most five minutes ahead.",
	},
	AssertionAudience: {
		Title: "Assertion is for another server", Section: "RFC 7523 §3", Parameter: "client_assertion",
		Mend: "Set aud of the assertion to the issuer of this server, as its metadata names it.",
	},
	AssertionReplayed: {
		Title: "Assertion was used before", Section: "RFC 7523 §3", Parameter: "client_assertion",
		Mend: "Sign a new assertion with a new jti for every request, also when a request is repeated.",
	},
	AssertionInvalid: {
		Title: "Assertion does not hold", Section: "RFC 7523 §3", Parameter: "client_assertion",
		Mend: "Sign with a key whose public half is registered for the app, with its kid in the header, and set iss and sub to the client_id and jti to a new value.",
	},
	RedirectUnregistered: {
		Title: "Redirect URI does not match", Section: "RFC 9700 §2.1", Parameter: "redirect_uri",
		Mend: "Send one of the registered redirect URIs byte for byte, with the same slashes, letter case, port and query, or have this one added to the registration.",
	},
	RedirectMissing: {
		Title: "Redirect URI is missing", Section: "OIDC Core 1.0 §3.1.2.1", Parameter: "redirect_uri",
		Mend: "Send redirect_uri with every authorization request, and the same one again when the code is redeemed.",
	},
	RedirectDiffers: {
		Title: "Redirect URI differs from the authorization request", Section: "RFC 6749 §4.1.3", Parameter: "redirect_uri",
		Mend: "Redeem the code with the same redirect_uri, byte for byte, that the authorization request had.",
	},
	ResponseTypeMissing: {
		Title: "Response type is missing", Section: "RFC 6749 §3.1.1", Parameter: "response_type",
		Mend: "Send response_type=code.",
	},
	ResponseTypeUnsupported: {
		Title: "Response type is not supported", Section: "RFC 6749 §3.1.1", Parameter: "response_type",
		Mend: "Send response_type=code and redeem the code at the token endpoint; this server puts no tokens into addresses.",
	},
	PKCEMissing: {
		Title: "PKCE is missing", Section: "RFC 7636 §4.4.1", Parameter: "code_challenge",
		Mend: "Switch PKCE on in the app's library: send code_challenge and code_challenge_method=S256, and the code_verifier when the code is redeemed.",
	},
	PKCEMethod: {
		Title: "PKCE method is not S256", Section: "RFC 7636 §4.2", Parameter: "code_challenge_method",
		Mend: "Send code_challenge_method=S256, and as code_challenge the SHA-256 of the verifier in base64url without padding.",
	},
	PKCEVerifier: {
		Title: "Code verifier does not fit", Section: "RFC 7636 §4.6", Parameter: "code_verifier",
		Mend: "Keep the verifier beside state until the person comes back, and send the one whose SHA-256 was the code_challenge of this very request.",
	},
	GrantMissing: {
		Title: "Grant type is missing", Section: "RFC 6749 §5.2", Parameter: "grant_type",
		Mend: "Send grant_type in the body, form-urlencoded, with Content-Type: application/x-www-form-urlencoded.",
	},
	GrantUnknown: {
		Title: "Grant type is not supported", Section: "RFC 6749 §5.2", Parameter: "grant_type",
		Mend: "Use one of the grant types that the metadata of this server lists.",
	},
	GrantUnregistered: {
		Title: "Grant type is not registered for the app", Section: "RFC 6749 §5.2", Parameter: "grant_type",
		Mend: "Use a grant type that the app is registered for, or have this one added to its registration.",
	},
	ScopeMalformed: {
		Title: "Scope is malformed", Section: "RFC 6749 §3.3", Parameter: "scope",
		Mend: "Separate scopes by single spaces, without commas or quotation marks, and ask for fewer if there are very many.",
	},
	ScopeUnregistered: {
		Title: "Scope is not registered for the app", Section: "RFC 6749 §3.3", Parameter: "scope",
		Mend: "Ask only for scopes that the app is registered for, or have this one added to its registration.",
	},
	ScopeWider: {
		Title: "Scope is wider than what was granted", Section: "RFC 6749 §6", Parameter: "scope",
		Mend: "Leave scope out at a refresh, or ask for a part of what was granted; for more, send the person through a new authorization.",
	},
	ScopeUnknown: {
		Title: "No scope that is known here", Section: "RFC 6749 §3.3", Parameter: "scope",
		Mend: "Check the spelling of the scopes, and that their API is registered on this server and named by resource.",
	},
	ResourceUnknown: {
		Title: "Resource is unknown", Section: "RFC 8707 §2", Parameter: "resource",
		Mend: "Send as resource the identifier of a registered API, byte for byte, and check that the API admits this app.",
	},
	ResourceNotAllowed: {
		Title: "API does not admit the app", Section: "RFC 8707 §2", Parameter: "resource", As: ResourceUnknown,
		Mend: "Have the app added to those that the API admits.",
	},
	ResourceNotGranted: {
		Title: "Token is for another API", Section: "RFC 8707 §2.2", Parameter: "resource",
		Mend: "Name the API by resource in the authorization request already; a token request can narrow what was granted, and not widen it.",
	},
	ResourceSeveral: {
		Title: "One token for several APIs", Section: "RFC 8707 §2", Parameter: "resource",
		Mend: "Name one resource in each token request, and get a token of its own for each API.",
	},
	CodeUnknown: {
		Title: "Code is unknown", Section: "RFC 6749 §4.1.2", Parameter: "code",
		Mend: "Send the code exactly as it came, decoded once, to the server that issued it, and as the app to which it was issued.",
	},
	CodeClient: {
		Title: "Code was issued to another client", Section: "RFC 6749 §4.1.3", Parameter: "code", As: CodeUnknown,
		Mend: "Redeem the code with the client_id that the authorization request had.",
	},
	CodeUsed: {
		Title: "Code was used twice", Section: "RFC 6749 §4.1.2", Parameter: "code",
		Mend: "Redeem each code once: look for a page that is loaded twice, a request that is repeated, or two servers that redeem the same code. What the first use got has been revoked.",
	},
	CodeExpired: {
		Title: "Code has expired", Section: "RFC 6749 §4.1.2", Parameter: "code",
		Mend: "Redeem the code at once when the person comes back: it is good for a minute. If the person was not slow, look for a queue or a retry in between.",
	},
	RequestUnsigned: {
		Title: "Request is not signed", Section: "RFC 9101 §10.5", Parameter: "request",
		Mend: "Sign the authorization request as a request object, as the app is registered to do.",
	},
	RequestInvalid: {
		Title: "Request object does not hold", Section: "RFC 9101 §6", Parameter: "request",
		Mend: "Sign the request object with a registered key of the app, with iss and client_id of the app, aud of this issuer, and exp at most an hour ahead.",
	},
	PARRequired: {
		Title: "Request was not pushed", Section: "RFC 9126 §6", Parameter: "request_uri",
		Mend: "Push the authorization request to the pushed authorization request endpoint first, and send the request_uri that it returns.",
	},
	PARGone: {
		Title: "Pushed request is used or has expired", Section: "RFC 9126 §2.2", Parameter: "request_uri",
		Mend: "Push the request just before the person is sent here, use each request_uri once, and with the client_id that pushed it.",
	},
	DeviceUnknown: {
		Title: "Device code is unknown", Section: "RFC 8628 §3.5", Parameter: "device_code",
		Mend: "Poll with the device_code, and not with the user_code, as the app that asked for it.",
	},
	DeviceClient: {
		Title: "Device code was issued to another client", Section: "RFC 8628 §3.5", Parameter: "device_code", As: DeviceUnknown,
		Mend: "Poll with the client_id that asked for the device code.",
	},
	DeviceExpired: {
		Title: "Device code has expired", Section: "RFC 8628 §3.5", Parameter: "device_code",
		Mend: "Stop polling when expires_in is over, and ask for a new code when the person wants to go on.",
	},
	DeviceFast: {
		Title: "Device polls too often", Section: "RFC 8628 §3.5", Parameter: "device_code",
		Mend: "Wait for the interval between two polls, and five seconds longer after each slow_down.",
	},
	RefreshInvalid: {
		Title: "Refresh token is not valid", Section: "RFC 6749 §6", Parameter: "refresh_token",
		Mend: "Send the refresh token of the last answer as the app that got it, and not an access token; if there is none any more, send the person to sign in again.",
	},
	RefreshClient: {
		Title: "Refresh token of another client", Section: "RFC 6749 §6", Parameter: "refresh_token", As: RefreshInvalid,
		Mend: "Refresh with the client_id to which the token was issued.",
	},
	RefreshExpired: {
		Title: "Refresh token has expired", Section: "RFC 6749 §6", Parameter: "refresh_token",
		Mend: "Send the person to sign in again; if that is too often, have the lifetimes of the app's registration changed.",
	},
	RefreshReused: {
		Title: "Refresh token was used again", Section: "RFC 9700 §4.14.2", Parameter: "refresh_token",
		Mend: "Store the new refresh token of every answer before it is used, and let one process at a time refresh; the session has been ended, so the person must sign in again.",
	},
	SessionEnded: {
		Title: "Session has ended", Section: "RFC 6749 §5.2", Parameter: "refresh_token",
		Mend: "Forget the tokens and send the person to sign in again.",
	},
	PersonInactive: {
		Title: "Person is deactivated", Section: "RFC 6749 §5.2", Parameter: "refresh_token", As: SessionEnded,
		Mend: "An administrator has to activate the person again before they can sign in.",
	},
	PersonGone: {
		Title: "Person was deleted", Section: "RFC 6749 §5.2", Parameter: "refresh_token", As: SessionEnded,
		Mend: "The account is gone; the app should forget its tokens.",
	},
	SignInCredentials: {
		Title: "Name and password do not match", Section: "RFC 6749 §4.3.2", Parameter: "password",
		Mend: "Let the person check both, or choose a new password by the link on the sign-in page; send the password as it was typed, without trimming or changing it.",
	},
	SignInUnverified: {
		Title: "E-mail address is not confirmed", Section: "RFC 6749 §4.3.2", Parameter: "username",
		Mend: "Tell the person to open the link in the mail that was sent, and to sign in again.",
	},
	SignInFactor: {
		Title: "Second factor is not right", Section: "RFC 6238 §5.2", Parameter: "otp",
		Mend: "Let the person enter the current code, and check that the clock of their device is right.",
	},
	SignInPasskey: {
		Title: "Passkey was not accepted", Section: "WebAuthn §7.2", Parameter: "passkey",
		Mend: "Let the person try again or sign in another way, and check that the page's origin is one of this server.",
	},
	TokenMissing: {
		Title: "Token is missing", Section: "RFC 6749 §3.2", Parameter: "token",
		Mend: "Send the token as the parameter token of the body, or an access token in the header Authorization: Bearer.",
	},
	TokenInvalid: {
		Title: "Access token is not valid", Section: "RFC 6750 §3.1", Parameter: "access_token",
		Mend: "Send the current access token, and not an ID token or refresh token; refresh it when it has expired.",
	},
	TokenScope: {
		Title: "Access token lacks a scope", Section: "RFC 6750 §3.1", Parameter: "access_token",
		Mend: "Ask for the scope in the authorization request, and use a token of that grant.",
	},
	RegistrationRedirect: {
		Title: "Redirect URIs cannot be registered", Section: "RFC 7591 §5", Parameter: "redirect_uris",
		Mend: "Register full addresses without a fragment: https for a web app, and for a native one https, a loopback address or a private scheme with a dot in it.",
	},
	RegistrationLogout: {
		Title: "Addresses for the sign-out cannot be registered", Section: "RFC 7591 §2", Parameter: "post_logout_redirect_uris",
		Mend: "Register full https addresses without a fragment, and a backchannel_logout_uri that this server can reach.",
	},
	RegistrationGrants: {
		Title: "Grant types cannot be registered", Section: "RFC 7591 §2", Parameter: "grant_types",
		Mend: "Ask only for grant types that an app which registers itself may have, such as authorization_code with refresh_token; for others, have an administrator register the app.",
	},
	RegistrationResponse: {
		Title: "Response types do not fit the grant types", Section: "RFC 7591 §2.1", Parameter: "response_types",
		Mend: "Leave response_types out, or send [\"code\"] exactly if the grant types include authorization_code.",
	},
	RegistrationMethod: {
		Title: "Authentication method cannot be registered", Section: "RFC 7591 §2", Parameter: "token_endpoint_auth_method",
		Mend: "Choose one of token_endpoint_auth_methods_supported in the metadata of this server; none for an app that cannot keep a secret.",
	},
	RegistrationScope: {
		Title: "Scope cannot be registered", Section: "RFC 7591 §2", Parameter: "scope",
		Mend: "Leave scope out, or name only scopes of APIs that are open to every app; others an administrator gives to the app.",
	},
	RegistrationKeys: {
		Title: "Keys of the app cannot be registered", Section: "RFC 7591 §2", Parameter: "jwks",
		Mend: "Send public keys alone, as a JWK Set in jwks or by an https address in jwks_uri, and not both; private_key_jwt and signed requests need one of them.",
	},
	RegistrationType: {
		Title: "Kind of app is unknown", Section: "OIDC Registration 1.0 §2", Parameter: "application_type",
		Mend: "Send application_type=web or native, or leave it out: it then follows from the redirect URIs.",
	},
	RegistrationFixed: {
		Title: "Value is not supported", Section: "OIDC Registration 1.0 §2", Parameter: "id_token_signed_response_alg",
		Mend: "Leave id_token_signed_response_alg and subject_type out, or send the values that the metadata of this server lists.",
	},
	RegistrationName: {
		Title: "Name of the app cannot be registered", Section: "RFC 7591 §2", Parameter: "client_name",
		Mend: "Send a short name as plain text without control characters, or leave it out.",
	},
	RegistrationClient: {
		Title: "Credentials do not belong to the registration", Section: "RFC 7592 §2.2", Parameter: "client_id",
		Mend: "Send the client_id that the registration gave, and either its current client_secret or none: an app does not choose them.",
	},
	RegistrationDocument: {
		Title: "Registration could not be read", Section: "RFC 7591 §3.1",
		Mend: "Send one JSON object with Content-Type: application/json, each member once and with the type that the standard gives it.",
	},
	RegistrationToken: {
		Title: "Registration token is missing or not valid", Section: "RFC 7591 §3", Parameter: "Authorization",
		Mend: "Ask an administrator for an initial access token, and send it as Authorization: Bearer; to read or change a registration, send the registration_access_token of its answer.",
	},
	FormUnreadable: {
		Title: "Form could not be read", Section: "RFC 6749 §3.2",
		Mend: "Send a POST with one Content-Type, application/x-www-form-urlencoded, each parameter once in the body, and no secret in the address.",
	},
	ConsentDenied: {
		Title: "Person did not allow it", Section: "RFC 6749 §4.1.2.1", Parameter: "scope",
		Mend: "Tell the person why the app needs this, or ask for less.",
	},
}

// anyOther explains a mistake that no check names.
var anyOther = About{
	Title: "Request is refused", Section: "RFC 6749 §5.2",
	Mend: "Compare the request with the standard and with the app's registration: each parameter once, form-urlencoded, and nothing that this server does not support.",
}
