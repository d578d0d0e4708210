package main

import (
	"github.com/spf13/cobra"
)

func (c *cli) configCommand() *cobra.Command {
	return group("config", "Check and print the settings",
		"Check and print the settings as the server would read them: defaults, then gatehouse.yaml,\nthen the environment, then flags. Neither command opens the database.",
		c.configCheck(), c.configPrint())
}

func (c *cli) configCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "List every fault in the configuration", Args: exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			if _, err := c.load(); err != nil {
				return err
			}
			c.say("the configuration is valid")
			return nil
		},
	}
}

func (c *cli) configPrint() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "print", Short: "Print every setting, its value and where it came from", Args: exactArgs(),
		Long: "Print every setting, its value and where it came from. Secrets are hidden.",
		RunE: func(*cobra.Command, []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			list := c.newList(asJSON, "SETTING", "VALUE", "FROM")
			for _, v := range cfg.Values() {
				if err := list.add(v, v.Variable, v.Value, v.Origin); err != nil {
					return err
				}
			}
			return list.flush()
		},
	}
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}
