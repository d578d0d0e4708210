package system_test

import (
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// A mistake is one that people make with the command.
type mistake struct {
	name string
	// prepare changes the site, and returns settings for the command.
	prepare func(t *testing.T, s *site) []string
	args    []string
	// says are expressions that the error output matches: what is wrong, where, and what
	// mends it.
	says []string
}

var mistakes = []mistake{
	{
		"a port in use", portInUse, []string{"serve"},
		[]string{`something already listens on 127\.0\.0\.1:\d+`, `GATEHOUSE_ADDR`, `\n  gatehouse serve --addr 127\.0\.0\.1:\d+ --issuer http://localhost:\d+\n`},
	}, {
		"a port in use, for metrics", metricsPortInUse, []string{"serve"},
		[]string{`something already listens on 127\.0\.0\.1:\d+`, `choose another address with GATEHOUSE_METRICS_ADDR`},
	}, {
		"a read-only folder", readOnly, []string{"serve"},
		[]string{`^gatehouse: the database \S+ cannot be opened: .*folder /\S+`, `GATEHOUSE_DATABASE=sqlite:/var/lib/gatehouse/gatehouse.db gatehouse serve`},
	}, {
		"a folder that does not exist", setting("GATEHOUSE_DATABASE=sqlite:nowhere/gatehouse.db"), []string{"serve"},
		[]string{`the folder /\S+/nowhere does not exist; make it with: mkdir -p /\S+/nowhere\n`},
	}, {
		"a wrong database URL", setting("GATEHOUSE_DATABASE=postgres://ann:pw@db.example/gatehouse"), []string{"serve"},
		[]string{`GATEHOUSE_DATABASE postgres://\[redacted\]@db\.example/gatehouse is neither sqlite:path nor mysql://user:password@host:3306/name`},
	}, {
		"a database that does not answer", databaseAway, []string{"user", "list"},
		[]string{`the database mysql://\[redacted\]@127\.0\.0\.1:\d+/gatehouse does not answer: dial tcp`, `Start it, or correct GATEHOUSE_DATABASE; gatehouse doctor tries it`},
	}, {
		"a folder without a database", nil, []string{"user", "list"},
		[]string{`there is no database /\S+/gatehouse\.db; the first start of the server makes it: gatehouse serve\n`, `GATEHOUSE_DATABASE`},
	}, {
		"a typo in a command", nil, []string{"sevre"},
		[]string{`there is no command "sevre" in "gatehouse"; did you mean "serve"\?\nSee: gatehouse --help\n`},
	}, {
		"an http issuer", nil, []string{"serve", "--issuer", "http://id.example.com"},
		[]string{`GATEHOUSE_ISSUER http://id\.example\.com is not https`, `--issuer`},
	}, {
		"something that is not a master key", setting("GATEHOUSE_MASTER_KEY=abc"), []string{"serve"},
		[]string{`GATEHOUSE_MASTER_KEY is not 32 bytes in base64; make one with: openssl rand -base64 32\n`},
	}, {
		"a wrong master key, with the right one in its file", wrongMasterKey, []string{"serve"},
		[]string{`wrong master key: the signing keys in the database were sealed under master key [0-9a-f]{16}, .* Nothing was changed\.\n/\S+/gatehouse\.key has the right one: unset GATEHOUSE_MASTER_KEY\n`},
	}, {
		"a wrong master key", wrongMasterKeyAlone, []string{"serve"},
		[]string{`wrong master key: .* Nothing was changed\.\nConfigure the master key that belongs to this database`, `gatehouse keys rewrap`},
	}, {
		"a lost key file", lostKeyFile, []string{"serve"},
		[]string{`the master key file gatehouse\.key is missing`, `Restore it from a backup, as in: install -m 600 /backup/gatehouse\.key /\S+/gatehouse\.key\n`},
	}, {
		"an unknown flag", nil, []string{"serve", "--adr", ":80"},
		[]string{`unknown flag: --adr; did you mean --addr\?\nSee: gatehouse serve --help\n`},
	}, {
		"a redirect URI without a scheme", nil, []string{"client", "create", "--name", "Shop", "--redirect-uri", "shop.example/cb", "--redirect-uri", "localhost:3000/cb"},
		[]string{`--redirect-uri: "shop\.example/cb": A URI begins with its scheme; did you mean https://shop\.example/cb\?`, `"localhost:3000/cb": A URI begins with its scheme; did you mean http://localhost:3000/cb\?`},
	}, {
		"a redirect URI with http", nil, []string{"client", "create", "--name", "Shop", "--redirect-uri", "http://shop.example/cb"},
		[]string{`"http://shop\.example/cb": Only https is allowed, .* did you mean https://shop\.example/cb\?`},
	},
}

// TestMistakes checks that the command says what is wrong with it, where, and what mends
// it, and that it leaves nothing behind.
func TestMistakes(t *testing.T) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			var settings []string
			if m.prepare != nil {
				settings = m.prepare(t, s)
			}
			before := content(t, s.folder)
			cmd := s.command(t, m.args...)
			cmd.Env = append(cmd.Env, settings...)
			_, said, code := s.finish(t, cmd, "")
			if code != 1 {
				t.Errorf("exit code = %d, want 1:\n%s", code, said)
			}
			for _, want := range m.says {
				if !regexp.MustCompile(want).MatchString(said) {
					t.Errorf("the error output does not match %s, want it to:\n%s", want, said)
				}
			}
			if strings.Count(said, "opening the database") > 1 {
				t.Errorf("the error output says the same twice, want it once:\n%s", said)
			}
			if after := content(t, s.folder); !slices.Equal(after, before) {
				t.Errorf("the folder has %v, want it as before: %v", after, before)
			}
		})
	}
}

