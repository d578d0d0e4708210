package device

import "testing"

func TestUserCodes(t *testing.T) {
	for range 100 {
		code := newUserCode()
		if got, ok := canonical(readable(code)); !ok || got != code {
			t.Errorf("%q is read again as %q, want the same", code, got)
		}
	}
}
