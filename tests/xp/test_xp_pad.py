"""Padding: what the records do not say. Values and derivatives are checked there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends
import backprop as bp

MODES = ["constant", "edge", "reflect", "symmetric", "wrap"]


@given(
    st.sampled_from(MODES),
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=2
    ),
)
def test_any_widths_are_numpys(mode: str, axes: list[tuple[int, int, int]]) -> None:
    """Margins several times as long as the axis too."""
    shape, widths = [n for n, _, _ in axes], [(a, b) for _, a, b in axes]
    x = np.random.default_rng(0).normal(size=shape)
    got = bp.pad(bp.asarray(x), widths, mode=mode)
    np.testing.assert_array_equal(got.numpy(), np.pad(x, widths, mode=mode))


@pytest.mark.parametrize(
    "width", [2, (2,), (1, 2), [1, 2], ((1, 2),), ((1, 2), (3, 4)), ((1,), (2,)), {1: 2},
              {-1: (1, 2)}, {0: 1, 1: (0, 2)}, np.array([1, 2]), np.int32(2)],
    ids=str,
)  # fmt: skip
def test_widths_in_numpys_forms(width: Any, backend: backends.Backend) -> None:
    x = np.arange(6.0).reshape(2, 3)
    got = bp.pad(bp.asarray(x, device=backend.name), width)
    np.testing.assert_array_equal(got.numpy(), np.pad(x, width))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32", "complex64"])
@pytest.mark.parametrize("mode", MODES)
def test_dtypes_stay(mode: str, dtype: str, backend: backends.Backend) -> None:
    x = np.array([[1, 0, 1], [0, 0, 1]]).astype(dtype)
    got = bp.pad(bp.asarray(x, device=backend.name), 1, mode=mode)
    assert got.dtype == dtype
    assert got.device == backend.name
    np.testing.assert_array_equal(got.numpy(), np.pad(x, 1, mode=mode))


def test_constants_of_each_kind(backend: backends.Backend) -> None:
    def pad(x: Any, fill: Any) -> Any:
        return bp.pad(bp.asarray(np.array(x), device=backend.name), 1, constant_values=fill)

    assert pad([1, 2], 7).tolist() == [7, 1, 2, 7]
    assert pad([1, 2], 7.0).tolist() == [7, 1, 2, 7]
    assert pad([True], True).tolist() == [True, True, True]
    assert np.isnan(pad([1.0], float("nan")).numpy()).tolist() == [True, False, True]
    assert pad([1.0], float("inf")).tolist() == [np.inf, 1.0, np.inf]
    assert pad([1j], 2.0).tolist() == [2, 1j, 2]
    for x, fill in [([1, 2], 0.5), ([1.0], 1j), ([True], 2), ([1], float("nan")), ([1.0], "a")]:
        with pytest.raises(TypeError, match=r"pad: constant_values: got .* wanted numbers that"):
            pad(x, fill)


def test_gradient_by_hand(make: Any) -> None:
    """Each element gets the sum of the gradients of its copies: c b | a b c | b a."""
    g = make([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]).detach()
    for mode, expected in [
        ("constant", [4.0, 8.0, 16.0]),
        ("edge", [1 + 2 + 4.0, 8.0, 16 + 32 + 64.0]),
        ("reflect", [4 + 64.0, 2 + 8 + 32.0, 1 + 16.0]),
        ("symmetric", [2 + 4.0, 1 + 8 + 64.0, 16 + 32.0]),
        ("wrap", [4 + 32.0, 1 + 8 + 64.0, 2 + 16.0]),
    ]:
        x = make([1.0, 2.0, 3.0])
        bp.pad(x, 2, mode=mode).backward(g)
        assert x.grad.tolist() == expected


def test_the_result_is_a_new_array(make: Any) -> None:
    x = make([1.0, 2.0]).detach()
    results = [bp.pad(x, 0, mode=mode) for mode in MODES]
    x.copy_([5.0, 6.0])
    assert [out.tolist() for out in results] == [[1.0, 2.0]] * len(MODES)


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"pad_width": -1}, ValueError, "pad_width: got -1, wanted numbers of 0 or more"),
        ({"pad_width": 1.5}, TypeError, r"pad_width: got 1\.5, wanted integers"),
        ({"pad_width": (1, 2, 3)}, ValueError, r"wanted one number, a pair .* each of the 2 axes"),
        ({"pad_width": ((1, 2),) * 3}, ValueError, "wanted one number, a pair"),
        ({"pad_width": {2: 1}}, IndexError, r"pad: pad_width: got 2, wanted -2 \.\. 1"),
        ({"pad_width": 1, "mode": "mirror"}, ValueError, "mode: got 'mirror', wanted one of"),
        ({"pad_width": 1, "mode": "edge"}, ValueError, "axis 1 of shape .* is empty"),
        ({"pad_width": 1, "mode": "edge", "constant_values": 3}, ValueError,
         "constant_values: got 3 with mode='edge'"),
        ({"pad_width": 1, "constant_values": (1, 2, 3)}, TypeError, "constant_values: got"),
    ],
)  # fmt: skip
def test_errors(how: Any, error: Any, message: str, backend: backends.Backend) -> None:
    x = bp.asarray(np.ones((2, 0)), device=backend.name)
    with pytest.raises(error, match=message):
        bp.pad(x, **how)


def test_wrong_kind() -> None:
    with pytest.raises(TypeError, match=r"pad: x is a numpy.ndarray, wanted a Tensor"):
        bp.pad(np.ones(2), 1)
