package config

import (
	"strings"
	"testing"
)

// TestBrandsThatAreRefused: the fault says what is wrong, the contrast of a colour too.
func TestBrandsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.BrandColor = "#ffcc00" }, "has a contrast of only 1."},
		{func(c *Config) { c.BrandColor = "green" }, "is not a colour such as"},
		{func(c *Config) { c.BrandName = strings.Repeat("x", 41) }, "more than 40 characters"},
		{func(c *Config) { c.BrandName = "a\x00b" }, "characters that are not shown"},
		{func(c *Config) { c.BrandTermsURL = "javascript:alert(1)" }, "is not an address that begins with https:"},
		{func(c *Config) { c.BrandPrivacyURL = "http://acme.example/" }, "is not an address that begins with https:"},
		{func(c *Config) { c.BrandSupportURL = "tel:1" }, "https: or mailto:"},
	} {
		var cfg Config
		c.change(&cfg)
		var problems []string
		for _, r := range cfg.rules() {
			if strings.HasPrefix(r.variables[0], "BRAND_") {
				problems = append(problems, r.problem(cfg))
			}
		}
		if got := strings.Join(problems, ""); !strings.Contains(got, c.want) {
			t.Errorf("the faults are %q, want %q in them", got, c.want)
		}
	}
}
