package deploy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifests is what `kubectl apply -k` would send, in Kubernetes' own types.
type manifests struct {
	namespace  corev1.Namespace
	settings   corev1.ConfigMap
	secrets    corev1.Secret
	deployment appsv1.Deployment
	services   map[string]corev1.Service
	ingress    networkingv1.Ingress
	policy     networkingv1.NetworkPolicy
	budget     policyv1.PodDisruptionBudget
	scaler     autoscalingv2.HorizontalPodAutoscaler
}

// strict decodes as Kubernetes' own API does: it rejects a field that the type does
// not have, or spells with other capitals.
func strict(document []byte, into any) error {
	asJSON, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	faults, err := json.UnmarshalStrict(asJSON, into)
	return errors.Join(append(faults, err)...)
}

// decode decodes one document.
func (m *manifests) decode(document []byte) error {
	var is metav1.TypeMeta
	if err := yaml.Unmarshal(document, &is); err != nil {
		return err
	}
	if is.Kind == "Service" && is.APIVersion == "v1" {
		var s corev1.Service
		err := strict(document, &s)
		m.services[s.Name] = s
		return err
	}
	into, known := map[string]any{
		"v1 Namespace":                           &m.namespace,
		"v1 ConfigMap":                           &m.settings,
		"v1 Secret":                              &m.secrets,
		"apps/v1 Deployment":                     &m.deployment,
		"networking.k8s.io/v1 Ingress":           &m.ingress,
		"networking.k8s.io/v1 NetworkPolicy":     &m.policy,
		"policy/v1 PodDisruptionBudget":          &m.budget,
		"autoscaling/v2 HorizontalPodAutoscaler": &m.scaler,
	}[is.APIVersion+" "+is.Kind]
	if !known {
		return fmt.Errorf("%s %s is not one of the kinds that are checked here", is.APIVersion, is.Kind)
	}
	return strict(document, into)
}

// build does what `kubectl kustomize` does, with secrets as an operator makes them.
func build(t *testing.T) manifests {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "kubernetes")
	if err := os.CopyFS(folder, os.DirFS("kubernetes")); err != nil {
		t.Fatalf("copying the folder: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(folder, "secrets")); err != nil { // an operator's own
		t.Fatalf("removing the folder: %v", err)
	}
	writeSecrets(t, folder)
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatalf("building the manifests: %v", err)
	}
	m := manifests{services: map[string]corev1.Service{}}
	for _, r := range resources.Resources() {
		if err := m.decode([]byte(r.MustYaml())); err != nil {
			t.Errorf("decoding %s %s: %v", r.GetKind(), r.GetName(), err)
		}
	}
	return m
}

func (m manifests) pod() corev1.PodSpec         { return m.deployment.Spec.Template.Spec }
func (m manifests) container() corev1.Container { return m.pod().Containers[0] }
