"""TF32 is on in its context and nowhere else."""

from __future__ import annotations

import os
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

import backends
from backends.precision import tf32, tf32_problem


def gpu(capability: str) -> Any:
    device = SimpleNamespace(compute_capability=capability)
    return SimpleNamespace(name="cuda:0", device=device, on_device=nullcontext)


def test_which_devices_have_it() -> None:
    assert tf32_problem(gpu("80")) is None
    assert tf32_problem(gpu("120")) is None
    assert tf32_problem(gpu("75")) == (
        "tf32 needs a device of compute capability 8.0 or more, and cuda:0 has 7.5"
    )
    with pytest.raises(backends.BackendError, match="and cpu has none"), tf32(backends.get("cpu")):
        pass


@pytest.mark.parametrize("before", [None, "0"])
def test_it_ends_with_the_context(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    routines: Any = pytest.importorskip("cupy._core._routines_linalg")
    now = {"float32": routines.COMPUTE_TYPE_DEFAULT}
    monkeypatch.setattr(routines, "get_compute_type", lambda dtype: now[dtype.name])
    monkeypatch.setattr(
        routines, "set_compute_type", lambda dtype, kind: now.update({dtype.name: kind})
    )
    if before is None:
        monkeypatch.delenv("CUPY_TF32", raising=False)
    else:
        monkeypatch.setenv("CUPY_TF32", before)
    with tf32(gpu("90")):
        assert now == {"float32": routines.COMPUTE_TYPE_TF32}
        assert os.environ["CUPY_TF32"] == "1"
    assert now == {"float32": routines.COMPUTE_TYPE_DEFAULT}
    assert os.environ.get("CUPY_TF32") == before
