package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"gatehouse/config"
)

// compose is the part of docker-compose.yml that the tests read.
type compose struct {
	Services map[string]struct {
		Image       string
		Command     []string
		Environment map[string]string
		Secrets     []string
		Healthcheck struct{ Test []string }
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	}
	Secrets map[string]struct{ File string }
}

func readCompose(t *testing.T) compose {
	t.Helper()
	text, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	var c compose
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatalf("unmarshalling the YAML: %v", err)
	}
	return c
}

// known returns the names of all variables, including the …_FILE ones.
func known() []string {
	var names []string
	for _, s := range config.Settings() {
		names = append(names, s.Env)
		if s.FileEnv != "" {
			names = append(names, s.FileEnv)
		}
	}
	return names
}

func TestEveryVariableOfTheContainersIsASetting(t *testing.T) {
	variables := readCompose(t).Services["gatehouse"].Environment
	if len(variables) == 0 {
		t.Fatal("docker-compose.yml sets nothing, want variables")
	}
	for name := range variables {
		if !slices.Contains(known(), name) {
			t.Errorf("docker-compose.yml: %s is not a setting, want one", name)
		}
	}
	dockerfile, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	for _, name := range regexp.MustCompile(`GATEHOUSE_[A-Z_]+`).FindAllString(string(dockerfile), -1) {
		if !slices.Contains(known(), name) {
			t.Errorf("Dockerfile: %s is not a setting, want one", name)
		}
	}
}

// TestTheSettingsOfTheComposeFileAreGood loads them as the server does, with secrets
// like those that the commands at the top of the file make.
func TestTheSettingsOfTheComposeFileAreGood(t *testing.T) {
	secrets := map[string]string{
		"database":   "mysql://gatehouse:s3cret@mysql:3306/gatehouse",
		"redis":      "redis://:s3cret@redis:6379/0",
		"master_key": "q8Zb0V5nqf1Jj2QXcVq0h8rY1m3uT6w9zB4eK7pL2dE=\n",
	}
	folder := t.TempDir()
	environment := map[string]string{}
	for name, value := range readCompose(t).Services["gatehouse"].Environment {
		if secret, ok := strings.CutPrefix(value, "/run/secrets/"); ok {
			value = filepath.Join(folder, secret)
			if err := os.WriteFile(value, []byte(secrets[secret]), 0o600); err != nil {
				t.Fatalf("writing the file: %v", err)
			}
		}
		environment[name] = value
	}
	cfg, err := config.Load(config.Sources{Env: func(name string) (string, bool) {
		value, ok := environment[name]
		return value, ok
	}})
	if err != nil {
		t.Fatalf("loading the settings: %v", err)
	}
	if cfg.Database.Reveal() != secrets["database"] || cfg.Redis.Reveal() != secrets["redis"] || cfg.MasterKey.Reveal() == "" {
		t.Error("a secret did not arrive, want all three")
	}
}

func TestWhatTheComposeFileNamesIsThere(t *testing.T) {
	c := readCompose(t)
	for service, s := range c.Services {
		if len(s.Healthcheck.Test) < 2 {
			t.Errorf("%s has no health check, want one", service)
		}
		for _, secret := range s.Secrets {
			if c.Secrets[secret].File == "" {
				t.Errorf("%s uses the secret %s, want a file that holds it", service, secret)
			}
		}
		for name, value := range s.Environment {
			if secret, ok := strings.CutPrefix(value, "/run/secrets/"); ok && !slices.Contains(s.Secrets, secret) {
				t.Errorf("%s: %s is %s, want a secret that is given to it", service, name, value)
			}
		}
		for other, on := range s.DependsOn {
			if len(c.Services[other].Healthcheck.Test) == 0 || on.Condition != "service_healthy" {
				t.Errorf("%s does not wait for %s, want it to wait until that is healthy", service, other)
			}
		}
	}
}

// TestTheHealthCheckOfTheContainerIsACommand matters because the container has no shell
// and no curl.
func TestTheHealthCheckOfTheContainerIsACommand(t *testing.T) {
	check := readCompose(t).Services["gatehouse"].Healthcheck.Test
	if len(check) < 3 || check[0] != "CMD" || check[1] != "/gatehouse" {
		t.Fatalf("the health check is %q, want the command /gatehouse", check)
	}
	c := &cli{flags: map[string]string{}}
	cmd, rest, err := c.rootCommand().Find(check[2:])
	if err != nil || len(rest) != 0 || cmd.Name() != "healthcheck" {
		t.Errorf("%q is not a command: %v", check, err)
	}
}

func TestRedisLosesNothingBySetting(t *testing.T) {
	command := strings.Join(readCompose(t).Services["redis"].Command, " ")
	for _, want := range []string{"--appendonly yes", "--maxmemory-policy noeviction", "\nrequirepass $$(cat /run/secrets/redis_password)\n"} {
		if !strings.Contains(command, want) {
			t.Errorf("Redis runs without %s, want it set", want)
		}
	}
}
