"""CUDA graphs of steps, and products in them, on the host: CuPy's own code above a stand-in.

`cupy_on_host` notes what a captured stream is given and does it at each launch, and CuPy refuses
what it refuses on a GPU. Speed, and what NVIDIA's libraries make of it, only a GPU can show.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import test_cupy_on_host

pytestmark = test_cupy_on_host.pytestmark
TESTS = Path(__file__).parent


def run(file: str, *some: str) -> str:
    """These GPU tests on the host; what pytest says at its end."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "cupy_on_host", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-m", "gpu", "--tb=short", str(TESTS / "gpu" / file), *some],
        cwd=TESTS.parent, env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_captured_steps() -> None:
    assert "passed" in run(
        "test_gpu_capture.py", "-k", "step_does and float64 and (dense or words) or several"
    )


def test_what_a_graph_can_have() -> None:
    assert "passed" in run("test_gpu_graph.py")


def test_layers() -> None:
    some = "Bilinear or LayerNorm or MaxUnpool1d or GRUCell"
    assert "passed" in run("test_gpu_capture_layers.py", "-k", some)


def test_products() -> None:
    assert "passed" in run("test_gpu_gemm.py")
