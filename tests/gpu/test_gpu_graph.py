"""Captured functions on a GPU: what becomes of their arrays, and what a graph can have."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from test_gpu_capture import all_graphs

import backends
import backprop as bp

pytestmark = pytest.mark.gpu
nn = bp.nn


def test_results_are_not_written_over_by_the_next_replay(cuda_device):
    double = bp.capture(lambda x: (x * 2, x + 1))
    given = [bp.full((3,), float(i), device=cuda_device) for i in range(6)]
    found = [double(x) for x in given]
    for i, (a, b) in enumerate(found):
        assert a.tolist() == [2.0 * i] * 3
        assert b.tolist() == [i + 1.0] * 3


def test_arguments_that_are_changed_in_place_and_views(cuda_device):
    rows = bp.asarray(np.arange(12.0).reshape(3, 4), device=cuda_device)
    total = bp.capture(lambda x: (x * x).sum())
    for i in (0, 1, 2, 1, 0, 2):
        assert float(total(rows[:, i])) == sum((4 * r + i) ** 2 for r in range(3))
    for _ in range(3):
        rows += 1
        assert float(total(rows[:, 0])) == float((rows.numpy()[:, 0] ** 2).sum())


def test_a_held_array_may_change_between_replays(cuda_device):
    weight = bp.ones((2, 2), device=cuda_device)
    product = bp.capture(lambda x: x @ weight)
    x = bp.ones((1, 2), device=cuda_device)
    for factor in (1, 2, 3, 4):
        weight.copy_(bp.full((2, 2), float(factor), device=cuda_device))
        assert product(x).tolist() == [[2.0 * factor] * 2]


def test_dropout_draws_other_numbers_at_each_replay_and_those_of_the_eager_step(cuda_device):
    drop, x = nn.Dropout(0.5), bp.ones((8, 8), device=cuda_device)
    drawn = []
    for run in (drop, bp.capture(lambda x: drop(x))):
        bp.manual_seed(3)
        drawn.append([run(x).numpy() for _ in range(6)])
    for a, b in zip(*drawn, strict=True):
        np.testing.assert_array_equal(a, b)
    assert len({a.tobytes() for a in drawn[1]}) == 6


def test_what_is_no_longer_used_gives_its_memory_back(cuda_device):
    from backends.cuda.graph import Graph

    backend = backends.get(cuda_device)
    product = bp.capture(lambda x: (x @ x) * 2)
    x = bp.ones((256, 256), device=cuda_device)
    gc.collect()
    before = backend.memory().used
    for _ in range(4):
        product(x)
    graphs = weakref.WeakSet(g for g in gc.get_objects() if isinstance(g, Graph))
    assert any(g._pool.total_bytes() > 256 * 256 * 4 for g in graphs)
    product.reset()
    gc.collect()
    assert backend.memory().used == before
    assert not graphs


def test_another_stream_waits_for_the_last_replay(cuda_device):
    import cupy

    total = bp.capture(lambda x: (x @ x).sum())
    given = [bp.full((64, 64), float(i), device=cuda_device) for i in range(8)]
    found = []
    for i, x in enumerate(given):
        stream = cupy.cuda.Stream(non_blocking=True)
        cupy.cuda.get_current_stream().synchronize()
        with stream if i % 2 else cupy.cuda.get_current_stream():
            found.append(total(x))
            cupy.cuda.get_current_stream().synchronize()
    assert [float(v) for v in found] == [64.0**3 * i * i for i in range(8)]


@pytest.mark.parametrize(
    ("run", "named"),
    [
        (lambda x: bp.linalg.solve(x + bp.eye(4, device=x.device), x), "solve"),
        (lambda x: bp.fft.fft(bp.astype(x, bp.complex64)), "fft"),
    ],
    ids=["cuSOLVER", "cuFFT"],
)
def test_what_a_graph_cannot_have_is_named_and_changes_nothing(cuda_device, run, named):
    count = bp.zeros((1,), device=cuda_device)

    def step(x: Any) -> Any:
        count.copy_(count + 1.0)
        return run(x)

    captured = bp.capture(step)
    x = bp.ones((4, 4), device=cuda_device)
    captured(x)
    with pytest.raises(bp.CaptureError, match=named):
        captured(x)
    assert count.tolist() == [1.0]
    y = bp.ones((3, 3), device=cuda_device)  # the device works on
    assert (y @ y).tolist() == [[3.0] * 3] * 3


def test_many_arrays_are_joined_in_a_graph(cuda_device):
    def join(x: Any) -> Any:
        parts = [x + i for i in range(6)]
        both = bp.stack([parts[0], bp.astype(parts[1], bp.float64)], axis=-1)
        return bp.concat(parts, axis=1), bp.concat([x, x], axis=None), both

    captured, x = bp.capture(join), bp.ones((2, 3), device=cuda_device)
    for i in range(4):
        for a, b in zip(captured(x * i), join(x * i), strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert captured.replays == 2


def test_plain_numbers_in_a_graph(cuda_device):
    """Tables that operations make of lists are sent before the graph is captured."""
    resize = bp.capture(lambda x: bp.nn.functional.max_pool2d(x, (17, 16), stride=1) * 2)
    x = bp.asarray(np.random.default_rng(0).normal(size=(1, 1, 18, 17)), device=cuda_device)
    for i in range(4):
        want = bp.nn.functional.max_pool2d(x + i, (17, 16), stride=1) * 2
        np.testing.assert_array_equal(resize(x + i).numpy(), want.numpy())
    assert resize.replays == 2


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint64"])
def test_sorting_in_a_graph(cuda_device, dtype, descending):
    """With numbers that are equal, which keep their order, infinities and NaN."""

    def step(x: Any) -> Any:
        how: dict[str, Any] = {"descending": descending}
        return (
            bp.argsort(x, axis=0, **how), bp.sort(x, **how), bp.argsort(x[0, :], **how),
            bp.sort(x[:0], **how), bp.argsort(x[:, :1], **how),
        )  # fmt: skip

    captured, rng = bp.capture(step), np.random.default_rng(0)
    for _ in range(4):
        x = rng.integers(0, 9, (40, 7)).astype(dtype)
        if x.dtype.kind == "f":
            x[rng.integers(0, 40, 9), rng.integers(0, 7, 9)] = np.nan
            x[3, :3] = np.inf, -np.inf, -0.0
        given = bp.asarray(x, device=cuda_device)
        for a, b in zip(captured(given), step(bp.asarray(x)), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert captured.replays == 2
    assert all_graphs(captured)
