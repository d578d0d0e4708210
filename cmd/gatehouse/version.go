package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/doctor"
	"gatehouse/keys/openssl"
)

// versionInfo says which program this is.
type versionInfo struct {
	Version string `json:"version"`
	// Commit is the revision that the program was built from; empty if the Go tool could
	// not see the repository.
	Commit string `json:"commit"`
	// Modified is set if the working tree had changes that are not in the commit.
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	// OpenSSL is the version of the OpenSSL in this build; empty in one without it.
	OpenSSL string `json:"openssl,omitempty"`
	// FIPS140 is Go's cryptographic module, if it runs in FIPS 140-3 mode.
	FIPS140 string `json:"fips140,omitempty"`
}

func thisVersion() versionInfo {
	build, _ := debug.ReadBuildInfo()
	v := versionOf(version, build)
	v.OpenSSL = openssl.Version()
	v.FIPS140 = doctor.FIPSMode()
	return v
}

// versionOf returns what is known of a build, which may be nil.
func versionOf(version string, build *debug.BuildInfo) versionInfo {
	v := versionInfo{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if build == nil {
		return v
	}
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (v versionInfo) String() string {
	commit := ""
	if v.Commit != "" {
		commit = " (commit " + v.Commit[:min(12, len(v.Commit))]
		if v.Modified {
			commit += ", modified"
		}
		commit += ")"
	}
	parts := []string{"gatehouse", v.Version + commit, v.Go, v.Platform}
	if v.OpenSSL != "" {
		parts = append(parts, v.OpenSSL)
	}
	if v.FIPS140 != "" {
		parts = append(parts, "FIPS 140-3 module "+v.FIPS140)
	}
	return strings.Join(parts, " ")
}

func (c *cli) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version, the commit and the Go version", Args: exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return c.json(thisVersion())
			}
			_, err := fmt.Fprintln(c.stdout, thisVersion())
			return err
		},
	}
	printsJSON(cmd, &asJSON, "print the version as JSON")
	return cmd
}

// showsVersion adds the flag --version to the root command.
func showsVersion(root *cobra.Command) {
	root.Version = thisVersion().String()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version") // without cobra's -v, which looks like verbose
}
