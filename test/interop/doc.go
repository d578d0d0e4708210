// Package interop holds the tests that sign in as an app does: through client
// libraries that others wrote, against the real binary and against two replicas of
// it, with the race detector if the tests run with it.
//
// The relying party in the folder node needs node and npm. Without them its test is
// skipped with a sentence that says so, or fails if CI=true.
package interop
