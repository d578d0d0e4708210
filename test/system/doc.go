// Package system holds the tests of the whole: the real binary, as several
// processes on one back-end, asked over HTTP and managed by its own command line.
//
// What a package promises is tested beside the package. Here is tested what only
// shows when the parts are together: that of many callers at once, at two
// processes, one wins; that what one process ends is over at the other; and that
// nobody is turned away, and nothing ended comes back, because MariaDB or Redis
// went away, came back, or lost its memory.
//
// The binary is built first, with the race detector if the tests run with it;
// GATEHOUSE_TEST_BINARY names another one to test. What the servers of a failed
// test logged stays in the folder for temporary files.
package system
