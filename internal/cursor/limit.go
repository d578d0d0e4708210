package cursor

import (
	"fmt"
	"strconv"
)

const (
	// DefaultLimit is how many entries a page has where the caller asks for no number.
	DefaultLimit = 100
	// MaxLimit is how many a page may have.
	MaxLimit = 1000
)

// Limit reads how many entries of a list the caller wants on a page. The fault says
// what may be given, and is empty if text is such a number.
func Limit(text string) (n int, fault string) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxLimit {
		return 0, fmt.Sprintf("Give a number from 1 to %d.", MaxLimit)
	}
	return n, ""
}
