package cursor

import "testing"

// Every mark that opens was sealed here, for the same list.
func FuzzOpen(f *testing.F) {
	s := Sealer{Keys: Fixed([32]byte{1})}
	sealed := map[string]string{}
	for bind, at := range map[string]place{"users": {"a", 7}, "clients": {"", 0}, "": {"ünï\x00", -1}} {
		mark, err := s.Seal(bind, at)
		if err != nil {
			f.Fatalf("sealing the text: %v", err)
		}
		sealed[bind] = mark
		f.Add(bind, mark)
		f.Add("users", mark)
		f.Add(bind, mark+"A")
	}
	f.Fuzz(func(t *testing.T, bind, mark string) {
		if s.Open(bind, mark, &place{}) == nil && sealed[bind] != mark {
			t.Errorf("%q opened for %q, want only what was sealed to open", mark, bind)
		}
	})
}

// A position comes back unchanged, but not with another list, and not if a letter of the
// mark differs.
func FuzzSeal(f *testing.F) {
	f.Add("users", "clients", "a", int64(7), 3)
	f.Add("", "users", "\u2028</script>", int64(-1), 0)
	s := Sealer{Keys: Fixed([32]byte{1})}
	f.Fuzz(func(t *testing.T, bind, other, text string, id int64, at int) {
		mark, err := s.Seal(bind, place{text, id})
		if err != nil {
			t.Fatalf("sealing the text: %v", err)
		}
		var back place
		if err := s.Open(bind, mark, &back); err != nil || back.ID != id {
			t.Errorf("opened as %+v, %v; want the ID %v", back, err, id)
		}
		if other != bind && s.Open(other, mark, &back) == nil {
			t.Errorf("the mark of %q opens %q, want a refusal", bind, other)
		}
		edited := []byte(mark)
		edited[uint(at)%uint(len(edited))] ^= 3
		if s.Open(bind, string(edited), &back) == nil {
			t.Errorf("%q opened, edited from %q, want a refusal", edited, mark)
		}
	})
}
