//go:build unix

package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

func pipe(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatalf("making a named pipe: %v", err)
	}
	return name
}

// TestASecretThroughAPipe reads a pipe as a shell's <(…) makes it, and a named pipe
// whose writer comes late.
func TestASecretThroughAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatalf("making a pipe: %v", err)
	}
	defer r.Close()
	late := pipe(t)
	go func() {
		_, _ = fmt.Fprintln(w, goodKey)
		_ = w.Close()
		time.Sleep(100 * time.Millisecond)
		_ = os.WriteFile(late, []byte("redis://:late@cache"), 0o600)
	}()
	c, err := Load(environment(map[string]string{"MASTER_KEY_FILE": fmt.Sprintf("/dev/fd/%d", r.Fd()), "REDIS_FILE": late}))
	if err != nil || c.MasterKey.Reveal() != goodKey || c.Redis.Reveal() != "redis://:late@cache" {
		t.Errorf(`master key %q, Redis %q, %v; want %q and "redis://:late@cache"`, c.MasterKey.Reveal(), c.Redis.Reveal(), err, goodKey)
	}
}

// TestAPipeIsNotWaitedForWithoutEnd gives several silent pipes: Load names all of them
// in the time of one, and reads the rest.
func TestAPipeIsNotWaitedForWithoutEnd(t *testing.T) {
	testkit.Long(t)
	from := environment(map[string]string{"MASTER_KEY_FILE": pipe(t), "REDIS_FILE": pipe(t), "DATABASE_FILE": file(t, "database", "sqlite:x.db", 0o600)})
	from.Patience = 2 * time.Second
	began := time.Now()
	c, err := Load(from)
	if took := time.Since(began); took > 3900*time.Millisecond {
		t.Errorf("loading the settings took %s, want at most 3.9s", took)
	}
	for _, want := range []string{"2 faults", "GATEHOUSE_MASTER_KEY cannot be read", "GATEHOUSE_REDIS cannot be read", "if it is a pipe"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant it to say %q", err, want)
		}
	}
	if c.Database.Reveal() != "sqlite:x.db" {
		t.Errorf("the database is %s, want sqlite:x.db", c.Database)
	}
	from = Sources{File: pipe(t), Patience: 10 * time.Millisecond}
	if faults := faultsOf(t, from); len(faults) != 1 || faults[0].Variable != from.File {
		t.Errorf("the file with settings: faults %q, want one about %s", faults, from.File)
	}
}

// TestACertificateIsAFile refuses pipes, because a certificate is read again whenever it
// may have changed, and accepts links, as Kubernetes mounts them.
func TestACertificateIsAFile(t *testing.T) {
	certificate, key := selfSigned(t)
	set := map[string]string{"ISSUER": "https://a.example", "TLS_CERT": link(t, file(t, "cert", certificate, 0o644)), "TLS_KEY": link(t, file(t, "key", key, 0o600))}
	if faults := faultsOf(t, environment(set)); faults != nil {
		t.Errorf("links: %q, want no faults", faults)
	}
	for _, variable := range []string{"TLS_CERT", "TLS_KEY"} {
		for _, bad := range []string{pipe(t), "/dev/zero"} {
			was := set[variable]
			set[variable] = bad
			if faults := faultsOf(t, environment(set)); len(faults) != 1 || faults[0].Variable != prefix+variable || !strings.Contains(faults[0].Problem, bad+" is not a regular file") {
				t.Errorf("%s %s: faults %q, want one that says it is not a regular file", variable, bad, faults)
			}
			set[variable] = was
		}
	}
}

func link(t *testing.T, to string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(to, name); err != nil {
		t.Fatalf("making a symbolic link: %v", err)
	}
	return name
}
