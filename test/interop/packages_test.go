package interop_test

import (
	"testing"

	"gatehouse/internal/test/testkit"
)

// npmProject copies a folder, and installs its packages.
func npmProject(t *testing.T, folder string) string {
	t.Helper()
	return testkit.NPM(t, folder)
}

// pythonPackages installs packages in a folder of their own. pip keeps what it fetched in
// its own cache.
func pythonPackages(t *testing.T, requirements string) string {
	t.Helper()
	testkit.Long(t)
	folder := t.TempDir()
	testkit.Install(t, "", testkit.Installed(t, "pip3"), "install", "-q", "--disable-pip-version-check", "--root-user-action=ignore",
		"--no-compile", "--no-deps", "--only-binary", ":all:", "--target", folder, "-r", requirements)
	return folder
}
