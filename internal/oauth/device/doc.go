// Package device authorizes devices that have no browser (RFC 8628).
//
//	the device             Begin     a device code for itself, a user code for the person
//	the person, elsewhere  Find      looks up the user code as typed; each network has few tries
//	                       Decide    records yes or no; the first answer counts
//	the device             polls the token endpoint: package grants
//
// All of it is in endpoint.go. The record in the store connects the three steps.
package device
