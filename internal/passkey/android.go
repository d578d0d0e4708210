package passkey

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// An AndroidApp is an app by its package and the SHA-256 of the certificate that signs it.
type AndroidApp struct {
	Package     string
	Certificate [32]byte
}

// ParseAndroidApp reads package@fingerprint; the fingerprint is hexadecimal, with or
// without colons.
func ParseAndroidApp(text string) (app AndroidApp, err error) {
	name, print, found := strings.Cut(text, "@")
	raw, err := hex.DecodeString(strings.ReplaceAll(print, ":", ""))
	if !found || name == "" || err != nil || len(raw) != len(app.Certificate) {
		return app, fmt.Errorf("%q is not package@fingerprint with the SHA-256 of a certificate", text)
	}
	app.Package = name
	copy(app.Certificate[:], raw)
	return app, nil
}

// Fingerprint returns the certificate's SHA-256 as Android writes it: AB:CD:….
func (a AndroidApp) Fingerprint() string {
	parts := make([]string, len(a.Certificate))
	for i, b := range a.Certificate {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// keyHashes returns the origins that Android gives these apps.
func keyHashes(apps []string) (origins []string, err error) {
	for _, text := range apps {
		app, err := ParseAndroidApp(text)
		if err != nil {
			return nil, err
		}
		origins = append(origins, "android:apk-key-hash:"+base64.RawURLEncoding.EncodeToString(app.Certificate[:]))
	}
	return origins, nil
}
