package cursor

import "testing"

func TestLimit(t *testing.T) {
	const fault = "Give a number from 1 to 1000."
	for _, c := range []struct {
		text  string
		n     int
		fault string
	}{
		{"1", 1, ""},
		{"1000", 1000, ""},
		{"0", 0, fault},
		{"1001", 0, fault},
		{"-1", 0, fault},
		{"", 0, fault},
		{"ten", 0, fault},
		{"10 ", 0, fault},
		{"1e2", 0, fault},
		{"99999999999999999999", 0, fault},
	} {
		if n, fault := Limit(c.text); n != c.n || fault != c.fault {
			t.Errorf("Limit(%q) = %d, %q, want %d, %q", c.text, n, fault, c.n, c.fault)
		}
	}
	if DefaultLimit != 100 {
		t.Errorf("DefaultLimit = %d, want 100", DefaultLimit)
	}
}
