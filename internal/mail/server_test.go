package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"testing"
	"time"

	"gatehouse/internal/finding"
	"gatehouse/internal/test/mailbox"
	"gatehouse/internal/test/testkit"
)

// elsewhere returns the server at that URL, whose host leads to box.
func elsewhere(t *testing.T, url string, box *mailbox.Server) Server {
	t.Helper()
	s, err := ParseServer(url)
	if err != nil {
		t.Fatalf("reading the URL: %v", err)
	}
	s.Patience = 5 * time.Second
	s.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, box.Address)
	}
	return s
}

// trusting has s trust the certificate of box.
func trusting(t *testing.T, s Server, box *mailbox.Server) Server {
	t.Helper()
	certificate, err := os.ReadFile(box.Certificate)
	if err != nil {
		t.Fatalf("reading the certificate: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	s.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return s
}

func TestParseServer(t *testing.T) {
	for url, want := range map[string]Server{
		"smtp://mail.example.com":                          {Host: "mail.example.com", Port: 587},
		"smtps://mail.example.com":                         {Host: "mail.example.com", Port: 465, Implicit: true},
		"smtp://ann:p%40ss@mail.example.com:25/":           {Host: "mail.example.com", Port: 25, User: "ann", Password: "p@ss"},
		"smtp://ann:pass@mail.example.com?tls=optional":    {Host: "mail.example.com", Port: 587, User: "ann", Password: "pass", Optional: true},
		"smtp://127.0.0.1:1025":                            {Host: "127.0.0.1", Port: 1025, Optional: true},
		"smtp://[::1]:1025":                                {Host: "::1", Port: 1025, Optional: true},
		"smtp://localhost.example.com":                     {Host: "localhost.example.com", Port: 587},
		"smtp://mail.example.com:587?tls=required-of-ours": {Host: "mail.example.com", Port: 587},
	} {
		got, err := ParseServer(url)
		if err != nil || got.Host != want.Host || got.Port != want.Port || got.User != want.User || got.Password != want.Password || got.Implicit != want.Implicit || got.Optional != want.Optional {
			t.Errorf("%s: %+v, %v; want %+v", url, got, err, want)
		}
	}
}

// TestEncryption: who sends where, and what doctor says of it.
func TestEncryption(t *testing.T) {
	const name = "mail.example.com"
	plain, offers := mailbox.Options{}, mailbox.Options{Name: name, User: "ann", Password: "p@ss"}
	implicit := offers
	implicit.Implicit = true
	for _, c := range []struct {
		name, url string
		box       mailbox.Options
		trusted   bool
		arrives   bool
		encrypted bool
		level     finding.Level
		says      string
	}{
		{"STARTTLS", "smtp://ann:p%40ss@" + name, offers, true, true, true, finding.OK, "accepts user and password"},
		{"STARTTLS, by an unknown authority", "smtp://ann:p%40ss@" + name, offers, false, false, false, finding.Fault, "SSL_CERT_FILE"},
		{"STARTTLS, under another name", "smtp://ann:p%40ss@mail.example.net", offers, true, false, false, finding.Fault, "name the server"},
		{"no STARTTLS", "smtp://" + name, plain, true, false, false, finding.Fault, "smtps://"},
		{"no STARTTLS, allowed", "smtp://" + name + "?tls=optional", plain, true, true, false, finding.Warning, "in the clear"},
		{"STARTTLS, allowed without", "smtp://ann:p%40ss@" + name + "?tls=optional", offers, false, true, true, finding.OK, "answers"},
		{"from the first byte", "smtps://ann:p%40ss@" + name, implicit, true, true, true, finding.OK, "answers"},
		{"from the first byte, by an unknown authority", "smtps://ann:p%40ss@" + name, implicit, false, false, false, finding.Fault, "certificate"},
		{"from the first byte, at another port", "smtps://ann:p%40ss@" + name, offers, true, false, false, finding.Fault, "smtp://"},
		{"a wrong password", "smtp://ann:wrong@" + name, offers, true, false, false, finding.Fault, "check user and password"},
		{"a password where none is taken", "smtp://ann:p%40ss@" + name + "?tls=optional", plain, true, false, false, finding.Fault, "takes no password"},
		{"no password where one is needed", "smtp://" + name, offers, true, false, false, finding.OK, "answers"}, // only a message would tell
		{"this machine, in the clear", "smtp://127.0.0.1", plain, false, true, false, finding.OK, "answers"},
		{"this machine, with its own certificate", "smtp://ann:p%40ss@127.0.0.1", offers, false, true, true, finding.OK, "answers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.box)
			r.Server = elsewhere(t, c.url, r.box)
			if c.trusted && r.box.Certificate != "" {
				r.Server = trusting(t, r.Server, r.box)
			}
			found := Examine(t.Context(), r.Server)
			testkit.Finds(t, found, check, c.level, c.says)
			lacks(t, "what doctor says", found[0].String(), "p@ss", "wrong", "%40")
			r.add(reset(ann))
			r.round()
			all := r.box.All()
			if arrived := len(all) == 1; arrived != c.arrives || arrived && all[0].TLS != c.encrypted {
				t.Fatalf("arrived: %+v, want it to arrive: %t, encrypted: %t", all, c.arrives, c.encrypted)
			}
			if !c.arrives && r.waiting() != 1 {
				t.Error("the mail is gone, want it to wait")
			}
			lacks(t, "the log", r.log.String(), "p@ss", ann)
		})
	}
}

func TestDoctorNamesAServerThatIsAway(t *testing.T) {
	s, err := ParseServer("smtp://" + testkit.FreeAddress(t))
	if err != nil {
		t.Fatalf("reading the URL: %v", err)
	}
	testkit.Finds(t, Examine(t.Context(), s), check, finding.Fault, "firewall")
	box := mailbox.Open(t)
	box.Set(mailbox.Closes)
	testkit.Finds(t, Examine(t.Context(), elsewhere(t, box.URL, box)), check, finding.Fault, "421")
}
