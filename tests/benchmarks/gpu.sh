#!/bin/sh
# Measure the kit on a GPU, in one go: prepare an environment if there is none, measure, and write one JSON file.
#
#   tests/benchmarks/gpu.sh [--device cuda|cpu|mps|auto] [--size full|tiny] [--only NAME] [--data-dir FOLDER]
#                         [--output FILE]
#
# It takes some six minutes at most. PYTHON is the Python to use; where that cannot import what the kit needs, an
# environment is made (pip reads PIP_NO_INDEX and PIP_FIND_LINKS where there is no network). Without Omniglot the
# built-in glyphs are used, which the file says.
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-python3}
output=gpu.json
device=auto
size=full
only=
data=
while [ $# -gt 0 ]; do
    case $1 in
        --device) device=$2 ;;
        --size) size=$2 ;;
        --only) only=$2 ;;
        --data-dir) data=$2 ;;
        --output) output=$2 ;;
        *) echo "gpu.sh: unknown option $1" >&2; exit 2 ;;
    esac
    shift 2
done

needed='import numpy, PIL, platformdirs, plotly, safetensors, sklearn, threadpoolctl, torch, torchvision, tqdm'
if ! "$PYTHON" -c "$needed" 2>/dev/null; then
    environment=${TMPDIR:-/tmp}/metalearn-gpu
    "$PYTHON" -m venv --system-site-packages "$environment"
    PYTHON=$environment/bin/python
    "$PYTHON" -m pip install --quiet --disable-pip-version-check -c constraints.txt .
fi

PYTHONPATH=. exec "$PYTHON" -m metalearn.benchmark.on_device \
    --device "$device" --size "$size" --output "$output" --only "$only" ${data:+--data-dir "$data"}
