package config

import (
	"slices"
)

// A rule checks what bounds cannot express. Its problem is reported for the first
// variable. The rule is skipped if one of its variables already has a fault.
type rule struct {
	variables []string
	problem   func(Config) string
}

func (c Config) rules() []rule {
	return []rule{
		{[]string{"ADDR"}, func(c Config) string { return address(c.Addr) }},
		{[]string{"METRICS_ADDR", "ADDR"}, metricsAddress},
		{[]string{"ISSUER"}, issuer},
		{[]string{"ISSUER", "TLS_CERT"}, issuerWithTLS},
		{[]string{"SECURITY_CONTACT"}, securityContact},
		{[]string{"BRAND_NAME"}, brandName},
		{[]string{"BRAND_COLOR"}, brandColor},
		{[]string{"BRAND_TERMS_URL"}, func(c Config) string { return pageAddress(c.BrandTermsURL, "https") }},
		{[]string{"BRAND_PRIVACY_URL"}, func(c Config) string { return pageAddress(c.BrandPrivacyURL, "https") }},
		{[]string{"BRAND_SUPPORT_URL"}, func(c Config) string { return pageAddress(c.BrandSupportURL, "https", "mailto") }},
		{[]string{"AUDIENCE"}, audience},
		{[]string{"DATABASE"}, database},
		{[]string{"REDIS"}, redis},
		{[]string{"SMTP"}, mailServer},
		{[]string{"MAIL_FROM", "SMTP"}, mailFrom},
		{[]string{"SIGNUP", "SMTP"}, signUp},
		{[]string{"MAIL_TEMPLATES"}, mailTemplates},
		{[]string{"MASTER_KEY"}, func(c Config) string { return masterKey(c.MasterKey) }},
		{[]string{"MASTER_KEY_PREVIOUS"}, func(c Config) string { return masterKey(c.MasterKeyPrevious) }},
		{[]string{"MASTER_KEY", "DATABASE"}, masterKeyForMySQL},
		{[]string{"CORS_ORIGINS"}, origins},
		{[]string{"CLIENT_DOCUMENT_HOSTS", "CLIENT_DOCUMENTS"}, documentHosts},
		{[]string{"PASSKEY_ORIGINS", "ISSUER"}, passkeyOrigins},
		{[]string{"APPLE_APPS"}, appleApps},
		{[]string{"ANDROID_APPS"}, androidApps},
		{[]string{"TLS_CERT", "TLS_KEY"}, certificate},
		{[]string{"TLS_KEY", "TLS_CERT"}, certificateKey},
		{[]string{"REFRESH_TOKEN_IDLE", "REFRESH_TOKEN_LIFETIME"}, idle},
		{[]string{"REFRESH_TOKEN_IDLE", "ACCESS_TOKEN_LIFETIME"}, access},
		{[]string{"SIGNER"}, signer},
		{[]string{"KEY_PUBLISH_LEAD", "KEY_ROTATE_EVERY"}, lead},
		{[]string{"STOLEN_PASSWORDS"}, stolenPasswords},
		{[]string{"AUDIT_SINK"}, auditSink},
		{[]string{"PASSWORD_HASH"}, passwordHash},
		{[]string{"PASSWORD_ITERATIONS", "PASSWORD_MEMORY_KIB"}, passwordCost},
		{[]string{"PASSWORD_BUDGET_MIB", "PASSWORD_MEMORY_KIB"}, passwordBudget},
	}
}

// Validate returns every fault in c as *Faults, or nil.
func (c Config) Validate() error {
	var faults Faults
	c.check(&faults)
	return faults.orNil()
}

// check adds the faults of the values to those of reading.
func (c Config) check(faults *Faults) {
	failed := map[string]bool{}
	report := func(variable, problem string) {
		from := c.origins[variable]
		if from == variable {
			from = ""
		}
		failed[variable] = true
		faults.add(variable, problem, from)
	}
	for _, s := range settings() {
		if failed[s.Env] = faults.names(s.Env); failed[s.Env] {
			continue
		}
		if problem := s.outOfBounds(c); problem != "" {
			report(s.Env, s.show(c)+" "+problem)
		}
	}
	for _, r := range c.rules() {
		if slices.ContainsFunc(r.variables, func(v string) bool { return failed[prefix+v] }) {
			continue
		}
		if problem := r.problem(c); problem != "" {
			report(prefix+r.variables[0], problem)
		}
	}
}
