// Package stolen knows which passwords are in lists of stolen ones: a million that
// people choose most often, as a filter inside the binary, and those of a file of the
// operator's. It asks nobody: no password leaves the machine.
package stolen

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"

	"github.com/FastFilter/xorfilter"
)

//go:generate go run gatehouse/internal/stolen/genfilter

// saved is a binary fuse filter of 16 bits (Graf and Lemire, 2022). It has every password
// of the list and, with a probability of 1 in 65,536, any other one.
//
//go:embed filter.bin
var saved string

// filter is read when the first password is looked up, so that a command that looks none
// up does not pay for it.
var filter = sync.OnceValue(func() *xorfilter.BinaryFuse[uint16] {
	f, err := xorfilter.LoadBinaryFuse[uint16](strings.NewReader(saved))
	if err != nil {
		panic(fmt.Sprintf("the filter inside the binary is damaged: %v", err)) // a test reads it
	}
	return f
})

// Often reports whether the password is among the million that are stolen most often,
// in capitals or not, and with or without blanks around it.
func Often(password string) bool { return filter().Contains(Key(password)) }

// Key returns what the filter knows of a password.
func Key(password string) uint64 {
	digest := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(password))))
	return binary.BigEndian.Uint64(digest[:])
}
