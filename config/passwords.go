package config

import (
	"crypto/fips140"
	"fmt"

	"gatehouse/internal/stolen"
)

func stolenPasswords(c Config) string {
	if c.StolenPasswords == "" {
		return ""
	}
	err := RegularFile(c.StolenPasswords)
	if err == nil {
		_, err = stolen.Open(c.StolenPasswords)
	}
	if err != nil {
		return "cannot be used: " + err.Error()
	}
	return ""
}

// HashPBKDF2 is the value of PasswordHash for PBKDF2.
const HashPBKDF2 = "pbkdf2"

// passwordHash refuses at the start what FIPS 140-3 has not: golang.org/x/crypto and our own
// argon2id are outside of Go's module, so nothing else would.
func passwordHash(c Config) string {
	if fips140.Enforced() && c.PasswordHash != HashPBKDF2 {
		return c.PasswordHash + " is not approved by FIPS 140-3, which GODEBUG=fips140=only enforces; set it to " + HashPBKDF2
	}
	return ""
}

// leastWork is the minimum that the OWASP Password Storage Cheat Sheet advises for
// argon2id: 7 MiB, 5 iterations.
const leastWork = 7168 * 5

func passwordCost(c Config) string {
	if c.PasswordIterations*c.PasswordMemoryKiB < leastWork {
		return fmt.Sprintf("%d is too few for GATEHOUSE_PASSWORD_MEMORY_KIB %d: together they must reach %d",
			c.PasswordIterations, c.PasswordMemoryKiB, leastWork)
	}
	return ""
}

func passwordBudget(c Config) string {
	if c.PasswordBudgetMiB > 0 && c.PasswordBudgetMiB*1024 < c.PasswordMemoryKiB {
		return fmt.Sprintf("%d has no room for one hash of GATEHOUSE_PASSWORD_MEMORY_KIB %d", c.PasswordBudgetMiB, c.PasswordMemoryKiB)
	}
	return ""
}
