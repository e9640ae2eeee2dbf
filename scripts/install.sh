#!/usr/bin/env bash
# Makes a virtual environment with everything that tests and demo need.
# usage: scripts/install.sh PYTHON VENV
set -euo pipefail

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
pip=("$venv/bin/python" -m pip --disable-pip-version-check --quiet)
"${pip[@]}" install --upgrade pip

# A build of torch for the processor is a tenth of the size. Where one is found on the usual
# index it is taken; otherwise PyTorch's own index has it for Linux.
if ! "$venv/bin/python" -c 'import torch' 2>/dev/null; then
    case "$(uname -s)" in
        Linux)
            "${pip[@]}" install --retries 1 torch==2.13.0 \
                --extra-index-url https://download.pytorch.org/whl/cpu ||
                "${pip[@]}" install torch==2.13.0
            ;;
        *) "${pip[@]}" install torch ;;
    esac
fi
"${pip[@]}" install --editable ".[test,docs]"
