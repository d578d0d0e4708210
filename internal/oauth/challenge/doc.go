// Package challenge answers POST /oauth/challenge: first-party apps get an authorization
// code without a browser (draft-ietf-oauth-first-party-apps-03). Packages account,
// factor and passkey check what the person shows; the code is redeemed as every other is.
//
// Until a first factor was right, the endpoint says and does the same for every name.
package challenge
