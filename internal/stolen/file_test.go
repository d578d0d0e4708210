package stolen

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// written writes a list of passwords whose lines have the ends, and returns its path and
// the passwords in its order.
func written(t *testing.T, n int, end func(i int) string) (path string, inOrder []string) {
	t.Helper()
	digest := func(i int) string { return fmt.Sprintf("%X", sha1.Sum(fmt.Append(nil, "password ", i))) }
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(digest(a), digest(b)) })
	var lines strings.Builder
	for at, i := range order {
		lines.WriteString(digest(i) + end(at))
		inOrder = append(inOrder, fmt.Sprint("password ", i))
	}
	return fileOf(t, lines.String()), inOrder
}

func fileOf(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stolen.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatalf("writing a list: %v", err)
	}
	return path
}

// The lists have SHA-1 also where FIPS 140-3 is kept.
func TestALookupUnderFIPS140(t *testing.T) {
	if !testkit.OnlyFIPS(t) {
		return
	}
	f, err := Open(fileOf(t, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:10\n"))
	if err != nil {
		t.Fatalf("opening a list: %v", err)
	}
	if found, err := f.Has("password"); !found || err != nil {
		t.Errorf("%q is found: %t, %v; want true", "password", found, err)
	}
}

func TestALookupFindsEachLineAndNoOther(t *testing.T) {
	for name, end := range map[string]func(i int) string{
		"digests alone":      func(int) string { return "\n" },
		"ends of Windows":    func(int) string { return "\r\n" },
		"with counts":        func(i int) string { return fmt.Sprintf(":%d\n", i*i*i*i*i) },
		"with all of it":     func(i int) string { return fmt.Sprintf(":%d\r\n", i*i*i*i*i) },
		"the longest counts": func(int) string { return ":9223372036854775807\r\n" },
	} {
		for _, n := range []int{1, 2, 3, 64, 65, 1000} {
			path, all := written(t, n, end)
			for _, cut := range []string{"", "without an end"} {
				if cut != "" {
					trimmed, _ := os.ReadFile(path)
					path = fileOf(t, strings.TrimRight(string(trimmed), "\r\n"))
				}
				looked(t, fmt.Sprint(name, ", ", n, " lines ", cut), path, all)
			}
		}
	}
}

func looked(t *testing.T, name, path string, all []string) {
	t.Helper()
	list, err := Open(path)
	if err != nil {
		t.Fatalf("%s: opening the list: %v", name, err)
	}
	for _, password := range all {
		if found, err := list.Has(password); err != nil || !found {
			t.Errorf("%s: %q: %t, %v; want it found", name, password, found, err)
		}
	}
	for i := range 100 {
		absent := fmt.Sprint("another ", i)
		if found, err := list.Has(absent); err != nil || found {
			t.Errorf("%s: %q: %t, %v; want it not found", name, absent, found, err)
		}
	}
}

// Digests in lower case are in the same order.
func TestTheCaseOfDigitsDoesNotMatter(t *testing.T) {
	path, all := written(t, 100, func(int) string { return "\n" })
	upper, _ := os.ReadFile(path)
	looked(t, "lower case", fileOf(t, strings.ToLower(string(upper))), all)
}

func TestAListOfAnotherShapeIsRefused(t *testing.T) {
	low, high := strings.Repeat("0", 40)+"\n", strings.Repeat("F", 40)+"\n"
	const shape = "is not a SHA-1 of 40 hexadecimal digits"
	for name, c := range map[string]struct{ content, want string }{
		"empty":                    {"", "is empty"},
		"the wrong order":          {high + low, "must be ordered by hash"},
		"by how often":             {strings.Repeat(low+high, 200), "must be ordered by hash"},
		"out of order inside":      {low + strings.Repeat(high, 5000) + strings.Repeat(low, 5000) + high, "must be ordered by hash"},
		"NTLM":                     {strings.Repeat("0", 32) + "\n", shape},
		"SHA-256":                  {strings.Repeat("0", 64) + "\n", shape},
		"passwords":                {"password\nqwerty\n", shape},
		"another digit":            {strings.Repeat("0", 39) + "g\n", shape},
		"a count that is none":     {strings.TrimSpace(low) + ":many\n", shape},
		"a colon without a count":  {strings.TrimSpace(low) + ":\n", shape},
		"a blank for a colon":      {strings.TrimSpace(low) + " 5\n", shape},
		"an empty line at its end": {low + "\n", shape},
		"a last line cut short":    {low + high[:20], shape},
		"a mark of UTF-8":          {"\ufeff" + low + high, shape},
		"a line without an end":    {strings.Repeat("0", 10_000), shape},
	} {
		if _, err := Open(fileOf(t, c.content)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
	for name, path := range map[string]string{"nothing there": filepath.Join(t.TempDir(), "none"), "a directory": t.TempDir()} {
		if _, err := Open(path); err == nil {
			t.Errorf("%s: no error, want one", name)
		}
	}
}

// A file that is overwritten while it is mapped must not end the process.
func TestAListThatIsCutShortIsAFaultOfTheLookup(t *testing.T) {
	path, all := written(t, 1000, func(int) string { return "\n" })
	list, err := Open(path)
	if err != nil {
		t.Fatalf("opening the list: %v", err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatalf("cutting the list short: %v", err)
	}
	if found, err := list.Has(all[500]); err == nil || found {
		t.Errorf("a lookup in a list that is gone: %t, %v; want an error", found, err)
	}
}

func TestWithoutAListNothingIsFound(t *testing.T) {
	var none *File
	if found, err := none.Has("password"); err != nil || found {
		t.Errorf("without a list: %t, %v; want nothing found", found, err)
	}
}

// FuzzLines: whatever is in a file, each digest that was read is that of a whole line.
func FuzzLines(f *testing.F) {
	f.Add(strings.Repeat("0", 40) + ":12\r\n" + strings.Repeat("F", 40))
	f.Add(strings.Repeat("A", 40) + "\n\n")
	f.Fuzz(func(t *testing.T, content string) {
		list := &File{lines: strings.NewReader(content), size: int64(len(content))}
		for at := range content {
			digest, start, end, err := list.lineAt(int64(at))
			if err != nil {
				continue
			}
			line := content[start:end]
			if !strings.HasPrefix(strings.ToLower(line), fmt.Sprintf("%x", digest)) || strings.Count(line, "\n") > 1 || at < int(start) || at >= int(end) ||
				start > 0 && content[start-1] != '\n' || end < list.size && content[end-1] != '\n' {
				t.Errorf("at %d of %q: the line %q with digest %x, want a whole line", at, content, line, digest)
			}
		}
	})
}
