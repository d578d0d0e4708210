//go:build !amd64 || purego

package argon2

// kernels returns none: golang.org/x/crypto does the work.
func kernels() []kernel { return nil }
