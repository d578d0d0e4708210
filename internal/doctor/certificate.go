package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"time"

	"gatehouse/config"
	"gatehouse/internal/finding"
)

// renewalAt is how long before its end a certificate should have been renewed. Automatic
// renewal usually happens a month before.
const renewalAt = 14 * 24 * time.Hour

// Certificate examines the server's own certificate, which is in the files named by cert
// and key. It finds nothing if cert is empty.
func Certificate(cert, key, issuer string, now time.Time) (found finding.List) {
	if cert == "" {
		return nil
	}
	if config.RegularFile(cert) != nil || config.RegularFile(key) != nil {
		return nil // Settings reports that
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		found.Fault("certificate", "correct GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY, which belong together", "%s", err)
		return found
	}
	leaf := pair.Leaf
	judgeTime(leaf, now, &found)
	if issuer, err := url.Parse(issuer); err == nil {
		err := leaf.VerifyHostname(issuer.Hostname())
		found.Judge(err == nil, "certificate name", "get one for the issuer's name, unless a proxy in front has its own", "for %s: %v", issuer.Hostname(), orGood(err))
	}
	return found
}

func orGood(err error) any {
	if err != nil {
		return err
	}
	return "it is valid"
}

func judgeTime(leaf *x509.Certificate, now time.Time, found *finding.List) {
	const check, do = "certificate", "renew it; a running server loads the new one on its own"
	end := leaf.NotAfter.UTC().Format(time.RFC3339)
	switch {
	case now.Before(leaf.NotBefore):
		found.Fault(check, "check the clock of this machine", "it is not valid before %s", leaf.NotBefore.UTC().Format(time.RFC3339))
	case !now.Before(leaf.NotAfter):
		found.Fault(check, do, "it expired at %s", end)
	case leaf.NotAfter.Sub(now) < renewalAt:
		found.Warn(check, do, "it expires at %s", end)
	default:
		found.OK(check, "valid until %s", end)
	}
}
