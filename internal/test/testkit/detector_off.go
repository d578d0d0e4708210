//go:build !race

package testkit

// raceDetector reports whether the tests have the race detector. The program is then
// built with it too.
const raceDetector = false
