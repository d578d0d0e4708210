// Package model holds the test that compares the life of sessions with a model of
// it: random sequences of everything that apps, people, operators, time and a
// failing Redis do to sessions, against the real endpoints on every combination
// of back-ends. The model predicts every answer, and of every token ever issued
// whether it is good at the end.
//
// GATEHOUSE_TEST_SEQUENCES says how many sequences are run on each combination
// (12 without it). A failure prints the shortest sequence that shows it, and the
// seed to see it again: go test ./test/model -rapid.seed=N.
package model
