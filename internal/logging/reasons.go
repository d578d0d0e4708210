package logging

import (
	"fmt"
	"slices"
	"strings"
)

// namedReasons is how many reasons a summary gives, and reasonBytes the maximum length of
// each.
const namedReasons, reasonBytes = 5, 300

// reasons counts the first few distinct reasons. The zero value is ready.
type reasons struct {
	texts  []string
	counts []int
	others int
}

func (rs *reasons) add(text string) {
	if text == "" {
		return
	}
	text = text[:min(len(text), reasonBytes)]
	i := slices.Index(rs.texts, text)
	switch {
	case i >= 0:
		rs.counts[i]++
	case len(rs.texts) < namedReasons:
		rs.texts, rs.counts = append(rs.texts, strings.Clone(text)), append(rs.counts, 1)
	default:
		rs.others++
	}
}

// String returns, for example, "timed out (12); no room (3); others (1)".
func (rs *reasons) String() string {
	var all []string
	for i, text := range rs.texts {
		all = append(all, fmt.Sprintf("%s (%d)", text, rs.counts[i]))
	}
	if rs.others > 0 {
		all = append(all, fmt.Sprintf("others (%d)", rs.others))
	}
	return strings.Join(all, "; ")
}
