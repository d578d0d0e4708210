//go:build unix

package stolen

import (
	"bytes"
	"io"
	"os"
	"syscall"
)

// mapped returns the content of a file, which the system reads as it is looked at. The
// mapping lasts as long as the process.
func mapped(f *os.File, size int64) (io.ReaderAt, error) {
	content, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(content), nil
}
