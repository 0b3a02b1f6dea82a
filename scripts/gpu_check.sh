#!/usr/bin/env bash
# Everything that only a GPU can prove: the GPU tests, the standard's conformance suite, training on
# both devices, and how fast both are. Ends with a table.
# Usage: [ARRAY_API_TESTS=DIR] [GPU_LARGE=] scripts/gpu_check.sh [DIR for the results] [PART...]
# PARTS: kernels records networks capture training conformance speed; all of them if none is named.
# Each takes a few minutes, so that parts can be run on their own where a job's time is short; the
# table shows those that ran before, into the same folder, too.
# ARRAY_API_TESTS: a checkout of data-apis/array-api-tests; without one the suite is skipped.
# GPU_LARGE: what needs 40 GB on the GPU is tested too; set it to nothing where there is less.
set -uo pipefail
cd "$(dirname "$0")/.."
out=${1:-runs/gpu-check}
if (($#)); then shift; fi
all="kernels records networks capture training conformance speed"
parts=" ${*:-$all} "
for part in $parts; do
    if [[ " $all " != *" $part "* ]]; then
        echo "there is no part '$part', wanted some of: $all" >&2
        exit 2
    fi
done
mkdir -p "$out"
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
export GPU_LARGE=${GPU_LARGE-1}
if [ -z "$GPU_LARGE" ]; then unset GPU_LARGE; fi
workers=()
if python -c 'import xdist' 2>"$out/xdist.log"; then workers=(-n "${GPU_CHECK_WORKERS:-8}"); fi
status=0

wanted() { [[ $parts == *" $1 "* ]]; }
step() { # NAME COMMAND...: run, keep the output, remember a failure
    local name=$1 began=$SECONDS result=ok
    shift
    if ! "$@" >"$out/$name.log" 2>&1; then result=FAILED status=1; fi
    printf '%-24s %-7s %5d s   %s\n' "$name" "$result" $((SECONDS - began)) \
        "$(tail -n 1 "$out/$name.log" | cut -c 1-90)" | tee "$out/$name.result"
}
tests() { # NAME WORDS...: tests that need a GPU
    local name=$1
    shift
    step "$name" python -m pytest -q -m gpu -p no:cacheprovider --tb=short "$@"
}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || status=1
python - <<'P' || status=1
import sys, numpy, backends
print("python", sys.version.split()[0], "numpy", numpy.__version__, "devices", backends.available())
print(backends.problem("cuda") or backends.get("cuda").describe())
sys.exit(backends.problem("cuda") is not None)
P

if wanted kernels; then
    tests tests-kernels tests/gpu/test_gpu.py tests/gpu/test_gpu_sizes.py tests/kernels
fi
if wanted records; then
    tests tests-records tests/core tests/xp "${workers[@]}"
fi
if wanted networks; then
    tests tests-networks tests/nn tests/optim "${workers[@]}"
fi
if wanted capture; then
    tests tests-products tests/gpu/test_gpu_gemm.py
    tests tests-capture tests/gpu/test_gpu_capture.py tests/gpu/test_gpu_graph.py
    tests tests-capture-layers tests/gpu/test_gpu_capture_layers.py "${workers[@]}"
fi
if wanted training; then
    tests tests-training tests/gpu/test_training.py tests/gpu/test_training_networks.py
    tests tests-others tests --ignore=tests/gpu --ignore=tests/kernels --ignore=tests/core \
        --ignore=tests/xp --ignore=tests/nn --ignore=tests/optim "${workers[@]}"
    step train-digits python scripts/train.py --device cuda
fi
if wanted conformance; then
    if [ -n "${ARRAY_API_TESTS:-}" ]; then
        step conformance python scripts/conformance.py "$ARRAY_API_TESTS" --device cuda
    else
        printf '%-24s %s\n' conformance 'skipped: ARRAY_API_TESTS names no checkout' |
            tee "$out/conformance.result"
    fi
fi
if wanted speed; then
    rm -f "$out"/devices-{small,large}/compare.{json,png,html} # of an earlier run, not overwritten
    step compare-small python scripts/compare_devices.py --model mlp:128,64 \
        --batch-sizes 1,32,256,2048 --out "$out/devices-small"
    step compare-large python scripts/compare_devices.py --widths 128,1024,4096 \
        --batch-sizes 32,256,2048 --dtypes float32,tf32,bf16 --out "$out/devices-large"
    contenders=(backprop-capture backprop torch torch-compile jax floor)
    step bench-mlp python scripts/bench.py --device cuda --cases mlp \
        --contenders "${contenders[@]}" --rounds 5 --out "$out/bench-mlp"
    step bench-networks python scripts/bench.py --device cuda --cases networks \
        --contenders "${contenders[@]}" --rounds 5 --out "$out/bench-networks"
    step bench-wide python scripts/bench.py --device cuda --cases width-sweep-w8192 \
        --contenders "${contenders[@]}" --rounds 5 --out "$out/bench-wide"
    for log in compare-small compare-large bench-mlp bench-networks bench-wide; do
        cat "$out/$log.log"
    done
fi

echo
for log in "$out"/*.log; do # what failed, first
    grep -h -E '^(FAILED|ERROR) ' "$log" | head -n 20
done
cat "$out"/*.result
exit $status
