package system_test

import (
	"os"
	"testing"

	"gatehouse/internal/test/testkit"
)

var gatehouse testkit.Program

func TestMain(m *testing.M) {
	testkit.Parallel(3)
	os.Exit(gatehouse.Run(m))
}
