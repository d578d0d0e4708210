package deploy

import (
	"net/http"
	"os/exec"
	"syscall"
	"testing"

	"gatehouse/internal/test/testkit"

	corev1 "k8s.io/api/core/v1"
)

// TestTheServerAnswersItsProbes sends a real server the probes of Kubernetes and HAProxy.
func TestTheServerAnswersItsProbes(t *testing.T) {
	main, metrics := testkit.FreeAddress(t), testkit.FreeAddress(t)
	server := exec.Command(gatehouse.Path(t), "serve", "--addr", main, "--metrics-addr", metrics, "--issuer", "http://"+main)
	server.Dir = t.TempDir()
	server.Stderr = t.Output()
	if err := server.Start(); err != nil {
		t.Fatalf("starting the server: %v", err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			t.Errorf("waiting for the server to exit: %v", err)
		}
	})
	c := build(t).container()
	addresses := map[string]string{"http": main, "metrics": metrics}
	for _, p := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
		url := "http://" + addresses[p.HTTPGet.Port.String()] + p.HTTPGet.Path
		within(t, url+" answers 200", func() bool { return status(t, "GET", url) == http.StatusOK })
	}
	if code := status(t, "GET", "http://"+metrics+"/metrics"); code != http.StatusOK {
		t.Errorf("/metrics at the metrics address: status %d, want 200", code)
	}
	if code := status(t, "GET", "http://"+main+"/metrics"); code != http.StatusNotFound {
		t.Errorf("/metrics at the public address: status %d, want 404", code)
	}
}
