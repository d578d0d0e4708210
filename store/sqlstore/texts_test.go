package sqlstore

import (
	"encoding/json"
	"slices"
	"testing"
)

// FuzzTexts: a list comes back as it was, and any column is read as JSON reads it, whichever
// way is taken.
func FuzzTexts(f *testing.F) {
	for _, column := range []string{
		`["pwd"]`, `["pwd","otp","mfa"]`, `[""]`, `["",""]`, `["a,b"]`, `["a","b"]`, `["a", "b"]`, ` ["a"]`, `["a\"b"]`, `["a\\","b"]`,
		`["é"]`, "[\"\x80\"]", `["a""b"]`, `["a",b"]`, `["a",""`, `["a",]`, `["","","a"]`, `["","]`, `[","]`, `["a","b]`, `["a"b"]`, `[]`, ``, `[1]`, `null`, `"]`, `["]`,
	} {
		f.Add(column)
	}
	f.Fuzz(func(t *testing.T, column string) {
		var got texts
		err := got.Scan(column)
		var want []string
		wantErr := error(nil)
		if column != "" {
			wantErr = json.Unmarshal([]byte(column), &want)
		}
		if (err != nil) != (wantErr != nil) || err == nil && !slices.Equal(got, want) {
			t.Errorf("%q is read as %q, %v, want %q, %v", column, []string(got), err, want, wantErr)
		}
		var bytes, again texts
		if bytesErr := bytes.Scan([]byte(column)); (bytesErr != nil) != (err != nil) || err == nil && !slices.Equal(bytes, got) {
			t.Errorf("%q as bytes is read as %q, %v, want %q, %v", column, []string(bytes), bytesErr, []string(got), err)
		}
		if err != nil {
			return
		}
		if back := again.Scan(list(got)); back != nil || !slices.Equal(again, got) {
			t.Errorf("written and read again: %q, %v, want %q", []string(again), back, []string(got))
		}
	})
}
