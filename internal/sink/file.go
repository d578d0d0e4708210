package sink

import (
	"fmt"
	"os"
	"sync"
	"syscall"
)

// A File appends lines to a file. It opens the file by its name again when that names another
// file, as after a rotation.
type File struct {
	path string // empty: f stays

	mu   sync.Mutex // a write may outlast the look that began it
	f    *os.File
	torn bool // the file ends in the middle of a line
}

// At returns a File for a path, which is opened with the first write.
func At(path string) *File { return &File{path: path} }

// On returns a File that writes to one that is open.
func On(f *os.File) *File { return &File{f: f} }

// Write writes lines, and waits until a disk has them. What was cut off stays a line of its
// own, and comes again whole.
func (f *File) Write(lines []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.open(); err != nil {
		return 0, err
	}
	if f.torn {
		if _, err := f.f.Write([]byte{'\n'}); err != nil {
			return 0, err
		}
		f.torn = false
	}
	n, err := f.f.Write(lines)
	if n > 0 {
		f.torn = lines[n-1] != '\n'
	}
	if unsaved := f.sync(); unsaved != nil {
		return 0, fmt.Errorf("after %d bytes, of %d: %w", n, len(lines), unsaved)
	}
	return n, err
}

// open opens the file if it is not open, or the path now names another.
func (f *File) open() error {
	if f.path == "" {
		return nil
	}
	if f.f != nil {
		there, err := os.Stat(f.path)
		mine, mineErr := f.f.Stat()
		if err == nil && mineErr == nil && os.SameFile(there, mine) {
			return nil
		}
		_ = f.f.Close() // every line in it is on the disk
		f.f = nil
	}
	const mode = 0o600 // names, addresses
	// A pipe without a reader is refused and not waited for.
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, mode)
	if err != nil {
		return err
	}
	f.f, f.torn = file, endsTorn(file, f.path)
	return nil
}

// endsTorn reports whether a file ends in the middle of a line, as after a process that was
// killed. A pipe has no end to read.
func endsTorn(file *os.File, path string) bool {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	reader, err := os.Open(path) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return true // one line break too many is an empty line
	}
	defer func() { _ = reader.Close() }() // only read
	last := make([]byte, 1)
	_, err = reader.ReadAt(last, info.Size()-1)
	return err != nil || last[0] != '\n'
}

// sync has a file written to its disk. Pipes and terminals have none.
func (f *File) sync() error {
	info, err := f.f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	return f.f.Sync()
}
