// Package logout reads what apps ask for at the logout endpoint (OpenID Connect
// RP-Initiated Logout 1.0).
//
//	Parse                  the parameters: which app, which person, where to go on
//	   │  check            the address is one of the app's, byte for byte
//	   ▼
//	Seal                   for the page that asks the person, unless a hint has settled it
//	   ▼
//	Open                   what the person answered to, asked again
//	   ▼
//	Location               where the person goes on
//
// All of it is in endpoint.go. Ending the sessions is for packages browser and session.
package logout
