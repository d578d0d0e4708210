package suggest

import (
	"strings"
	"testing"
)

func TestQuestion(t *testing.T) {
	known := []string{"", "admin", "staff", "user", "signin.ok", "signin.refused"}
	for word, want := range map[string]string{
		"amin": "; did you mean admin?", "usr": "; did you mean user?", "stuff": "; did you mean staff?", "signin.refuse": "; did you mean signin.refused?",
		"signin.k": "; did you mean signin.ok?", "king": "", "": "", "x": "", strings.Repeat("x", 1000): "",
	} {
		if got := Question(word, known); got != want {
			t.Errorf("for %.20q: %q, want %q", word, got, want)
		}
	}
}
