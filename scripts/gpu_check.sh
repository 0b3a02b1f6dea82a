#!/usr/bin/env bash
# Everything that only a GPU can prove, in one run: the GPU tests, the standard's conformance suite,
# the comparison of devices and the training of a model.
# Usage: [ARRAY_API_TESTS=DIR] scripts/gpu_check.sh [DIR for the results]
# ARRAY_API_TESTS: a checkout of data-apis/array-api-tests; without one the suite is skipped.
set -uo pipefail
cd "$(dirname "$0")/.."
out=${1:-runs/gpu-check}
mkdir -p "$out"
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
status=0
step() { # NAME COMMAND...: run, keep the output, remember a failure
    local name=$1 began=$SECONDS
    shift
    if "$@" >"$out/$name.log" 2>&1; then result=ok; else result=FAILED status=1; fi
    printf '%-22s %-6s %4d s   %s\n' "$name" "$result" $((SECONDS - began)) "$out/$name.log"
}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || status=1
python - <<'P'
import sys, numpy, backends
print("python", sys.version.split()[0], "numpy", numpy.__version__, "devices", backends.available())
print(backends.problem("cuda") or backends.get("cuda").describe())
P
step tests-gpu python -m pytest -q -m gpu -p no:cacheprovider
if [ -n "${ARRAY_API_TESTS:-}" ]; then
    step conformance python scripts/conformance.py "$ARRAY_API_TESTS" --device cuda
else
    printf '%-22s %s\n' conformance 'skipped: ARRAY_API_TESTS names no array-api-tests checkout'
fi
step compare-small python scripts/compare_devices.py --model 128,64 --batch-size 32 --out "$out/small.json"
step compare-large python scripts/compare_devices.py --model 4096,4096 --batch-size 1024 --steps 50 --out "$out/large.json"
step train-digits python scripts/train.py --device cuda
for log in compare-small compare-large; do cat "$out/$log.log"; done
tail -n 25 "$out/tests-gpu.log"
if [ -n "${ARRAY_API_TESTS:-}" ]; then tail -n 25 "$out/conformance.log"; fi
exit $status
