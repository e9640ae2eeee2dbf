#!/usr/bin/env bash
# Runs the tests that need no torch on the newest Python found, in a fresh environment of the newest
# releases. usage: scripts/test_newest.sh PYTHON (which looks for a newer one)
set -euo pipefail

newest=$("$1" "$(dirname "$0")/newest_python.py")
if [ -z "$newest" ]; then
    echo "################ LEFT OUT: a newer Python than $("$1" -V): none is found ################"
    exit 0
fi
echo "== with $newest, the newest releases of everything and without torch"
rm -rf .venv-newest
TORCH=no bash scripts/install.sh "$newest" .venv-newest
ONLY_TESTS=yes bash scripts/test.sh .venv-newest/bin
