package doctor

import (
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/finding"
	"gatehouse/internal/machine"
	"gatehouse/internal/test/testkit"
	"gatehouse/keys/openssl"
)

func TestCertificates(t *testing.T) {
	const issuer = "https://login.example.com"
	cert, key := testkit.Certificate(t, "login.example.com") // valid for an hour before and after now
	for _, c := range []struct {
		now   time.Time
		level finding.Level
		word  string
	}{
		{time.Now(), finding.Warning, "expires"},
		{time.Now().Add(2 * time.Hour), finding.Fault, "expired"},
		{time.Now().Add(-2 * time.Hour), finding.Fault, "not valid before"},
		{time.Now().Add(-30 * time.Minute), finding.Warning, "expires"},
	} {
		found := Certificate(cert, key, issuer, c.now)
		testkit.Finds(t, found, "certificate", c.level, c.word)
		testkit.Finds(t, found, "certificate name", finding.OK, "login.example.com")
	}
	found := Certificate(cert, key, "https://elsewhere.example.com", time.Now())
	testkit.Finds(t, found, "certificate name", finding.Warning, "elsewhere.example.com")
	_, other := testkit.Certificate(t, "login.example.com")
	testkit.Finds(t, Certificate(cert, other, issuer, time.Now()), "certificate", finding.Fault, "belong together")
}

func TestTheFront(t *testing.T) {
	testkit.Finds(t, Front("http://localhost:8080", false, false, false), "issuer", finding.Warning, "GATEHOUSE_ISSUER")
	testkit.Finds(t, Front("http://gatehouse:8080", true, false, false), "issuer", finding.Fault, "in the clear")
	testkit.Finds(t, Front("https://login.example.com", false, false, false), "trusted proxies", finding.Warning, "GATEHOUSE_TRUSTED_PROXIES")
}

func TestWhereOurOwnAPIIsDescribed(t *testing.T) {
	at := config.Config{Issuer: "https://id.example", Audience: "https://id.example/api"}
	testkit.Finds(t, Resource(at), "resource metadata", finding.OK, "https://id.example/.well-known/oauth-protected-resource/api")
	at.Audience = "https://api.example"
	testkit.Finds(t, Resource(at), "resource metadata", finding.OK, "none for our own API, which GATEHOUSE_AUDIENCE calls https://api.example: it is at another host")
}

func TestWhatSigns(t *testing.T) {
	testkit.Finds(t, Signer("go"), "signer", finding.OK, "crypto/rsa")
	if why := openssl.Usable(); why != nil {
		testkit.Finds(t, Signer("auto"), "signer", finding.OK, why.Error())
		testkit.Finds(t, Signer("openssl"), "signer", finding.Fault, "GATEHOUSE_SIGNER=auto")
		return
	}
	testkit.Finds(t, Signer("auto"), "signer", finding.OK, openssl.Version())
	testkit.Finds(t, Signer("openssl"), "signer", finding.OK, openssl.Version())
}

func TestFIPSMode(t *testing.T) {
	if FIPSMode() == "" {
		testkit.Finds(t, FIPS(config.Default()), "FIPS 140-3", finding.OK, "off; GODEBUG=fips140=on turns it on")
	}
	if testkit.OnlyFIPS(t) {
		cfg := config.Default()
		testkit.Finds(t, FIPS(cfg), "FIPS 140-3", finding.Warning, "enforced; passwords are hashed with argon2id")
		cfg.PasswordHash = config.HashPBKDF2
		testkit.Finds(t, FIPS(cfg), "FIPS 140-3", finding.OK, "enforced; passwords are hashed with pbkdf2")
	}
}

func TestTheMachine(t *testing.T) {
	settings := machine.Settings{PasswordBudgetMiB: 128}
	poor := machine.Resources{Files: 1024, Memory: 256 << 20, Cores: 1, Collector: "100MiB"}
	for check, word := range map[string]string{"open files": "1024", "cores": "two", "memory": "384", "GOMEMLIMIT": "100MiB"} {
		testkit.Finds(t, Machine(settings, poor), check, finding.Warning, word)
	}
	rich := machine.Resources{Files: 1 << 20, Memory: 4 << 30, Cores: 4, Collector: "1GiB"}
	if worse := Machine(settings, rich).Worse(); len(worse) > 0 {
		t.Errorf("findings on a rich machine = %v, want none worse than OK", worse)
	}
}
