package testkit

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// SmallDisk puts a disk of so many MiB, which is empty, on the folder, until the
// test ends. It takes the right to mount one; without it the test is skipped.
func SmallDisk(t testing.TB, folder string, mib int) {
	t.Helper()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		t.Skipf("no disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
}

// FillDisk fills the disk of the folder with a file and returns what removes it.
func FillDisk(t testing.TB, folder string) (empty func()) {
	t.Helper()
	name := filepath.Join(folder, "ballast")
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatalf("opening the file: %v", err)
	}
	defer file.Close() // what could be written is there
	for err == nil {
		_, err = file.Write(make([]byte, 4<<10))
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Errorf("removing the file: %v", err)
		}
	}
}
