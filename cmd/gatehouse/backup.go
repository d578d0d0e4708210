package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"gatehouse/store/sqlstore/rescue"
)

func (c *cli) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Copy the embedded database, even while the server runs", Args: exactArgs("FILE"),
		Long: `Copy the embedded database (SQLite) as it is at this moment to FILE, which must not
exist yet. The server may be running. The copy is checked before it gets its name.

The master key is not in the copy. Without it, the signing keys in the copy cannot be
opened; anybody who has both can sign. Keep the master key in another place.

A MySQL or MariaDB server has tools of its own:
  mariadb-dump --single-transaction --hex-blob DATABASE > FILE`,
		Example: `  gatehouse backup /var/backups/gatehouse-$(date +%F).db`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			err = rescue.Backup(cmd.Context(), cfg.Database.Reveal(), args[0])
			switch {
			case errors.Is(err, rescue.ErrNotEmbedded):
				return errors.New("the database is a MySQL or MariaDB server, which has a tool of its own; run: mariadb-dump --single-transaction --hex-blob DATABASE > FILE (or mysqldump, likewise)")
			case errors.Is(err, fs.ErrExist):
				return fmt.Errorf("%s already exists and is not overwritten; name another file", args[0])
			case err != nil:
				return err
			}
			c.say("the database was copied to %s and checked", args[0])
			c.say("The master key (gatehouse.key, or GATEHOUSE_MASTER_KEY) is not in the copy: keep it in another place.")
			return nil
		},
	}
}
