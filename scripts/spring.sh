#!/usr/bin/env bash
# Builds the API of docs/apis.md in Java with both lines of Spring Boot, and sends it the
# tokens that the other languages get; then an app that signs people in by the snippets of
# the console. It needs Java 17 and Maven (Debian: maven,
# default-jdk-headless), and fetches from Maven Central, so scripts/check.sh does not run it.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for version in 3.5.16 4.1.1; do
	printf '\n== Spring Boot %s\n' "$version"
	cp -r docs/snippets/apis/spring "$work/$version"
	sed -i "s|<version>4.1.1</version>|<version>$version</version>|" "$work/$version/pom.xml"
	mvn -q -B -ntp -f "$work/$version/pom.xml" package
	GATEHOUSE_TEST_SPRING=$work/$version/target/orders-1.jar go test -count=1 -v -run 'TestAPIs$/^Spring$' ./test/interop
done
# The snippet needs Spring Boot 4: before that, an app with a secret did PKCE only by code of its own.
cp -r test/interop/spring "$work/app"
mvn -q -B -ntp -f "$work/app/pom.xml" package
GATEHOUSE_TEST_SPRING_APP=$work/app/target/shop-1.jar go test -count=1 -v -run 'TestSpringApps$' ./test/interop
