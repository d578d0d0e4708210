package engine

import "gorm.io/gorm"

// Watch makes what reads go through a pool around the one it used: a test explains the
// statements that pass. It is called before the first read.
func (d *DB) Watch(around func(gorm.ConnPool) gorm.ConnPool) {
	d.reader.Statement.ConnPool = around(d.reader.Statement.ConnPool)
}
