package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (c *cli) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check and print the settings"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "check", Short: "Name every fault of the configuration", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				if _, err := c.load(); err != nil {
					return err
				}
				_, err := fmt.Fprintln(c.stderr, "the configuration is good")
				return err
			},
		},
		&cobra.Command{
			Use: "print", Short: "Print every setting, its value and where it came from; secrets are hidden", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				cfg, err := c.load()
				if err != nil {
					return err
				}
				return cfg.Print(c.stdout)
			},
		},
	)
	return cmd
}
