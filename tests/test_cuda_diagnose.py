"""Whatever keeps CUDA from working is told apart, with the command that mends it."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

import backends
from backends.cuda import diagnose
from backends.cuda.diagnose import Findings, problem

WORKS = Findings(("cupy-cuda13x",), None, driver=13020, runtime=13020, devices=2)
NO_MODULE = "ModuleNotFoundError: No module named 'cupy'"

SITUATIONS = {
    "CuPy is not installed": (
        Findings((), NO_MODULE, driver=13000),
        0,
        ["cuda:0 needs CuPy", "not installed", 'pip install "backprop-array[cuda13]"'],
    ),
    "CuPy is not installed, older driver": (
        Findings((), NO_MODULE, driver=12080),
        0,
        ["not installed", 'pip install "backprop-array[cuda12]"'],
    ),
    "neither CuPy nor a driver": (
        Findings((), NO_MODULE),
        0,
        ["not installed", 'pip install "backprop-array[cuda13]"', "no NVIDIA driver was found"],
    ),
    "two CuPys": (
        Findings(("cupy-cuda12x", "cupy-cuda13x"), driver=13000),
        0,
        [
            "more than one CuPy",
            "(cupy-cuda12x, cupy-cuda13x)",
            'pip uninstall -y cupy-cuda12x cupy-cuda13x && pip install "backprop-array[cuda13]"',
        ],
    ),
    "CuPy for ROCm": (
        Findings(("cupy-rocm-6-0",), "ImportError: libamdhip64.so", driver=13000),
        0,
        ["for ROCm", 'pip uninstall -y cupy-rocm-6-0 && pip install "backprop-array[cuda13]"'],
    ),
    "a broken CuPy": (
        Findings(("cupy-cuda13x",), "ImportError: numpy.core missing", driver=13000),
        0,
        [
            "cannot be imported",
            "numpy.core missing",
            'pip uninstall -y cupy-cuda13x && pip install "backprop-array[cuda13]"',
        ],
    ),
    "no driver": (
        replace(WORKS, driver=0, devices=0, device_error="cudaErrorInsufficientDriver"),
        0,
        [
            "no NVIDIA driver was found",
            "nvidia.com/drivers",
            'pip install "backprop-array[cuda12]"',
        ],
    ),
    "a driver for CUDA 12": (
        replace(WORKS, driver=12040, devices=0),
        0,
        [
            "driver is too old",
            "runs CUDA 12.4",
            "needs 13.0",
            'pip uninstall -y cupy-cuda13x && pip install "backprop-array[cuda12]"',
        ],
    ),
    "a driver for CUDA 11": (
        replace(WORKS, driver=11080, devices=0),
        0,
        ["driver is too old", "runs CUDA 11.8", "update the driver"],
    ),
    "no device": (
        replace(WORKS, devices=0, device_error="cudaErrorNoDevice: no CUDA-capable device"),
        0,
        ["there is no CUDA device", "cudaErrorNoDevice", "CUDA_VISIBLE_DEVICES", "nvidia-smi"],
    ),
    "an index out of range": (
        WORKS,
        99,
        ["cuda:99: there is no such device, only cuda:0, cuda:1"],
    ),
    "no compiler": (
        replace(WORKS, compiler_error="libnvrtc.so.13 not found"),
        1,
        ["cuda:1", "cannot load NVRTC", 'pip install "backprop-array[cuda13]"'],
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_message_says_what_is_wrong_and_what_mends_it(situation):
    found, index, parts = SITUATIONS[situation]
    message = problem(found, index)
    assert message is not None
    for part in parts:
        assert part in message


def test_no_two_situations_read_alike():
    messages = [problem(found, index) for found, index, _ in SITUATIONS.values()]
    assert len(set(messages)) == len(messages)


def test_no_problem_where_all_works():
    assert problem(WORKS, 0) is None
    assert problem(WORKS, 1) is None
    assert problem(replace(WORKS, runtime=12090, driver=13000)) is None  # an older CuPy runs too
    assert problem(replace(WORKS, distributions=())) is None  # built from source


@pytest.fixture
def fresh(monkeypatch):
    """No look at the machine has been taken yet, and none is kept."""
    monkeypatch.setattr(backends.registry, "_loaded", {})
    diagnose.look.cache_clear()
    yield monkeypatch
    diagnose.look.cache_clear()


def test_an_environment_without_cupy(fresh):
    fresh.setitem(sys.modules, "cupy", None)
    fresh.setattr(diagnose, "installed", tuple)
    with pytest.raises(backends.BackendError, match=r"cuda:0 needs CuPy, which is not installed"):
        backends.get("cuda")
    assert "pip install" in backends.problem("cuda:1")
    assert backends.get("auto").name == "cpu"
    assert not [n for n in backends.available() if n.startswith("cuda")]


def test_two_cupys_are_found_before_one_is_imported(fresh):
    fresh.setitem(sys.modules, "cupy", None)
    fresh.setattr(diagnose, "installed", lambda: ("cupy", "cupy-cuda13x"))
    with pytest.raises(backends.BackendError, match="more than one CuPy"):
        backends.get("cuda")


def test_this_machine(fresh):
    """CuPy, but no driver: the message names the driver."""
    pytest.importorskip("cupy")
    if diagnose.driver_version():
        pytest.skip("this machine has a driver")
    with pytest.raises(backends.BackendError, match="cuda:0: no NVIDIA driver was found"):
        backends.get("cuda")


def test_the_names_of_installed_cupys(fresh):
    class Distribution:
        def __init__(self, name):
            self.metadata = {"Name": name}

    names = ["numpy", "CuPy-cuda13x", "cupy", "cupy_backends_tools", "cupy-rocm-6-0", "cupyx"]
    distributions = [Distribution(n) for n in [*names, None]]
    fresh.setattr(diagnose.importlib.metadata, "distributions", lambda: distributions)
    assert diagnose.installed() == ("cupy", "cupy-cuda13x", "cupy-rocm-6-0")


def test_versions_and_extras():
    assert [diagnose.version(v) for v in (13020, 12040, 11080)] == ["13.2", "12.4", "11.8"]
    assert [diagnose.extra(v) for v in (0, 12090, 13000)] == ["cuda13", "cuda12", "cuda13"]
