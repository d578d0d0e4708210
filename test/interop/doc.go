// Package interop holds the tests that sign in as an app does: through client
// libraries that others wrote, against the real binary and against two replicas of
// it, with the race detector if the tests run with it.
//
// It also does what the documentation says, snippet by snippet: TestEverySnippetIsRun fails
// for one that no test runs.
//
// The APIs in docs/snippets/apis get tokens of the real binary, good ones and forged ones, and
// TestAPIs holds them to the same answers in every language.
//
// The folder mcp has an MCP server, a module of its own, and the agents that sign people in
// to it, and the conformance tests of the Model Context Protocol, which need Node 22: their
// lock file brings it on Linux, and elsewhere node must be new enough.
//
// What is written for Node needs node and npm, and what is in Python python3 and pip3. Without
// them their tests are skipped with a sentence that says so, or fail if CI=true. The API in
// Java needs Maven: scripts/spring.sh tests it.
package interop
