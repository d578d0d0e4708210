package main

import (
	"os"
	"testing"
)

func TestConfigurationPageIsCurrent(t *testing.T) {
	page, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != configuration() {
		t.Error("docs/configuration.md is stale; run: go generate ./config")
	}
}
