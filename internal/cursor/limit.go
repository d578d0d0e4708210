package cursor

import (
	"fmt"
	"strconv"
)

const (
	// DefaultLimit is how many entries a page has if the caller does not give a number.
	DefaultLimit = 100
	// MaxLimit is how many entries a page may have.
	MaxLimit = 1000
)

// Limit parses how many entries the caller wants on a page. The fault, which is for the
// caller, says which numbers are valid; it is empty if text is one of them.
func Limit(text string) (n int, fault string) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxLimit {
		return 0, fmt.Sprintf("Give a number from 1 to %d.", MaxLimit)
	}
	return n, ""
}
