package main

import (
	"os"
	"testing"
)

func TestConfigurationPageIsCurrent(t *testing.T) {
	page, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	if string(page) != configuration() {
		t.Error("docs/configuration.md is stale; run: go generate ./config")
	}
}
