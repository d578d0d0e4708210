package main

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	of := func(revision, modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "GOOS", Value: "x"}, {Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: modified}}}
	}
	for _, c := range []struct {
		name, version string
		build         *debug.BuildInfo
		want          string
	}{
		{"a release", "1.2.3", of("0123456789abcdef0123456789abcdef01234567", "false"), "gatehouse 1.2.3 (commit 0123456789ab) GO PLATFORM"},
		{"with changes", "dev", of("0123456789abcdef", "true"), "gatehouse dev (commit 0123456789ab, modified) GO PLATFORM"},
		{"a short revision", "dev", of("17", "false"), "gatehouse dev (commit 17) GO PLATFORM"},
		{"without a repository", "dev", &debug.BuildInfo{}, "gatehouse dev GO PLATFORM"},
		{"without any information", "dev", nil, "gatehouse dev GO PLATFORM"},
	} {
		v := versionOf(c.version, c.build)
		v.Go, v.Platform = "GO", "PLATFORM"
		if got := v.String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		v.FIPS140 = "v1.0.0, enforced"
		if got := v.String(); got != c.want+" FIPS 140-3 module v1.0.0, enforced" {
			t.Errorf("%s, in FIPS 140-3 mode: %q, want the module at the end", c.name, got)
		}
		v.OpenSSL, v.FIPS140 = "OpenSSL 3.5", ""
		if got := v.String(); got != c.want+" OpenSSL 3.5" {
			t.Errorf("%s, with OpenSSL: %q, want its version at the end", c.name, got)
		}
	}
}
