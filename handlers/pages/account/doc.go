// Package account holds the pages on which people manage their own account: each is one
// file here, one template and one line in the table.
//
//	GET  shows the page to the person who is signed in; others sign in first, and come back
//	POST makes a change at the same path, and answers with a redirect to a page that says
//	     what was done, or with the form and what is wrong with it
//
// The services decide, as for the API.
package account
