//go:build !race

package system_test

// raceDetector: the servers are built with the race detector if the tests are.
const raceDetector = false
