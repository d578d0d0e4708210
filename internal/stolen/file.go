package stolen

import (
	"bytes"
	"crypto/fips140"
	"crypto/sha1" //nolint:gosec // G505: the form of the lists, which protects nothing here
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// A File is an operator's own list: the SHA-1 of each password in hexadecimal, one a line
// and in order, with or without a colon and a count after it. Have I Been Pwned hands out
// its list in this form. The file stays on disk, whatever its size; a lookup reads about
// thirty lines of it.
type File struct {
	lines io.ReaderAt
	size  int64
}

const (
	hexBytes = 2 * sha1.Size
	// maxLine is the longest line with its end: a digest, a colon, a count of 19 digits
	// and both characters of an end.
	maxLine = hexBytes + 1 + 19 + 2
	// probes is how many lines, evenly spread, must be in order when a file is opened.
	probes = 64
)

// Open opens the list at path, and looks at lines from its first to its last. They must be
// of the right shape and in order.
func Open(path string) (*File, error) {
	f, err := os.Open(path) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // the mapping stays
	about, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !about.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	list := &File{size: about.Size()}
	if list.size == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	if list.lines, err = mapped(f, list.size); err != nil {
		return nil, fmt.Errorf("mapping %s: %w", path, err)
	}
	if err := list.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// check looks at lines from the first to the last.
func (f *File) check() error {
	var last []byte
	for i := range int64(probes + 1) {
		at := (f.size - 1) / probes * i
		if i == probes {
			at = f.size - 1
		}
		digest, start, _, err := f.lineAt(at)
		if err != nil {
			return err
		}
		if bytes.Compare(digest, last) < 0 {
			return fmt.Errorf("the line at byte %d belongs before an earlier one: the list must be ordered by hash", start)
		}
		last = digest
	}
	return nil
}

// Size returns the size of the list in bytes.
func (f *File) Size() int64 { return f.size }

// Has reports whether the list has exactly this password. A nil File has none.
func (f *File) Has(password string) (bool, error) {
	if f == nil {
		return false, nil
	}
	var sought [sha1.Size]byte
	fips140.WithoutEnforcement(func() { sought = sha1.Sum([]byte(password)) }) //nolint:gosec // G401: as above
	low, high := int64(0), f.size                                              // a line that starts at low or later, and before high
	for low < high {
		digest, start, end, err := f.lineAt(low + (high-low)/2)
		if err != nil {
			return false, fmt.Errorf("looking a password up in the list of stolen ones: %w", err)
		}
		switch order := bytes.Compare(sought[:], digest); {
		case order == 0:
			return true, nil
		case order < 0:
			high = start
		default:
			low = end
		}
	}
	return false, nil
}

// lineAt returns the digest of the line with the byte at that place, where the line starts,
// and where the next one does.
func (f *File) lineAt(at int64) (digest []byte, start, end int64, err error) {
	var around [2 * maxLine]byte
	from := max(at-maxLine, 0)
	n, err := f.read(around[:], from)
	if err != nil {
		return nil, 0, 0, err
	}
	here := int(at - from)
	begin := bytes.LastIndexByte(around[:here], '\n') + 1
	line := around[begin:n]
	length := len(line)
	if stop := bytes.IndexByte(around[here:n], '\n'); stop >= 0 {
		length = here + stop + 1 - begin
	}
	start = from + int64(begin)
	if digest = digestOf(line[:length]); digest == nil {
		return nil, 0, 0, fmt.Errorf("the line at byte %d is not a SHA-1 of 40 hexadecimal digits, with or without a colon and a count", start)
	}
	return digest, start, start + int64(length), nil
}

// read is ReadAt, which may end early at the end of the file. A file that was made shorter
// after it was mapped is a fault of this lookup, and not the end of the process.
func (f *File) read(p []byte, at int64) (n int, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the file has changed on disk: %v", fault)
		}
	}()
	n, err = f.lines.ReadAt(p, at)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// digestOf returns the digest in a line, or nil if the line has another shape.
func digestOf(line []byte) []byte {
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if len(line) < hexBytes || len(line) > maxLine-2 {
		return nil
	}
	if count := line[hexBytes:]; len(count) > 0 && (len(count) == 1 || count[0] != ':' || len(bytes.Trim(count[1:], "0123456789")) > 0) {
		return nil
	}
	digest := make([]byte, sha1.Size)
	if _, err := hex.Decode(digest, line[:hexBytes]); err != nil {
		return nil
	}
	return digest
}
