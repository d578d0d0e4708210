package pages_test

import (
	"os"
	"testing"

	"gatehouse/internal/test/testkit"
)

var gatehouse testkit.Program

func TestMain(m *testing.M) { os.Exit(gatehouse.Run(m)) }
