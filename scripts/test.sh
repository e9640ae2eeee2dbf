#!/usr/bin/env bash
# Runs lint, types, docs and all tests. usage: scripts/test.sh VENV/bin [OPTION OF PYTEST]...
# ONLY_TESTS=yes runs nothing but the tests.
set -o pipefail

bin=$1
shift
failed=()
left_out=()

packages=(xvfb xauth libegl1 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon-x11-0
    libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0)

# A real window needs a display: the one there is, or a virtual one.
window=()
select=()
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
        left_out+=("the tests in a napari window (no display; install: ${packages[*]})")
        select=(-m "not window")
    fi
fi

run() {
    local what=$1
    shift
    echo "== $what"
    "$@" || failed+=("$what")
}

# One thread per process: small arrays gain nothing from more, and machines differ.
export OMP_NUM_THREADS=1
if [ "${ONLY_TESTS:-}" != yes ]; then
    run lint "$bin/ruff" check .
    run format "$bin/ruff" format --check .
    run layers "$bin/lint-imports"
    if "$bin/python" -c 'import torch' 2>/dev/null; then
        run types "$bin/mypy"
    else
        left_out+=("types (mypy needs torch)")
    fi
    NO_MKDOCS_2_WARNING=1 run docs "$bin/python" -m mkdocs build --strict --quiet
fi
# Tests side by side, a process for each processor that takes over from the others, in any order.
run tests "${window[@]}" "$bin/python" -m pytest -q -n auto --maxprocesses 4 --dist worksteal \
    "${select[@]}" "$@"

"$bin/python" -c 'import torch' 2>/dev/null || left_out+=("what needs torch, which is not installed")
for what in "${left_out[@]}"; do
    echo
    echo "################ LEFT OUT: $what ################"
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "FAILED: ${failed[*]}" >&2
    exit 1
fi
