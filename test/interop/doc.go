// Package interop holds the tests that sign in as an app does: through client
// libraries that others wrote, against the real binary and against two replicas of
// it, with the race detector if the tests run with it.
//
// It also does what the documentation says, snippet by snippet: TestEverySnippetIsRun fails
// for one that no test runs.
//
// The relying party in the folder node needs node and npm, and the snippet in Python python3
// and pip3. Without them their tests are skipped with a sentence that says so, or fail if
// CI=true.
package interop
