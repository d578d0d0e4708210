// Package logout reads what apps ask for at the logout endpoint (OpenID Connect
// RP-Initiated Logout 1.0).
//
//	Parse                  the parameters: which app, which person, where to go next
//	   │  check            the address is one of the app's, byte for byte
//	   ▼
//	Seal                   for the page that asks the person, unless a hint has settled it
//	   ▼
//	Open                   the request that the person answered, checked again
//	   ▼
//	Location               where the person goes next
//
// All of it is in endpoint.go. Packages browser and session end the sessions.
package logout
