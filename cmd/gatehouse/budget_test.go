package main

import (
	"runtime"
	"testing"

	"gatehouse/config"
	"gatehouse/internal/machine"
)

func TestTheBudgetOfPasswordHashes(t *testing.T) {
	automatic := machine.PasswordBudgetMiB(runtime.GOMAXPROCS(0), machine.GroupMemory())
	for name, c := range map[string]struct{ setting, memoryKiB, want int }{
		"as set":                   {40, 19456, 40},
		"by the machine":           {0, 19456, automatic},
		"room for one large hash":  {0, 1 << 30, 1 << 20},
		"of a part of a MiB, more": {0, 1<<30 + 1, 1<<20 + 1},
	} {
		cfg := config.Default()
		cfg.PasswordBudgetMiB, cfg.PasswordMemoryKiB = c.setting, c.memoryKiB
		if got := machineSettings(cfg).PasswordBudgetMiB; got != c.want {
			t.Errorf("%s: %d MiB, want %d", name, got, c.want)
		}
	}
}
