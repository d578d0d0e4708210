// Package arch keeps the arrows between the packages pointing down.
package arch

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers lists our packages from the ground up. A package may import those of
// lower layers only; those in one layer do not know each other.
var layers = [][]string{
	{"internal/clock", "internal/loopback", "internal/secret", "internal/finding", "internal/logging", "internal/machine"},
	{"internal/test/testkit"},
	{"store", "store/breaker", "config", "web", "internal/grant", "internal/reqctx", "internal/names", "internal/password", "internal/metrics", "internal/cursor", "internal/fields", "internal/sweep", "internal/test/testdb", "internal/test/apicheck"},
	{"internal/authz", "internal/audit", "internal/profile", "internal/throttle", "internal/notify", "store/sqlstore/dbfile", "store/sqlstore/migrations", "store/redisstore", "store/storetest"},
	{"store/sqlstore/engine"},
	{"store/sqlstore"},
	{"store/sqlstore/rescue"},
	{"keys", "internal/claims", "internal/outbound"},
	{"internal/token", "internal/doctor"},
	{"internal/session"},
	{"internal/client", "internal/account", "internal/browser", "internal/figures"},
	{"internal/recovery"},
	{"internal/oauth", "internal/test/replay"},
	{"internal/oauth/authorize", "internal/oauth/clientauth", "internal/oauth/grants", "internal/oauth/device", "internal/oauth/discovery", "internal/oauth/logout"},
	{"handlers"},
	{"handlers/api", "handlers/pages", "server"},
	{"handlers/protocol", "handlers/pages/signin", "handlers/accounts", "handlers/operators"},
	{"cmd/gatehouse", "internal/test/gendocs", "internal/test/messages", "bench", "test/faults", "test/system", "test/interop", "test/model"},
}

// owners names the packages, one or a few, that alone may import a library or an inner
// package of ours, so that the step to another one is a change of one place.
var owners = map[string]string{
	"gorm.io/":                         "store/sqlstore store/sqlstore/engine",
	"github.com/go-sql-driver/":        "store/sqlstore/engine",
	"modernc.org/":                     "store/sqlstore/engine",
	"gatehouse/store/sqlstore/":        "store/sqlstore store/sqlstore/engine store/sqlstore/rescue",
	"gatehouse/store/sqlstore/rescue":  "cmd/gatehouse internal/doctor",
	"github.com/redis/go-redis/":       "store/redisstore",
	"github.com/go-oauth2/oauth2/":     "internal/oauth/grants",
	"github.com/lestrrat-go/jwx/":      "keys",
	"github.com/gorilla/mux":           "server",
	"github.com/spf13/cobra":           "cmd/gatehouse",
	"github.com/prometheus/":           "internal/metrics",
	"golang.org/x/crypto/":             "internal/password",
	"go.yaml.in/yaml":                  "config",
	"github.com/golang-jwt":            "nobody",
	"github.com/go-oauth2/oauth2/v4/m": "internal/oauth/grants",
	"math/rand":                        "nobody",
	"github.com/coreos/go-oidc/":       "nobody", // tests sign in with it
	"golang.org/x/oauth2":              "nobody", // tests sign in with it
	"pgregory.net/rapid":               "nobody", // tests draw random sequences with it
}

func TestImportsPointDown(t *testing.T) {
	level := map[string]int{}
	for i, layer := range layers {
		for _, p := range layer {
			level[p] = i
		}
	}
	for pkg, imports := range listImports(t) {
		from, known := level[pkg]
		if !known && pkg != "internal/test/arch" {
			t.Errorf("%s has no place in layers, want one", pkg)
		}
		for _, imp := range imports {
			if ours, ok := strings.CutPrefix(imp, "gatehouse/"); ok {
				if to, known := level[ours]; known && to >= from {
					t.Errorf("%s imports %s, want only packages below it", pkg, ours)
				}
			}
			if owner := ownerOf(imp); owner != "" && !slices.Contains(strings.Fields(owner), pkg) {
				t.Errorf("%s imports %s, want that in %s alone", pkg, imp, owner)
			}
		}
	}
}

// ownerOf goes by the longest prefix.
func ownerOf(imp string) (owner string) {
	longest := ""
	for prefix, packages := range owners {
		if strings.HasPrefix(imp, prefix) && len(prefix) > len(longest) {
			longest, owner = prefix, packages
		}
	}
	return owner
}

// listImports returns the imports of every package of ours, tests left out.
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
