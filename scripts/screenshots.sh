#!/usr/bin/env bash
# Makes a picture of every page at 390, 820 and 1440 px, light and dark, in FOLDER
# (./screenshots by default).
#
#   scripts/screenshots.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${1:-screenshots}"
folder=$(cd "${1:-screenshots}" && pwd)
GATEHOUSE_TEST_PICTURES="$folder" go test -count=1 -timeout 20m -run 'TestEveryPage$|TestASecondStepInABrowser$' ./test/pages
echo "$(find "$folder" -name '*.png' | wc -l) pictures in $folder"