// TestAStartWithoutRedisSaysSo checks that a server without its Redis says what to do. It
// starts all the same, because much works without Redis.
func TestAStartWithoutRedisSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, "GATEHOUSE_REDIS=redis://"+testkit.FreeAddress(t))
	p := s.launch(t, "server").listens(t)
	want := regexp.MustCompile(`Warning: redis: it could not be checked: dial tcp 127\.0\.0\.1:\d+: .*; start it, or correct GATEHOUSE_REDIS`)
	testkit.Within(t, patience, "the server warns", func() error {
		if said := p.log.String(); !want.MatchString(said) {
			return fmt.Errorf("the output does not match %s:\n%s", want, said)
		}
		return nil
	})
	p.stop(t)
}

// content lists the files of a folder, with a digest of what is in each.
func content(t *testing.T, folder string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			files = append(files, path)
			return err
		}
		text, err := os.ReadFile(path)
		files = append(files, fmt.Sprintf("%s %x", path, sha256.Sum256(text)))
		return err
	})
	if err != nil {
		t.Fatalf("reading the folder: %v", err)
	}
	return files
}

func setting(s string) func(*testing.T, *site) []string {
	return func(*testing.T, *site) []string { return []string{s} }
}

func taken(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func portInUse(t *testing.T, _ *site) []string { return []string{"GATEHOUSE_ADDR=" + taken(t)} }

func metricsPortInUse(t *testing.T, _ *site) []string {
	return []string{"GATEHOUSE_METRICS_ADDR=" + taken(t)}
}

// readOnly makes the folder of the database one in which the command may make no files.
// Root may make them in every folder but those of the kernel.
func readOnly(t *testing.T, s *site) []string {
	if os.Geteuid() == 0 {
		return []string{"GATEHOUSE_DATABASE=sqlite:/sys/gatehouse.db"}
	}
	if err := os.Chmod(s.folder, 0o500); err != nil {
		t.Fatalf("making the folder read-only: %v", err)
	}
	t.Cleanup(func() { _ = os.Chmod(s.folder, 0o700) })
	return nil
}

func databaseAway(t *testing.T, s *site) []string {
	return []string{"GATEHOUSE_DATABASE=mysql://gatehouse:pw@" + testkit.FreeAddress(t) + "/gatehouse", otherKey(s)}
}

func otherKey(s *site) string {
	return "GATEHOUSE_MASTER_KEY=" + s.vault.Keep("n+cah954zdHEwht9AZADKF5MuIeclQ2vqlcQ3JwYslE=")
}

func wrongMasterKey(t *testing.T, s *site) []string {
	s.start(t, "first").stop(t)
	return []string{otherKey(s)}
}

func wrongMasterKeyAlone(t *testing.T, s *site) []string {
	lostKeyFile(t, s)
	return []string{otherKey(s)}
}

func lostKeyFile(t *testing.T, s *site) []string {
	s.start(t, "first").stop(t)
	if err := os.Remove(filepath.Join(s.folder, "gatehouse.key")); err != nil {
		t.Fatalf("removing the key file: %v", err)
	}
	return nil
}
