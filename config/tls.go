package config

import (
	"crypto/tls"
	"strings"
)

func issuerWithTLS(c Config) string {
	if c.TLSCert != "" && strings.HasPrefix(c.Issuer, "http:") {
		return c.Issuer + " is not https, though GATEHOUSE_TLS_CERT is set"
	}
	return ""
}

func certificate(c Config) string {
	if c.TLSCert == "" && c.TLSKey != "" {
		return "is not set, though GATEHOUSE_TLS_KEY is"
	}
	if err := RegularFile(c.TLSCert); err != nil {
		return "cannot be used: " + err.Error()
	}
	return ""
}

func certificateKey(c Config) string {
	switch {
	case c.TLSCert == "":
		return ""
	case c.TLSKey == "":
		return "is not set, though GATEHOUSE_TLS_CERT is"
	}
	if err := RegularFile(c.TLSKey); err != nil {
		return "cannot be used: " + err.Error()
	}
	if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
		return quoted(c.TLSKey) + " and the certificate cannot be loaded: " + err.Error()
	}
	if err := private(c.TLSKey); err != nil {
		return quoted(c.TLSKey) + " is not private: " + err.Error()
	}
	return ""
}
