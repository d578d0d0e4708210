package deploy

import (
	"maps"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"gatehouse/config"
	"gatehouse/internal/machine"
)

func TestAMisspeltFieldIsFound(t *testing.T) {
	m := manifests{services: map[string]corev1.Service{}}
	good := "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      terminationGracePeriodSeconds: 40\n"
	if err := m.decode([]byte(good)); err != nil {
		t.Fatalf("decoding the manifest: %v", err)
	}
	for _, bad := range []string{
		strings.Replace(good, "GracePeriodSeconds", "GracePeriod", 1),
		strings.Replace(good, "GracePeriod", "Graceperiod", 1),
		strings.Replace(good, "spec:", "specs:", 1),
		strings.Replace(good, ": 40", ": 40s", 1),
		strings.Replace(good, "apps/v1", "apps/v1beta1", 1),
		"apiVersion: v1\nkind: Service\nspec:\n  port: 80\n",
	} {
		if err := m.decode([]byte(bad)); err == nil {
			t.Errorf("the misspelt field was accepted, want an error:\n%s", bad)
		}
	}
}

func TestTheSettingsOfKubernetesAreGood(t *testing.T) {
	m := build(t)
	cfg := settings(t, m.settings.Data)
	container := m.container()
	if len(container.Env) != 0 || len(container.EnvFrom) != 1 || container.EnvFrom[0].ConfigMapRef.Name != m.settings.Name {
		t.Errorf("want the container's environment to be the ConfigMap %s: %v %v", m.settings.Name, container.Env, container.EnvFrom)
	}
	for name, value := range m.settings.Data {
		if secret, ok := strings.CutSuffix(name, "_FILE"); ok && (path.Dir(value) != container.VolumeMounts[0].MountPath || m.secrets.Data[path.Base(value)] == nil) {
			t.Errorf("%s is %s, want a file of the Secret %s", secret, value, m.secrets.Name)
		}
	}
	if volume := m.pod().Volumes[0].Secret; volume == nil || volume.SecretName != m.secrets.Name {
		t.Errorf("want the Secret %s to be mounted", m.secrets.Name)
	}
	if host := strings.TrimPrefix(cfg.Issuer, "https://"); m.ingress.Spec.Rules[0].Host != host || !slices.Contains(m.ingress.Spec.TLS[0].Hosts, host) {
		t.Errorf("want the ingress to be for %s", host)
	}
	if len(cfg.TrustedProxies) == 0 {
		t.Error("no proxy is trusted, want the ingress to be: otherwise everybody shares its address")
	}
	most := int(m.scaler.Spec.MaxReplicas) + m.deployment.Spec.Strategy.RollingUpdate.MaxSurge.IntValue()
	if byDefault := 151; most*cfg.DatabaseConnections >= byDefault { // MySQL's max_connections
		t.Errorf("%d replicas have %d connections each, want fewer in total than MySQL's default of %d", most, cfg.DatabaseConnections, byDefault)
	}
}

func TestThePodEndsAfterItHasDrained(t *testing.T) {
	m := build(t)
	cfg := settings(t, m.settings.Data)
	const toCloseBackends = 5 * time.Second
	grace := time.Duration(*m.pod().TerminationGracePeriodSeconds) * time.Second
	if least := cfg.DrainDelay + cfg.ShutdownTimeout + toCloseBackends; grace < least {
		t.Errorf("killed after %s, want at least %s for the draining", grace, least)
	}
	if cfg.DrainDelay < 5*time.Second {
		t.Errorf("DRAIN_DELAY is %s, want at least 5s, as balancers need time to notice", cfg.DrainDelay)
	}
	if s := m.deployment.Spec.Strategy.RollingUpdate; s.MaxUnavailable.IntValue() != 0 || s.MaxSurge.IntValue() < 1 {
		t.Errorf("a rollout takes replicas away: %+v, want none unavailable", s)
	}
}

func TestTheMemoryLimitHoldsTheHashesAndTheRest(t *testing.T) {
	m := build(t)
	cfg := settings(t, m.settings.Data)
	resources := m.container().Resources
	limit := resources.Limits.Memory()
	soft := machine.Settings{PasswordBudgetMiB: budgetMiB(cfg, limit.Value())}.Need()
	if limit.Value() < soft*5/4 {
		t.Errorf("the limit is %s, want a quarter more than the runtime's own, %s, for memory that it does not count", limit, resource.NewQuantity(soft, resource.BinarySI))
	}
	if request := resources.Requests.Memory(); request.Cmp(*limit) != 0 {
		t.Errorf("the request is %s, want the limit %s: a full node would kill the pod below its limit", request, limit)
	}
	if resources.Requests.Cpu().IsZero() {
		t.Error("the container does not request CPU, want a request: the autoscaler depends on it")
	}
}

