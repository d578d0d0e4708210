// Package device lets devices in that have no browser (RFC 8628).
//
//	the device             Begin     a device code for itself, a user code for the person
//	the person, elsewhere  Find      the user code as typed, of which each network has few tries
//	                       Decide    yes or no, of which the first counts
//	the device             polls the token endpoint: package grants
//
// All of it is in endpoint.go. The record in the store is what ties the three together.
package device
