package pages

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"gatehouse/handlers"
)

func TestAssociations(t *testing.T) {
	all := Associations{
		Origins: []string{"https://id.example.com", "https://shop.example"}, Apple: []string{"A1B2C3D4E5.com.example.app"},
		Android: []AndroidApp{{"com.example.app", "14:6D:E9"}},
	}
	want := map[string]string{
		"/.well-known/webauthn":                   `{"origins":["https://id.example.com","https://shop.example"]}`,
		"/.well-known/apple-app-site-association": `{"webcredentials":{"apps":["A1B2C3D4E5.com.example.app"]}}`,
		"/.well-known/assetlinks.json": `[{"relation":["delegate_permission/common.handle_all_urls","delegate_permission/common.get_login_creds"],` +
			`"target":{"namespace":"android_app","package_name":"com.example.app","sha256_cert_fingerprints":["14:6D:E9"]}}]`,
	}
	for _, rt := range all.routes() {
		w := httptest.NewRecorder()
		if err := rt.Serve(w, httptest.NewRequest(http.MethodGet, rt.Path, nil)); err != nil || w.Body.String() != want[rt.Path] || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s as %s, %v; want %s as application/json", rt.Path, w.Body, w.Header().Get("Content-Type"), err, want[rt.Path])
		}
	}
	for _, rt := range (Associations{}).routes() {
		if err := rt.Serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, rt.Path, nil)); !errors.Is(err, handlers.ErrNotFound) {
			t.Errorf("%s without a setting: %v, want ErrNotFound", rt.Path, err)
		}
	}
}
