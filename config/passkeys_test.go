package config

import "testing"

func TestPlacesOfPasskeys(t *testing.T) {
	fingerprint := "14:6D:E9:83:C5:73:06:50:D8:EE:B9:95:2F:34:FC:64:16:A0:83:42:E6:1D:BE:A8:8A:04:96:B2:3F:CF:44:E5"
	for name, c := range map[string]struct {
		change func(*Config)
		right  bool
	}{
		"nothing":                      {func(*Config) {}, true},
		"a website":                    {func(c *Config) { c.PasskeyOrigins = []string{"https://shop.example"} }, true},
		"a website without TLS":        {func(c *Config) { c.PasskeyOrigins = []string{"http://shop.example"} }, false},
		"a page":                       {func(c *Config) { c.PasskeyOrigins = []string{"https://shop.example/"} }, false},
		"an app's own scheme":          {func(c *Config) { c.PasskeyOrigins = []string{"capacitor://localhost"} }, false},
		"a website, but no passkeys":   {func(c *Config) { c.Issuer, c.PasskeyOrigins = "https://192.0.2.1", []string{"https://shop.example"} }, false},
		"an app for Apple":             {func(c *Config) { c.AppleApps = []string{"A1B2C3D4E5.com.example.app"} }, true},
		"an app without a team":        {func(c *Config) { c.AppleApps = []string{"com.example.app"} }, false},
		"an app for Android":           {func(c *Config) { c.AndroidApps = []string{"com.example.app@" + fingerprint} }, true},
		"an app without a certificate": {func(c *Config) { c.AndroidApps = []string{"com.example.app"} }, false},
		"a certificate cut short":      {func(c *Config) { c.AndroidApps = []string{"com.example.app@" + fingerprint[:20]} }, false},
	} {
		cfg := Default()
		c.change(&cfg)
		if err := cfg.Validate(); (err == nil) != c.right {
			t.Errorf("%s: %v, want it accepted: %t", name, err, c.right)
		}
	}
}
