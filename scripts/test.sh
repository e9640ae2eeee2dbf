#!/usr/bin/env bash
# Runs all tests, then lint and types. usage: scripts/test.sh VENV/bin
set -uo pipefail

bin=$1
failed=()
left_out=""

packages=(xvfb xauth libegl1 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon-x11-0
    libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0)

# A real window needs a display: the one there is, or a virtual one.
window=()
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    missing=()
    for package in "${packages[@]}"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        echo "Installing a virtual display: ${missing[*]}"
        (apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${missing[@]}") >/dev/null
    fi
    if command -v xvfb-run >/dev/null; then
        window=(xvfb-run -a -s "-screen 0 1400x1000x24")
    else
        left_out="the tests in a napari window (no display; install: ${packages[*]})"
    fi
fi

run() {
    local what=$1
    shift
    echo "== $what"
    "$@" || failed+=("$what")
}

select=()
[ -n "$left_out" ] && select=(-m "not window")
# One thread per process: small arrays gain nothing from more, and machines differ.
export OMP_NUM_THREADS=1
run lint "$bin/ruff" check .
run format "$bin/ruff" format --check .
run layers "$bin/lint-imports"
run types "$bin/mypy"
NO_MKDOCS_2_WARNING=1 run docs "$bin/python" -m mkdocs build --strict --quiet
run tests "${window[@]}" "$bin/python" -m pytest -q "${select[@]}"

if [ -n "$left_out" ]; then
    echo
    echo "################ LEFT OUT: $left_out ################"
fi
if [ ${#failed[@]} -gt 0 ]; then
    echo "FAILED: ${failed[*]}" >&2
    exit 1
fi
