// Package model holds the test that compares the life of sessions with a model of
// it: random sequences of everything that apps, people, operators, time and a
// failing Redis do to sessions, against the real endpoints on every combination
// of back-ends. The model predicts every answer, and whether each token ever issued
// is good at the end.
//
// GATEHOUSE_TEST_SEQUENCES says how many sequences run on each combination (12 by
// default). A failure prints the shortest sequence that shows it, and the seed that
// repeats it: go test ./test/model -rapid.seed=N.
package model
