"""CuPy on the host computes; that it does so as on a GPU is what `pytest -m gpu` says there."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("cupy") is None, reason="needs CuPy"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++"),
    pytest.mark.skipif(importlib.util.find_spec("scipy") is None, reason="needs SciPy"),
    pytest.mark.skipif(
        not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists(),
        reason="needs Python's headers",
    ),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="fibers need ucontext"),
]

CODE = """
import cupy_on_host, cupy, numpy as np, backprop as bp
x = bp.asarray(np.arange(1.0, 7.0).reshape(2, 3), device="cuda:1", requires_grad=True)
with bp.device("cuda:1"):
    (bp.linalg.svdvals(x) ** 2).sum().backward()
print(type(x.data).__module__, x.grad.device, x.grad.numpy().round(9).tolist())
try:
    cupy.add(x.data, np.ones(3))
except TypeError as error:
    print(error)
"""


def test_a_gradient_of_arrays_of_cupy() -> None:
    folder = Path(__file__).parent
    run = subprocess.run(
        [sys.executable, "-c", CODE], cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    gradient, refused = run.stdout.splitlines()
    assert gradient == "cupy cuda:1 [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]"
    assert "Unsupported type <class 'numpy.ndarray'>" in refused
