//go:build race

package testkit

// raceDetector: the program is built with the race detector if the tests are.
const raceDetector = true
