// Package pages opens every page in a real browser: axe-core finds nothing serious in
// either colour scheme, nothing scrolls sideways at 320 px, the console is silent, and the
// keyboard reaches what the pointer does. A page is one line of the table in
// table_test.go. scripts/screenshots.sh makes pictures of all of them.
package pages
