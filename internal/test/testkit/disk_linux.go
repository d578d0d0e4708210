package testkit

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// SmallDisk mounts an empty disk of the given size in MiB on the folder until the test
// ends. Without the right to mount, it skips the test.
func SmallDisk(t testing.TB, folder string, mib int) {
	t.Helper()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		t.Skipf("no disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
}

// FillDisk fills the disk of the folder with a file, and returns a function that removes
// the file.
func FillDisk(t testing.TB, folder string) (empty func()) {
	t.Helper()
	name := filepath.Join(folder, "ballast")
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatalf("opening the file: %v", err)
	}
	defer file.Close() // a failed write is expected
	for err == nil {
		_, err = file.Write(make([]byte, 4<<10))
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Errorf("removing the file: %v", err)
		}
	}
}
