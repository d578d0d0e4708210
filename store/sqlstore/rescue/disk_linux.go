package rescue

import (
	"os"
	"syscall"

	"gatehouse/internal/finding"
)

// The free space that is needed for a copy of the file, and for the log.
const (
	scarceMiB = 1024
	fullMiB   = 100
)

// networks names, by their numbers in statfs(2), the file systems on which SQLite's
// locks and shared memory do not work between machines.
var networks = map[fileSystem]string{
	0x6969: "NFS", 0xff534d42: "CIFS", 0xfe534d42: "SMB", 0x517b: "SMB", 0x01021997: "9p", 0x00c36400: "Ceph", 0x5346414f: "AFS",
}

// A fileSystem is the type of statfs(2), whose Go type differs by architecture.
type fileSystem uint32

func examineDisk(folder, file string, found *finding.List) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return // the missing folder has been reported
	}
	kind := networks[fileSystem(s.Type)] //nolint:gosec // G115: the numbers have 32 bits
	if kind != "" {
		found.Fault("database disk", "keep it on a disk of this machine, or use MySQL", "the file is on a network file system (%s), where SQLite loses data", kind)
	}
	free := int64(s.Bavail) * int64(s.Bsize) >> 20 //nolint:gosec,unconvert // G115: no disk is that big; the type differs by architecture
	var size int64
	if info, err := os.Stat(file); err == nil {
		size = info.Size() >> 20
	}
	const do = "free some space, or move the database to a bigger disk"
	switch {
	case free < fullMiB:
		found.Fault("database disk", do, "%d MiB are free", free)
	case free < max(scarceMiB, 2*size):
		found.Warn("database disk", do, "%d MiB are free, and the database has %d", free, size)
	default:
		found.OK("database disk", "%d MiB are free, and the database has %d", free, size)
	}
}
