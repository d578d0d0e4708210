// Package events tells the audit log in sentences: to a person, what happened to their own
// account (Own), and to administrators, what was done by whom (Tell).
package events
