"""The kernels of networks on a real GPU at the sizes that are used, and beyond 32-bit indices.

GPU_LARGE=1 pytest -m gpu tests/gpu/test_gpu_sizes.py    with the second kind, which takes 40 GB
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import backends

pytestmark = pytest.mark.gpu
BEYOND = 2**31 + 2**12


@pytest.fixture(scope="module")
def gpu():
    reason = backends.problem("cuda")
    if reason:
        pytest.skip(reason)
    return backends.get("cuda")


def _conv(**more: Any) -> dict[str, Any]:
    how = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    return {**how, **more}


_POOL: dict[str, Any] = {
    "kernel": (3, 3), "stride": (2, 2), "padding": (1, 1), "dilation": (1, 1),
}  # fmt: skip
_BATCH: dict[str, Any] = {"axes": (0, 2, 3), "spread": (1, 16, 1, 1), "eps": 1e-5}
_LAYER: dict[str, Any] = {"axes": (2,), "spread": (1, 1, 300), "eps": 1e-5}
_IMAGES, _CHANNELS, _WORDS = (64, 16, 28, 28), (1, 16, 1, 1), (32, 50, 300)
_PLACES = (64, 16, 14, 14)
_HEADS = (16, 300, 32)
CALLS: list[tuple[str, tuple[tuple[int, ...] | None, ...], dict[str, Any]]] = [
    ("conv", (_IMAGES, (32, 16, 3, 3), (32,)), _conv()),
    ("conv", (_IMAGES, (16, 1, 3, 3), None), _conv(groups=16)),
    ("conv_transpose", ((64, 32, 28, 28), (32, 16, 3, 3)), _conv(size=(28, 28))),
    ("conv_transpose", ((64, 32, 14, 14), (32, 16, 3, 3)), _conv(stride=(2, 2), size=(28, 28))),
    ("conv_weight", (_IMAGES, (64, 32, 28, 28)), _conv(kernel=(3, 3))),
    ("max_pool", (_IMAGES,), {**_POOL, "size": (14, 14)}),
    ("window_spread", (_PLACES,), {"length": (28, 28), **{k: _POOL[k] for k in list(_POOL)[:3]}}),
    ("moments", (_IMAGES,), {"axes": (0, 2, 3)}),
    ("moments", (_WORDS,), {"axes": (2,)}),
    ("standardize_grad", (_IMAGES, _IMAGES, _CHANNELS, None, _CHANNELS), _BATCH),
    ("standardize_grad", (_WORDS, _WORDS, (32, 50, 1), None, (1, 1, 300)), _LAYER),
    ("attention", (_HEADS, _HEADS, _HEADS, None), {"scale": 0.2, "causal": True}),
    ("rnn_sequence", ((30, 64, 128), (128, 128), (64, 128)), {"nonlinearity": "tanh"}),
    ("lstm_sequence", ((30, 64, 512), (512, 128), (64, 128), (64, 128)), {}),
    ("gru_sequence", ((30, 64, 384), (384, 128), (384,), (64, 128)), {}),
]


@pytest.mark.parametrize(
    ("name", "shapes", "how"), CALLS, ids=[f"{i}-{c[0]}" for i, c in enumerate(CALLS)]
)
def test_at_sizes_of_use_it_is_the_cpus(gpu, name, shapes, how):
    rng = np.random.default_rng(0)
    # Larger weights would make a recurrent layer chaotic, and every rounding error grow.
    scale = 0.05 if name.endswith("sequence") else 0.3
    arrays: list[Any] = [None if s is None else rng.normal(size=s) * scale for s in shapes]
    if name == "standardize_grad":
        arrays[3] = rng.random(arrays[2].shape) + 0.5  # a variance
    singles = [None if a is None else a.astype("float32") for a in arrays]
    wanted = getattr(backends.get("cpu").kernels, name)(*arrays, **how)
    there = [None if a is None else gpu.from_host(a) for a in singles]
    found = [getattr(gpu.kernels, name)(*there, **how) for _ in range(2)]
    for want, *got in zip(*map(_results, (wanted, *found)), strict=True):
        first, second = map(gpu.to_host, got)
        np.testing.assert_array_equal(first, second)
        if first.dtype.kind == "f":  # of two elements that float32 cannot tell apart either may win
            most = max(1.0, float(np.max(np.abs(want))))
            np.testing.assert_allclose(first, want, rtol=1e-4, atol=1e-5 * most)


def _results(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def test_a_label_that_is_no_symbol_gives_nan(gpu):
    logs, labels = np.log(np.full((4, 2, 3), 1 / 3)), np.array([[0, 1, 0, 2, 0], [0, 1, 0, 9, 0]])
    given = [gpu.from_host(a) for a in (logs, labels, np.array([4, 4]), np.array([2, 2]))]
    found, walks = gpu.kernels.ctc_likelihood(*given)
    assert np.isnan(gpu.to_host(found)).tolist() == [False, True]
    g = gpu.from_host(np.ones(2))
    occupancy = gpu.kernels.ctc_occupancy(g, walks, *given, impossible=float("nan"))
    np.testing.assert_allclose(gpu.to_host(occupancy).sum(axis=2)[:, 0], 1, rtol=1e-12)


@pytest.mark.skipif("GPU_LARGE" not in os.environ, reason="takes 40 GB: set GPU_LARGE=1")
def test_more_elements_than_32_bits_can_number(gpu):
    """All are 0 but the last few, which have to come out at the end."""
    import cupy

    tail = np.arange(16, dtype="float32")
    x = cupy.zeros((BEYOND,), "float32")
    x[-16:] = cupy.asarray(tail)
    k, line = gpu.kernels, x.reshape(1, BEYOND)
    np.testing.assert_array_equal(gpu.to_host(k.relu(x)[-16:]), tail)
    window: dict[str, Any] = {"kernel": (2,), "stride": (2,), "padding": (0,)}
    half = BEYOND // 2
    out, winners = k.max_pool(line, **window, dilation=(1,), size=(half,))
    np.testing.assert_array_equal(gpu.to_host(out[0, -8:]), tail[1::2])
    back = k.max_pool_grad(out, winners, **window, dilation=(1,), length=(BEYOND,))
    del winners
    want = np.where(np.arange(16) % 2 == 1, tail, 0)
    np.testing.assert_array_equal(gpu.to_host(back[0, -16:]), want)
    del out, back
    mean, var = k.moments(line, axes=(1,))
    level = tail.sum(dtype="float64") / BEYOND
    spread = (tail**2).sum(dtype="float64") / BEYOND - level**2
    np.testing.assert_allclose(float(mean[0, 0]), level, rtol=1e-5)
    np.testing.assert_allclose(float(var[0, 0]), spread, rtol=1e-5)
    statistics: dict[str, Any] = {"axes": (1,), "spread": (1, 1), "eps": 1.0}
    out = k.standardize(line, mean, var, None, None, **statistics)
    want = (tail - level) / np.sqrt(spread + 1.0)
    np.testing.assert_allclose(gpu.to_host(out[0, -16:]), want, rtol=1e-5, atol=1e-5)
    del out
    rows = x.reshape(BEYOND // 16, 16)
    chosen = gpu.to_host(k.softmax(rows, axis=1)[-2:])
    np.testing.assert_allclose(chosen[0], 1 / 16, rtol=1e-6)
    np.testing.assert_allclose(chosen[1], np.exp(tail - 15) / np.exp(tail - 15).sum(), rtol=1e-5)
