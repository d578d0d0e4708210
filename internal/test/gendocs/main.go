// Command gendocs writes the generated documents: docs/configuration.md from the
// settings, and the API document from its parts and the lists that decode requests. Run
// it with: go generate ./config ./handlers/operators
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"gatehouse/config"
)

func main() {
	settings := flag.String("configuration", "", "the `file` to write the page of the settings to")
	api := flag.String("openapi", "", "the `file` to write the API document to; its parts are in the folder of the same name")
	flag.Parse()
	if err := write(*settings, *api); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func write(settings, api string) error {
	if settings != "" {
		return os.WriteFile(settings, []byte(configuration()), 0o644) //nolint:gosec // G306: a document
	}
	composed, err := document(strings.TrimSuffix(api, ".json"))
	if err != nil {
		return err
	}
	return os.WriteFile(api, []byte(composed), 0o644) //nolint:gosec // G306: a document
}

const introduction = `# Configuration

<!-- Generated from config/config.go by "go generate ./config"; do not edit. -->

Without any setting, ` + "`gatehouse serve`" + ` starts on a new SQLite file. A setting can be given in four places; the last one wins:

1. the default;
2. a YAML file, ` + "`gatehouse.yaml`" + ` in the working folder or the one that ` + "`--config`" + ` names, with lines such as ` + "`access_token_lifetime: 5m`" + `;
3. the environment, such as ` + "`GATEHOUSE_ACCESS_TOKEN_LIFETIME=5m`" + `; an empty variable is unset;
4. a flag, such as ` + "`--access-token-lifetime 5m`" + `.

A secret can also be read from a file: ` + "`GATEHOUSE_MASTER_KEY_FILE=/run/secrets/master_key`" + `, or ` + "`master_key_file:`" + ` in the YAML file. Such a
file must not be readable by everybody, except below ` + "`/run/secrets/`" + `, where Docker and Kubernetes put them. Secrets cannot be given on
the command line.

Durations have a unit: ` + "`90s`, `15m`, `720h`" + `. Lists are separated by commas, or are YAML lists.

` + "`gatehouse config check`" + ` names everything that is wrong, and ` + "`gatehouse config print`" + ` shows each value and where it came from, without
the secrets. A server with a fault in its configuration does not start. A variable that begins with ` + "`GATEHOUSE_`" + ` and is not a setting is
a fault, except ` + "`GATEHOUSE_TEST_…`" + ` and the variables that Kubernetes makes for a service named gatehouse.

| variable | default | bounds | |
|---|---|---|---|
`

func configuration() string {
	var page strings.Builder
	page.WriteString(introduction)
	for _, s := range config.Settings() {
		row(&page, s)
	}
	page.WriteString("\nThe key in the YAML file is the variable in lower case without `gatehouse_`; the flag is the same with hyphens.\n")
	return page.String()
}

func row(w io.Writer, s config.Setting) {
	value, bounds := "empty", s.Bounds
	if s.Default != "" {
		value = "`" + s.Default + "`"
	}
	if bounds == "" {
		bounds = s.Kind
	}
	name := "`" + s.Env + "`"
	if s.Secret {
		name += ", `…_FILE`"
	}
	doc := s.Doc
	if s.Flag == "" {
		doc += " It has no flag."
	}
	fmt.Fprintf(w, "| %s | %s | %s | %s |\n", name, value, bounds, doc) //nolint:errcheck // w is a strings.Builder
}
