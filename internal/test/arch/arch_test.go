// Package arch keeps the imports between the packages pointing down.
package arch

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// owners names the only packages that may import a library or an inner package of ours,
// so that replacing one is a change in one place.
var owners = map[string]string{
	"gorm.io/":                         "store/sqlstore store/sqlstore/engine",
	"github.com/go-sql-driver/":        "store/sqlstore/engine",
	"modernc.org/":                     "store/sqlstore/engine",
	"gatehouse/store/sqlstore/":        "store/sqlstore store/sqlstore/engine store/sqlstore/rescue",
	"gatehouse/store/sqlstore/rescue":  "cmd/gatehouse internal/doctor",
	"github.com/redis/go-redis/":       "store/redisstore",
	"github.com/go-oauth2/oauth2/":     "internal/oauth/grants",
	"github.com/go-webauthn/":          "internal/passkey",
	"github.com/lestrrat-go/jwx/":      "keys",
	"github.com/gorilla/mux":           "server",
	"github.com/spf13/cobra":           "cmd/gatehouse",
	"github.com/prometheus/":           "internal/metrics",
	"golang.org/x/crypto/":             "internal/password internal/password/argon2 bench",
	"github.com/wneessen/go-mail":      "internal/mail",
	"github.com/emersion/":             "internal/test/mailbox",
	"go.yaml.in/yaml":                  "config",
	"github.com/FastFilter/":           "internal/stolen internal/stolen/genfilter",
	"github.com/golang-jwt":            "nobody",
	"github.com/go-oauth2/oauth2/v4/m": "internal/oauth/grants",
	"math/rand":                        "nobody",
	"github.com/coreos/go-oidc/":       "nobody", // only tests sign in with it
	"golang.org/x/oauth2":              "nobody", // only tests sign in with it
	"pgregory.net/rapid":               "nobody", // only tests draw random sequences with it
}

func TestImportsPointDown(t *testing.T) {
	layerOf := drawing(t)
	imports := listImports(t)
	for pkg, imported := range imports {
		from, drawn := layerOf[pkg]
		if !drawn {
			t.Errorf("docs/architecture.md does not show %s, want every package in its drawing", pkg)
		}
		for _, imp := range imported {
			if ours, ok := strings.CutPrefix(imp, "gatehouse/"); ok && drawn {
				if to, drawn := layerOf[ours]; drawn && to <= from {
					t.Errorf("%s imports %s, want only packages of layers below it", pkg, ours)
				}
			}
			if owner := ownerOf(imp); owner != "" && !slices.Contains(strings.Fields(owner), pkg) {
				t.Errorf("%s imports %s, want that in %s alone", pkg, imp, owner)
			}
		}
	}
	for pkg := range layerOf {
		if _, there := imports[pkg]; !there {
			t.Errorf("docs/architecture.md shows %s, want only packages that exist", pkg)
		}
	}
}

// drawing reads the rooms in docs/architecture.md, and returns the layer of every
// package, counted from the top. Packages in one layer do not import each other.
func drawing(t *testing.T) map[string]int {
	t.Helper()
	page, err := os.ReadFile("../../../docs/architecture.md")
	if err != nil {
		t.Fatalf("reading the drawing: %v", err)
	}
	_, rooms, _ := strings.Cut(string(page), "## The rooms")
	_, rooms, _ = strings.Cut(rooms, "```\n")
	rooms, _, found := strings.Cut(rooms, "```\n")
	if !found {
		t.Fatal("docs/architecture.md has no drawing under its heading The rooms, want one")
	}
	layerOf, layer := map[string]int{}, 0
	for line := range strings.Lines(rooms) {
		pkg, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if pkg == "----" {
			layer++
			continue
		}
		if _, twice := layerOf[pkg]; twice {
			t.Errorf("docs/architecture.md shows %s twice, want it once", pkg)
		}
		layerOf[pkg] = layer
	}
	return layerOf
}

// ownerOf returns the owners of the longest prefix that matches, or "".
func ownerOf(imp string) (owner string) {
	longest := ""
	for prefix, packages := range owners {
		if strings.HasPrefix(imp, prefix) && len(prefix) > len(longest) {
			longest, owner = prefix, packages
		}
	}
	return owner
}

// listImports returns the imports of every package of ours, without those of tests.
func listImports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "gatehouse/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		imports[strings.TrimPrefix(fields[0], "gatehouse/")] = fields[1:]
	}
	return imports
}
