package password

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"gatehouse/config"
	"gatehouse/internal/test/testkit"
)

// A vector is a hash made by other software: Django 3.2 and 5.2, Python's bcrypt and
// argon2-cffi.
type vector struct{ Password, Encoded string }

func vectors(t testing.TB) []vector {
	t.Helper()
	var all []vector
	for _, name := range []string{"django_hashes.json", "other_hashes.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatalf("reading the file: %v", err)
		}
		var some []vector
		if err := json.Unmarshal(text, &some); err != nil {
			t.Fatalf("unmarshalling the JSON: %v", err)
		}
		all = append(all, some...)
	}
	return all
}

// work records what a Hasher did.
type work struct{ derived []cost }

// ordinary fills the zero fields of o with the defaults of the settings.
func ordinary(o Options) Options {
	settings := config.Default()
	o.MemoryKiB = cmp.Or(o.MemoryKiB, settings.PasswordMemoryKiB)
	o.Iterations = cmp.Or(o.Iterations, settings.PasswordIterations)
	o.BudgetMiB = cmp.Or(o.BudgetMiB, 128) // as on a machine of a few cores
	return o
}

// cheap returns a Hasher that costs little and records what it did.
func cheap(o Options) (*Hasher, *work) {
	o = ordinary(o)
	o.MemoryKiB, o.Iterations = 64, 1
	h, done := New(o), &work{}
	if o.PBKDF2 {
		h.rounds = 2000
	}
	h.argon2id = func(password, salt []byte, iterations, memoryKiB uint32, threads uint8, keyBytes uint32) []byte {
		done.derived = append(done.derived, cost{memoryKiB, iterations, threads})
		return argon2.IDKey(password, salt, iterations, memoryKiB, threads, keyBytes)
	}
	return h, done
}

func verify(t *testing.T, h *Hasher, encoded, password string) (ok, rehash bool) {
	t.Helper()
	ok, rehash, err := h.Verify(t.Context(), encoded, password)
	if err != nil {
		t.Fatalf("verifying the password: %v", err)
	}
	return ok, rehash
}

func TestHashesMadeElsewhere(t *testing.T) {
	testkit.Long(t)
	h := New(ordinary(Options{}))
	for _, v := range vectors(t) {
		ok, rehash := verify(t, h, v.Encoded, v.Password)
		ours := strings.Contains(v.Encoded, "argon2id") && !strings.Contains(v.Encoded, "m=1024,")
		if !ok || rehash == ours {
			t.Errorf("%q verifies against %s: %t, hash again: %t, want true and %t", v.Password, v.Encoded, ok, rehash, !ours)
		}
		if strings.Contains(v.Encoded, "00000$") {
			continue // expensive, and otherwise the same as those of 1000 iterations
		}
		for _, wrong := range []string{v.Password + " ", v.Password + "\x00"} {
			if ok, _ := verify(t, h, v.Encoded, wrong); ok {
				t.Errorf("%q verifies against %s, want it refused", wrong, v.Encoded)
			}
		}
	}
}

func TestWhatIsHashedVerifies(t *testing.T) {
	testkit.Long(t)
	h := New(ordinary(Options{}))
	for _, password := range []string{"correct horse battery", " outer blanks ", "nul\x00inside", "пароль-密码-🔑", strings.Repeat("p", MaxBytes)} {
		encoded, err := h.Hash(t.Context(), password)
		if err != nil {
			t.Fatalf("hashing the password: %v", err)
		}
		if ok, rehash := verify(t, h, encoded, password); !ok || rehash {
			t.Errorf("%.20q verifies: %t, hash again: %t, want true and false", password, ok, rehash)
		}
		if ok, _ := verify(t, h, encoded, password[:len(password)-1]+"!"); ok {
			t.Errorf("%.20q: a wrong last byte passed, want it refused", password)
		}
		if again, _ := h.Hash(t.Context(), password); again == encoded {
			t.Error("two hashes of one password are the same, want a salt of its own for each")
		}
	}
}

