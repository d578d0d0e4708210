package operators

import (
	"net/url"
	"testing"
	"unicode/utf8"

	"gatehouse/internal/cursor"
)

// Accepted parameters become a query within bounds, and a cursor works only in its own
// list.
func FuzzAuditQuery(f *testing.F) {
	for _, s := range []string{
		"", "kind=signin.*&actor=cli&subject=user:1&limit=5", "since=2026-11-03T12:00:00Z&until=2026-11-03T12:00:00.5%2B02:00", "since=9999-12-31T23:59:59Z", "since=0001-01-01T00:00:00Z", "limit=0", "limit=1&limit=2", "kind=a&kind=b", "cursor=x", "actor=%00", "since=2026-11-03",
	} {
		f.Add(s, "")
		f.Add(s, "2026-11-03T12:00:00Z")
	}
	f.Add("since=0001-01-01T00:00:00Z", "0585-07-21T23:34:33.709551616Z") // 2⁶⁴ ns later
	h := &Handlers{Cursors: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}}
	f.Fuzz(func(t *testing.T, raw, since string) {
		parameters, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, bind, err := h.auditQuery(parameters)
		if err != nil {
			return
		}
		if q.Limit < 1 || q.Limit > cursor.MaxLimit || q.Before != 0 || len(q.Kind) > 255 || !utf8.ValidString(q.Kind+q.Actor+q.Subject) {
			t.Errorf("%q asks for %+v, want values within bounds in UTF-8", raw, q)
		}
		mark, err := h.Cursors.Seal(bind, int64(7))
		if err != nil {
			t.Fatalf("sealing the text: %v", err)
		}
		parameters.Set("cursor", mark)
		if next, _, err := h.auditQuery(parameters); err != nil || next.Before != 7 {
			t.Errorf("the cursor of %q continues before %d, %v; want 7", raw, next.Before, err)
		}
		parameters.Set("since", since)
		if other, _, err := h.auditQuery(parameters); err == nil && !other.Since.Equal(q.Since) {
			t.Errorf("the cursor of %q works in the list since %q, want a refusal", raw, since)
		}
	})
}
