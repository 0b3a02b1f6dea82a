"""What the CUDA backend asks of CuPy, with a stand-in that keeps the answers and the order."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import backends
from backends.cuda import diagnose


class Device:
    """Keeps which device is current."""

    current = [0]  # noqa: RUF012  (shared by all, as the real one is)
    mem_info = (1 << 30, 4 << 30)

    def __init__(self, index):
        self.id = index

    def __enter__(self):
        self.current.append(self.id)

    def __exit__(self, *exc):
        self.current.pop()

    def synchronize(self):
        self.log.append("synchronize")


class Pool:
    """A memory pool that holds what it is told."""

    used = held = 0

    def used_bytes(self):
        assert Device.current[-1] == 1
        return self.used

    def total_bytes(self):
        assert Device.current[-1] == 1
        return self.held

    def free_all_blocks(self):
        assert Device.current[-1] == 1
        self.held = self.used


@pytest.fixture
def cuda(monkeypatch):
    """(the backend "cuda:1", what happened, its memory pool)."""
    log, pool = [], Pool()
    Device.log = log

    class Event:
        def record(self):
            log.append(("record", Device.current[-1]))

        def synchronize(self):
            log.append(("wait", Device.current[-1]))

    def copy(array):
        log.append(("copy", Device.current[-1]))
        return np.array(array)

    properties = {"name": b"NVIDIA Model", "totalGlobalMem": 16 << 30}
    runtime = SimpleNamespace(
        getDeviceCount=lambda: 2,
        driverGetVersion=lambda: 13020,
        runtimeGetVersion=lambda: 13020,
        getDeviceProperties=lambda i: properties,
    )
    cupy = SimpleNamespace(
        __version__="14.2.0",
        asarray=copy,
        asnumpy=copy,
        get_default_memory_pool=lambda: pool,
        cuda=SimpleNamespace(
            runtime=runtime,
            Device=Device,
            Event=Event,
            get_elapsed_time=lambda start, end: 1500.0,
            nvrtc=SimpleNamespace(getVersion=lambda: (13, 2)),
        ),
    )
    monkeypatch.setattr(diagnose, "installed", lambda: ("cupy-cuda13x",))
    monkeypatch.setattr(backends.registry, "_loaded", {})
    for name, module in {
        "cupy": cupy, "backends.cuda.namespace": SimpleNamespace(xp=SimpleNamespace()),
        "backends.cuda.kernels": None,
    }.items():  # fmt: skip
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(backends.cuda, "kernels", SimpleNamespace(), raising=False)
    diagnose.look.cache_clear()
    yield backends.get("cuda:1"), log, pool
    diagnose.look.cache_clear()


def test_copies_happen_with_the_device_current(cuda):
    backend, log, _ = cuda
    x = np.arange(3)
    np.testing.assert_array_equal(backend.to_host(backend.from_host(x)), x)
    assert log == [("copy", 1), ("copy", 1)]
    with backend.on_device():
        assert Device.current == [0, 1]


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a,
        lambda a: a[1, 2:],
        lambda a: a[::-1, ::2],
        lambda a: a[2:1:-1],
        lambda a: a.T[1],
        lambda a: np.broadcast_to(a[0, 0], (5, 5)),
        lambda a: a[1:1],
    ],
)
def test_the_span_of_an_array(cuda, view):
    """CuPy's arrays have `data.ptr` and NumPy's strides."""
    array = view(np.arange(12.0).reshape(3, 4))
    data = SimpleNamespace(ptr=array.__array_interface__["data"][0])
    names = ("size", "shape", "strides", "itemsize")
    seen = SimpleNamespace(data=data, **{n: getattr(array, n) for n in names})
    assert cuda[0].span(seen) == backends.get("cpu").span(array)


def test_the_clock_waits_for_its_second_event(cuda):
    backend, log, _ = cuda
    with backend.clock() as clock:
        log.append("work")
    assert log == [("record", 1), "work", ("record", 1), ("wait", 1)]
    assert clock.seconds == 1.5


def test_the_peak_is_what_the_pool_held_since_the_reset(cuda):
    backend, _, pool = cuda
    pool.used, pool.held = 100, 1000
    assert backend.memory() == backends.Memory(100, 1000, 4 << 30)
    pool.held = 600  # CuPy gave blocks back, as it does before it runs out of memory
    assert backend.memory().peak == 1000
    backend.reset_peak()
    assert backend.memory().peak == 100


def test_what_is_said_of_it(cuda):
    backend, log, _ = cuda
    assert backend.name == "cuda:1"
    assert backend.describe() == "NVIDIA Model, 16 GiB, CuPy 14.2.0, CUDA 13.2"
    assert backend.asynchronous
    assert backends.available() == ["cpu", "cuda:0", "cuda:1"]
    assert backends.get("auto").name == "cuda:0"
    backend.synchronize()
    assert log == ["synchronize"]


def test_a_device_that_is_not_there(cuda):
    with pytest.raises(backends.BackendError, match="cuda:99: there is no such device"):
        backends.get("cuda:99")