// TestAPasswordMatchesInEveryForm: keyboards differ in the form that they type.
func TestAPasswordMatchesInEveryForm(t *testing.T) {
	const composed, decomposed = "caf\u00e9 du monde 7", "cafe\u0301 du monde 7"
	h, done := cheap(Options{})
	asTyped := func(password string) string { // as Django hashes it
		a := argon2Hash{cost: h.cost, salt: make([]byte, saltBytes)}
		a.key = h.derive(password, a, keyBytes)
		return a.String()
	}
	hashed := func(password string) string {
		encoded, err := h.Hash(t.Context(), password)
		if err != nil {
			t.Fatalf("hashing the password: %v", err)
		}
		return encoded
	}
	for name, c := range map[string]struct {
		encoded, typed string
		ok, rehash     bool
		derived        int
	}{
		"composed, typed composed":               {hashed(composed), composed, true, false, 1},
		"composed, typed decomposed":             {hashed(composed), decomposed, true, false, 1},
		"decomposed, typed composed":             {hashed(decomposed), composed, true, false, 1},
		"decomposed elsewhere, typed decomposed": {asTyped(decomposed), decomposed, true, true, 2},
		"wrong, typed decomposed":                {hashed("another password"), decomposed, false, false, 2},
	} {
		done.derived = nil
		ok, rehash := verify(t, h, c.encoded, c.typed)
		if ok != c.ok || rehash != c.rehash || len(done.derived) != c.derived {
			t.Errorf("%s: matches %t, hash again %t, %d hashes; want %t, %t and %d", name, ok, rehash, len(done.derived), c.ok, c.rehash, c.derived)
		}
	}
	done.derived = nil
	if err := h.VerifyNobody(t.Context(), decomposed); err != nil || len(done.derived) != 2 {
		t.Errorf("a name without an account: %d hashes (%v), want 2 like a wrong password", len(done.derived), err)
	}
}

func TestHashIsAPHCString(t *testing.T) {
	encoded, err := New(ordinary(Options{})).Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatalf("hashing the password: %v", err)
	}
	fields := strings.Split(encoded, "$")
	if len(fields) != 6 || strings.Join(fields[:4], "$") != "$argon2id$v=19$m=19456,t=2,p=1" || len(fields[4]) != 22 || len(fields[5]) != 43 {
		t.Errorf("the hash is %s, want argon2id with m=19456,t=2,p=1, a salt of 22 characters and a hash of 43", encoded)
	}
}

