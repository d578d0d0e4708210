package system_test

import (
	"flag"
	"os"
	"testing"

	"gatehouse/internal/testkit"
)

var gatehouse testkit.Program

func TestMain(m *testing.M) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set("3") // the tests wait more than they work
	}
	os.Exit(gatehouse.Run(m))
}