func TestThePodHasNoRights(t *testing.T) {
	m := build(t)
	pod, c := m.pod(), m.container().SecurityContext
	for what, holds := range map[string]bool{
		"not root":            *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser == 65532 && strings.Contains(read(t, "../Dockerfile"), "USER 65532:"),
		"seccomp":             pod.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"no token":            !*pod.AutomountServiceAccountToken,
		"read-only root":      *c.ReadOnlyRootFilesystem,
		"no escalation":       !*c.AllowPrivilegeEscalation,
		"no capabilities":     slices.Equal(c.Capabilities.Drop, []corev1.Capability{"ALL"}) && len(c.Capabilities.Add) == 0,
		"secrets are private": *pod.Volumes[0].Secret.DefaultMode&0o007 == 0 && *pod.SecurityContext.FSGroup == *pod.SecurityContext.RunAsGroup,
	} {
		if !holds {
			t.Errorf("want it to hold: %s", what)
		}
	}
}

func TestProbesAndServicesLeadToWhatListens(t *testing.T) {
	m := build(t)
	cfg := settings(t, m.settings.Data)
	ports := map[string]string{}
	for _, p := range m.container().Ports {
		ports[p.Name] = strconv.Itoa(int(p.ContainerPort))
	}
	want := map[string]string{"http": portOf(t, cfg.Addr), "metrics": portOf(t, cfg.MetricsAddr)}
	if !maps.Equal(ports, want) {
		t.Errorf("the container's ports are %v, want those on which something listens, %v", ports, want)
	}
	c := m.container()
	probes := map[string]*corev1.Probe{"/healthz/live": c.LivenessProbe, "/healthz/ready?may-fail=database,redis": c.ReadinessProbe}
	for where, p := range probes {
		if p.HTTPGet.Path != where || p.HTTPGet.Port.String() != "http" || p.HTTPGet.Scheme != "" {
			t.Errorf("%s is asked at %+v, want it at that path by plain http", where, p.HTTPGet)
		}
	}
	startup := c.StartupProbe
	if startup.HTTPGet.Path != "/healthz/live" || startup.HTTPGet.Port.String() != "http" {
		t.Errorf("the startup probe asks %+v, want /healthz/live", startup.HTTPGet)
	}
	if *m.deployment.Spec.ProgressDeadlineSeconds <= startup.PeriodSeconds*startup.FailureThreshold {
		t.Error("the rollout gives up before the startup probe does, want it to wait longer")
	}
	for name, s := range m.services {
		if _, ok := ports[s.Spec.Ports[0].TargetPort.String()]; !ok {
			t.Errorf("the service %s leads to %s, want a port of the container", name, s.Spec.Ports[0].TargetPort.String())
		}
	}
	backend := m.ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service
	if s := m.services[backend.Name]; len(s.Spec.Ports) != 1 || s.Spec.Ports[0].Name != backend.Port.Name || s.Spec.Ports[0].TargetPort.String() != "http" {
		t.Errorf("the ingress leads to %+v, want the http port of the service", backend)
	}
}

// Kubernetes accepts a selector that selects nothing.
func TestEverySelectorSelectsThePods(t *testing.T) {
	m := build(t)
	pod := labels.Set(m.deployment.Spec.Template.Labels)
	selectors := map[string]*metav1.LabelSelector{
		"deployment": m.deployment.Spec.Selector, "budget": m.budget.Spec.Selector, "policy": &m.policy.Spec.PodSelector,
	}
	for name, s := range m.services {
		selectors["service "+name] = &metav1.LabelSelector{MatchLabels: s.Spec.Selector}
	}
	for _, spread := range m.pod().TopologySpreadConstraints {
		selectors["spread over "+spread.TopologyKey] = spread.LabelSelector
	}
	for name, s := range selectors {
		selector, err := metav1.LabelSelectorAsSelector(s)
		if err != nil || selector.Empty() || !selector.Matches(pod) {
			t.Errorf("%s: %v does not select the pods: %v", name, selector, err)
		}
	}
	if len(selectors) != 7 {
		t.Errorf("%d selectors, want 7", len(selectors))
	}
	if target := m.scaler.Spec.ScaleTargetRef; target.Name != m.deployment.Name || target.Kind != "Deployment" || *m.scaler.Spec.MinReplicas < 3 || m.deployment.Spec.Replicas != nil {
		t.Errorf("want the autoscaler to own the number of replicas, at least three: %+v", m.scaler.Spec)
	}
}

func TestTheNetworkPolicyAllowsTheTrafficThatIsNeeded(t *testing.T) {
	m := build(t)
	out := map[string]bool{}
	for _, rule := range m.policy.Spec.Egress {
		for _, p := range rule.Ports {
			out[p.Port.String()] = true
		}
	}
	cfg := settings(t, m.settings.Data)
	for _, port := range []string{"53", "443", afterColon(cfg.Database), afterColon(cfg.Redis)} {
		if !out[port] {
			t.Errorf("port %s is closed for outgoing traffic, want it allowed", port)
		}
	}
	if len(m.policy.Spec.PolicyTypes) != 2 || len(m.policy.Spec.Ingress) != 2 {
		t.Errorf("want both directions bounded: %+v", m.policy.Spec)
	}
}

// afterColon is the port of the sample's URL.
func afterColon(url config.Secret) string {
	_, port, _ := strings.Cut(url.Reveal()[strings.LastIndex(url.Reveal(), "@"):], ":")
	port, _, _ = strings.Cut(port, "/")
	return port
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatalf("splitting the address: %v", err)
	}
	return port
}
