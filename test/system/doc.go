// Package system tests the complete system: the real binary, as several processes on
// one back-end, used over HTTP and managed by its own command line.
//
// The promises of a package are tested beside the package. The tests here show what
// only the assembled parts can: that one of many callers at two processes wins; that
// a session ended at one process is over at the other; and that nobody is turned
// away, and nothing ended comes back, because MariaDB or Redis went away, came back,
// or lost its memory.
//
// The binary is built first, with the race detector if the tests run with it;
// GATEHOUSE_TEST_BINARY names another one to test. The logs of the servers of a failed
// test stay in the folder for temporary files.
package system