func TestHashesThatNobodyHas(t *testing.T) {
	const key = "xEIB9ORrXYT6VyvQJ/uIJ2S/DayswkryMERS3ftivqw"
	const bcrypt = "hB54cXocBOycbsqk97OJr.lmibvY9e8ZAIDIrYk3PVBTO6bqjJASG"
	for name, encoded := range map[string]string{
		"empty":                       "",
		"unusable":                    "!",
		"unusable, Django":            "!HUSaBZ0tRoV8wQhI1rGgT0hvmPUTFcLBuHnH5gMn",
		"garbage":                     "garbage",
		"plain text":                  "complexpassword123",
		"md5":                         "md5$salt$5d41402abc4b2a76b9719d911017c592",
		"scrypt":                      "scrypt$16384$salt$8$1$" + key,
		"pbkdf2 without iterations":   "pbkdf2_sha256$$salt$" + key + "=",
		"pbkdf2 of zero":              "pbkdf2_sha256$0$salt$" + key + "=",
		"pbkdf2 below zero":           "pbkdf2_sha256$-1$salt$" + key + "=",
		"pbkdf2 for hours":            "pbkdf2_sha256$2000000000$salt$" + key + "=",
		"pbkdf2, too many digits":     "pbkdf2_sha256$99999999999999999999$salt$" + key + "=",
		"pbkdf2 without a key":        "pbkdf2_sha256$1$salt$",
		"pbkdf2 with a short key":     "pbkdf2_sha256$1$salt$xEIB",
		"pbkdf2, no base64":           "pbkdf2_sha256$1$salt$" + key,
		"sha1 with a key of sha256":   "pbkdf2_sha1$1$salt$" + key + "=",
		"argon2i":                     "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$" + key,
		"argon2 of version 16":        "$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$" + key,
		"argon2 of no iterations":     "$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$" + key,
		"argon2 of no threads":        "$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHQ$" + key,
		"argon2 of 256 threads":       "$argon2id$v=19$m=4096,t=1,p=256$c2FsdHNhbHQ$" + key,
		"argon2 of four TiB":          "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$" + key,
		"argon2 over the budget":      "$argon2id$v=19$m=131073,t=1,p=1$c2FsdHNhbHQ$" + key,
		"argon2 for hours":            "$argon2id$v=19$m=64,t=4294967295,p=1$c2FsdHNhbHQ$" + key,
		"argon2 without a key":        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$",
		"argon2 with a short key":     "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$xEIB",
		"argon2 without a salt":       "$argon2id$v=19$m=64,t=1,p=1$$" + key,
		"argon2 with a tail":          "$argon2id$v=19$m=64,t=1,p=1,x=1$c2FsdHNhbHQ$" + key,
		"argon2 with a sign":          "$argon2id$v=19$m=+64,t=1,p=1$c2FsdHNhbHQ$" + key,
		"argon2 with seven fields":    "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$" + key + "$",
		"bcrypt for a day":            "$2b$31$" + bcrypt,
		"bcrypt of the buggy kind":    "$2x$06$" + bcrypt,
		"bcrypt cut short":            "$2b$06$" + bcrypt[1:],
		"bcrypt with a tail":          "$2b$06$" + bcrypt + "G",
		"bcrypt of Django, no dollar": "bcrypt$2b$06$" + bcrypt,
		"enormous":                    "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 1<<20),
	} {
		h, done := cheap(Options{})
		for _, password := range []string{"", "complexpassword123", encoded[:min(len(encoded), MaxBytes)]} {
			done.derived = nil
			if ok, rehash := verify(t, h, encoded, password); ok || rehash {
				t.Errorf("%s: %q passed, want it refused", name, password)
			}
			if len(done.derived) != 1 || done.derived[0] != h.cost {
				t.Errorf("%s: did the work %v, want one hash of ours", name, done.derived)
			}
		}
	}
}

// An unknown name, a wrong password and an account without a usable password each cost
// exactly one hash of ours.
func TestRefusalsCostTheSame(t *testing.T) {
	h, done := cheap(Options{})
	encoded, err := h.Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatalf("hashing the password: %v", err)
	}
	for name, try := range map[string]func() error{
		"nobody":   func() error { return h.VerifyNobody(t.Context(), "wrong") },
		"wrong":    func() error { _, _, err := h.Verify(t.Context(), encoded, "wrong"); return err },
		"unusable": func() error { _, _, err := h.Verify(t.Context(), "!", "wrong"); return err },
		"right":    func() error { _, _, err := h.Verify(t.Context(), encoded, "correct horse battery"); return err },
	} {
		done.derived = nil
		if err := try(); err != nil {
			t.Fatalf("refusing a password: %v", err)
		}
		if len(done.derived) != 1 || done.derived[0] != h.cost {
			t.Errorf("%s: did the work %v, want %v once", name, done.derived, h.cost)
		}
	}
}

