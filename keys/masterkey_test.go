package keys

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestMasterKeyIsReadInEverySpellingOfBase64(t *testing.T) {
	bytes32 := []byte("\xfb\xff\xfe0123456789abcdefghijklmnopqrs")
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		key, err := ParseMasterKey(" " + encoding.EncodeToString(bytes32) + "\n")
		if err != nil {
			t.Fatalf("parsing the master key: %v", err)
		}
		if got := key.bytes(); !bytes.Equal(got[:], bytes32) {
			t.Errorf("read the key %x, want %x", got, bytes32)
		}
	}
}

func TestMasterKeyIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":      {"", "has 0 bytes, want 32"},
		"31 bytes":   {base64.StdEncoding.EncodeToString(make([]byte, 31)), "has 31 bytes, want 32"},
		"33 bytes":   {base64.StdEncoding.EncodeToString(make([]byte, 33)), "has 33 bytes, want 32"},
		"zero":       {base64.StdEncoding.EncodeToString(make([]byte, 32)), "one byte repeated"},
		"all A":      {base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("A"), 32)), "one byte repeated"},
		"not base64": {"correct horse battery staple", "not base64"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseMasterKey(c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
			if c.text != "" && strings.Contains(fmt.Sprint(err), c.text) {
				t.Error("the message repeats the key, want it hidden")
			}
		})
	}
}

func TestMasterKeyHides(t *testing.T) {
	key := NewMasterKey()
	holder := struct {
		Public  MasterKey
		private MasterKey
	}{key, key}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, key)
		fmt.Fprintf(&out, verb, &key)
		fmt.Fprintf(&out, verb, holder)
		fmt.Fprintf(&out, verb, Options{Masters: MasterKeys{key}})
	}
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("m", "key", key, "holder", holder)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "key", key, "holder", holder)
	if err := json.NewEncoder(&out).Encode(holder); err != nil {
		t.Fatalf("encoding the JSON: %v", err)
	}
	secret := key.bytes()
	raw := string(secret[:])
	for _, spelling := range []string{raw, key.Reveal(), fmt.Sprintf("%x", raw), fmt.Sprintf("%X", raw), strings.Trim(fmt.Sprint(secret), "[]")} {
		if strings.Contains(out.String(), spelling) {
			t.Errorf("the key shows as %q, want it hidden", spelling)
		}
	}
}

func TestDerivedKeysDifferByLabelAndMaster(t *testing.T) {
	a, b := NewMasterKey(), NewMasterKey()
	if again, err := ParseMasterKey(a.Reveal()); err != nil || again.Derive("cursor") != a.Derive("cursor") || again.ID() != a.ID() {
		t.Errorf("the same key derives another (%v), want the same", err)
	}
	if a.Derive("cursor") == a.Derive("other") || a.Derive("cursor") == b.Derive("cursor") || a.ID() == b.ID() {
		t.Error("two derived keys are the same, want another for each label and master key")
	}
}

func TestSealedBytesOpenOnlyInTheirPlace(t *testing.T) {
	m := NewMasterKey()
	sealed, err := m.Seal([]byte("secret"), []byte("here"))
	if err != nil {
		t.Fatalf("sealing the text: %v", err)
	}
	if plain, err := m.Open(sealed, []byte("here")); err != nil || string(plain) != "secret" {
		t.Errorf(`opened %q, %v; want "secret"`, plain, err)
	}
	if _, err := m.Open(sealed, []byte("there")); err == nil {
		t.Error("sealed text opened with other data, want an error")
	}
	if _, err := NewMasterKey().Open(sealed, []byte("here")); err == nil {
		t.Error("sealed text opened with another key, want an error")
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := m.Open(changed, []byte("here")); err == nil {
			t.Errorf("opened with byte %d changed, want a refusal", i)
		}
	}
	for i := range sealed {
		if _, err := m.Open(sealed[:i], []byte("here")); err == nil {
			t.Errorf("opened when cut to %d bytes, want a refusal", i)
		}
	}
	again, err := m.Seal([]byte("secret"), []byte("here"))
	if err != nil || bytes.Equal(sealed, again) {
		t.Errorf("sealed the same twice (%v), want two different texts", err)
	}
}

func TestMasterKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := LoadOrCreateMasterKeyFile(path, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("err = %v, want fs.ErrNotExist", err)
	}
	made, err := LoadOrCreateMasterKeyFile(path, true)
	if err != nil {
		t.Fatalf("reading or creating the master key file: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0o600", info.Mode(), err)
	}
	read, err := LoadOrCreateMasterKeyFile(path, true)
	if err != nil || read.Reveal() != made.Reveal() {
		t.Errorf("read another key, %v; want the one that was made", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %v, %v; want one file", left, err)
	}
}

func TestMasterKeyFileIsRefused(t *testing.T) {
	good := NewMasterKey().Reveal()
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"group may read":  {good, 0o640, "chmod 600"},
		"world may read":  {good, 0o604, "chmod 600"},
		"group may write": {good, 0o620, "chmod 600"},
		"empty":           {"", 0o600, "has 0 bytes"},
		"cut off":         {good[:20], 0o600, "has 15 bytes"},
		"huge":            {strings.Repeat(good, 1000), 0o600, "not base64"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatalf("writing the file: %v", err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatalf("changing the mode: %v", err)
			}
			_, err := LoadOrCreateMasterKeyFile(path, true)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != c.text {
				t.Errorf("the file was changed (%v), want it left as it was", err)
			}
		})
	}
}

func TestOneMasterKeyFileAmongManyStarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	const starts = 16
	var made [starts]string
	var wg sync.WaitGroup
	for i := range starts {
		wg.Go(func() {
			key, err := LoadOrCreateMasterKeyFile(path, true)
			if err != nil {
				t.Errorf("reading or creating the master key file: %v", err)
				return
			}
			made[i] = key.Reveal()
		})
	}
	wg.Wait()
	for _, other := range made {
		if other != made[0] {
			t.Fatal("two starts have different master keys, want the same")
		}
	}
}
