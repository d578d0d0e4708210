package config

import (
	"fmt"

	"gatehouse/keys/openssl"
)

func idle(c Config) string {
	if c.RefreshTokenIdle > c.RefreshTokenLifetime {
		return fmt.Sprintf("%s is more than GATEHOUSE_REFRESH_TOKEN_LIFETIME, %s", short(c.RefreshTokenIdle), short(c.RefreshTokenLifetime))
	}
	return ""
}

func access(c Config) string {
	if c.RefreshTokenIdle < c.AccessTokenLifetime {
		return fmt.Sprintf("%s is less than GATEHOUSE_ACCESS_TOKEN_LIFETIME, %s", short(c.RefreshTokenIdle), short(c.AccessTokenLifetime))
	}
	return ""
}

func signer(c Config) string {
	if err := openssl.Usable(); c.Signer == "openssl" && err != nil {
		return "openssl cannot be used: " + err.Error()
	}
	return ""
}

func lead(c Config) string {
	if c.KeyPublishLead >= c.KeyRotateEvery {
		return fmt.Sprintf("%s is not less than GATEHOUSE_KEY_ROTATE_EVERY, %s", short(c.KeyPublishLead), short(c.KeyRotateEvery))
	}
	return ""
}