func TestTooLongIsNeverRightAndNeverHashed(t *testing.T) {
	h, done := cheap(Options{})
	long := strings.Repeat("p", MaxBytes+1)
	if _, err := h.Hash(t.Context(), long); err == nil {
		t.Error("a password that is too long was hashed, want an error")
	}
	if err := h.VerifyNobody(t.Context(), long); err != nil {
		t.Errorf("verifying a password for nobody: %v", err)
	}
	for _, v := range vectors(t) {
		if ok, _ := verify(t, h, v.Encoded, long); ok {
			t.Errorf("a password that is too long passed for %s, want it refused", v.Encoded)
		}
	}
	if len(done.derived) != 0 {
		t.Errorf("hashes were derived: %v, want none", done.derived)
	}
}

// bcrypt reads 72 bytes; in Spring (CVE-2025-22228), any tail after them passed.
func TestBcryptTakesNoTail(t *testing.T) {
	h, _ := cheap(Options{})
	for _, v := range vectors(t) {
		if !strings.Contains(v.Encoded, "$2") {
			continue
		}
		if ok, _ := verify(t, h, v.Encoded, v.Password+"tail"); ok {
			t.Errorf("%s: a tail passed, want it refused", v.Encoded)
		}
		if len(v.Password) != 100 {
			continue
		}
		for _, at := range []int{72, 98} { // bcrypt_sha256 reads all of them
			changed := []byte(v.Password)
			changed[at] = 'q'
			if ok, _ := verify(t, h, v.Encoded, string(changed)); ok {
				t.Errorf("%s: byte %d does not matter, want a refusal when it changes", v.Encoded, at+1)
			}
		}
	}
}

func TestNobodyIsDowngraded(t *testing.T) {
	testkit.Long(t)
	for name, c := range map[string]struct {
		stored cost
		again  bool
	}{
		"the same":                      {cost{19456, 2, 1}, false},
		"stronger in both":              {cost{65536, 3, 1}, false},
		"more iterations":               {cost{19456, 4, 1}, false},
		"more memory":                   {cost{65536, 2, 4}, false},
		"memory in place of iterations": {cost{47104, 1, 1}, false},
		"less memory":                   {cost{12288, 2, 1}, true},
		"iterations in place of memory": {cost{12288, 4, 1}, true},
		"fewer iterations":              {cost{19456, 1, 1}, true},
	} {
		h := New(ordinary(Options{}))
		old := New(Options{BudgetMiB: 128, MemoryKiB: int(c.stored.memoryKiB), Iterations: int(c.stored.iterations), Parallelism: int(c.stored.threads)})
		encoded, err := old.Hash(t.Context(), "correct horse battery")
		if err != nil {
			t.Fatalf("hashing the password: %v", err)
		}
		if ok, rehash := verify(t, h, encoded, "correct horse battery"); !ok || rehash != c.again {
			t.Errorf("%s: %t, hash again: %t, want %t", name, ok, rehash, c.again)
		}
	}
}

func TestCancelledCallersLeave(t *testing.T) {
	h, _ := cheap(Options{MaxParallel: 1})
	if err := h.budget.queue.acquire(t.Context(), "", 1); err != nil {
		t.Fatalf("acquiring a slot: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "correct horse battery"); !errors.Is(err, context.Canceled) || errors.Is(err, ErrBusy) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
}

func FuzzVerify(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Encoded, v.Password)
	}
	h, _ := cheap(Options{BudgetMiB: 1})
	f.Fuzz(func(t *testing.T, encoded, password string) {
		known, err := h.parse(encoded)
		if err != nil {
			return
		}
		if a, ok := known.(argon2Hash); ok && a.String() != strings.TrimPrefix(encoded, "argon2") {
			t.Errorf("%q is read as %q, want the same", encoded, a)
		}
		if p, ok := known.(pbkdf2Hash); ok && p.iterations > 1000 {
			return
		}
		if b, ok := known.(bcryptHash); ok && string(b.encoded[4:6]) > "06" { // a second each
			return
		}
		if ok, rehash, err := h.Verify(t.Context(), encoded, password); err != nil || rehash && !ok {
			t.Errorf("verified: %t, hash again: %t, %v; want no new hash for what is refused", ok, rehash, err)
		}
	})
}
