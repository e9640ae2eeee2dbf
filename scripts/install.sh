#!/usr/bin/env bash
# Makes a virtual environment with everything that tests and demo need.
# usage: scripts/install.sh PYTHON VENV
# TORCH=no leaves torch out; TORCH=yes takes the build for graphics cards where there is no other.
# RESOLUTION=lowest-direct takes the lowest releases that pyproject.toml allows, PRERELEASES=yes
# those not released yet too.
set -eo pipefail  # not -u: bash 3.2 of macOS takes an empty list for unset

python=$1
venv=$2

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "napari-mfif needs Python 3.11 or newer; $python is $("$python" -V 2>&1)." >&2
    echo "Name another one: make test PYTHON=python3.12" >&2
    exit 1
}
if ! "$python" -m venv "$venv" 2>/dev/null; then
    echo "$python cannot make virtual environments; on Debian: apt-get install python3-venv" >&2
    exit 1
fi
bin=$venv/bin
pip=("$bin/python" -m pip --disable-pip-version-check --quiet)
"${pip[@]}" install --upgrade pip

# A build of torch for the processor is a tenth of the size. Where one is found on the usual
# index it is taken; otherwise PyTorch's own index has it for Linux.
install_torch() {
    local own=(--retries 1 --extra-index-url https://download.pytorch.org/whl/cpu)
    if [ "$(uname -s)" != Linux ]; then
        "${pip[@]}" install torch
    elif "$bin/python" scripts/cpu_torch.py torch==2.13.0 "${own[@]}"; then
        "${pip[@]}" install torch==2.13.0 "${own[@]}"
    elif "$bin/python" scripts/cpu_torch.py torch==2.13.0; then
        "${pip[@]}" install torch==2.13.0
    elif [ "${TORCH:-}" = yes ]; then
        "${pip[@]}" install torch
    else
        echo "################ No build of torch for the processor is found for" \
            "$("$bin/python" -V): everything is installed without it. TORCH=yes takes the build" \
            "for graphics cards. ################"
    fi
}

if [ "${TORCH:-}" != no ] && ! "$bin/python" -c 'import torch' 2>/dev/null; then
    install_torch
fi

extras=(--extra test)
[ "${RESOLUTION:-}" = lowest-direct ] || extras+=(--extra docs)
without=()
"$bin/python" -c 'import torch' 2>/dev/null || without=(--without torch)
needed=$(mktemp)
trap 'rm -f "$needed"' EXIT
"$bin/python" scripts/requirements.py "${extras[@]}" "${without[@]}" >"$needed"
if [ "${RESOLUTION:-}" = lowest-direct ]; then
    "${pip[@]}" install uv
    "$bin/uv" pip install --quiet --python "$bin/python" --resolution lowest-direct -r "$needed"
elif [ "${PRERELEASES:-}" = yes ]; then
    "${pip[@]}" install --pre --upgrade -r "$needed"
else
    "${pip[@]}" install -r "$needed"
fi
"${pip[@]}" install --no-deps --no-build-isolation --editable .
