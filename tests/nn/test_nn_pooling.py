"""Pooling and padding: worked by hand, ties, NaN, and what is refused."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import nn
from backprop.nn import functional as F

GRID = [[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 1.0], [0.0, 0.0, 6.0, 6.0], [7.0, 0.0, 6.0, 6.0]]


def test_max_pooling_by_hand(make: Any) -> None:
    x = make([GRID])
    out, places = nn.MaxPool2d(2, return_indices=True)(x)
    assert out.tolist() == [[[5, 8], [7, 6]]]
    assert places.tolist() == [[[1, 6], [12, 10]]]  # the first of the four 6
    assert places.dtype == bp.int64
    assert not places.requires_grad
    (out * make([[[1.0, 2.0], [3.0, 4.0]]]).detach()).sum().backward()
    expected = np.zeros((1, 4, 4))
    expected.flat[[1, 6, 12, 10]] = 1, 2, 3, 4
    np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_windows_that_overlap_add_their_gradients(make: Any) -> None:
    """Windows of 2 by steps of 1 over 1 3 2 2: the largest are 3 3 2, the 3 being in two."""
    x = make([[1.0, 3.0, 2.0, 2.0]])
    out = F.max_pool1d(x, 2, stride=1)
    assert out.tolist() == [[3, 3, 2]]
    (out * make([[1.0, 10.0, 100.0]]).detach()).sum().backward()
    assert x.grad.tolist() == [[0, 11, 100, 0]]


def test_average_pooling_by_hand(make: Any) -> None:
    """Windows of 2, padded by 1, over 2 4 6: 0 2 | 4 6, and with rounding up nothing more."""
    x = make([[2.0, 4.0, 6.0]])
    assert F.avg_pool1d(x, 2, padding=1).tolist() == [[1, 5]]
    assert F.avg_pool1d(x, 2, padding=1, count_include_pad=False).tolist() == [[2, 5]]
    assert F.avg_pool1d(x, 2, ceil_mode=True).tolist() == [[3, 6]]
    assert F.avg_pool2d(x[None], (1, 3), divisor_override=2).tolist() == [[[6]]]
    F.avg_pool1d(x, 2, stride=1).sum().backward()
    assert x.grad.tolist() == [[0.5, 1, 0.5]]


def test_adaptive_pooling_by_hand(make: Any) -> None:
    """5 elements in 3 windows: 0 1 | 1 2 3 | 3 4."""
    x = make([[1.0, 3.0, 5.0, 1.0, 9.0]])
    assert F.adaptive_avg_pool1d(x, 3).tolist() == [[2, 3, 5]]
    values, places = F.adaptive_max_pool1d(x, 3, return_indices=True)
    assert (values.tolist(), places.tolist()) == ([[3, 5, 9]], [[1, 2, 4]])
    F.adaptive_avg_pool1d(x, 3).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[1 / 2, 5 / 6, 1 / 3, 5 / 6, 1 / 2]], rtol=1e-15)


def test_power_pooling_by_hand(make: Any) -> None:
    x = make([[3.0, 4.0, 0.0, 0.0]])
    out = F.lp_pool1d(x, 2, 2)
    assert out.tolist() == [[5, 0]]
    out.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0.6, 0.8, 0, 0]], rtol=1e-15)
    assert F.lp_pool1d(make([[1.0, -2.0]]), math.inf, 2).tolist() == [[2]]
    assert F.lp_pool1d(make([[1.0, -2.0]]), -math.inf, 2).tolist() == [[1]]


def test_nan_wins_and_padding_does_not(make: Any) -> None:
    x = make([[math.nan, 1.0, -math.inf, -math.inf]])
    values, places = F.max_pool1d(x, 2, return_indices=True)
    np.testing.assert_array_equal(values.detach().numpy(), [[math.nan, -math.inf]])
    assert places.tolist() == [[0, 2]]
    values, places = F.max_pool1d(make([[-math.inf] * 2]), 2, padding=1, return_indices=True)
    assert (values.tolist(), places.tolist()) == ([[-math.inf] * 2], [[0, 1]])


def test_infinity_stays_where_it_is(make: Any) -> None:
    """Windows and neighbours that have no part in it are finite."""
    x = make([[[math.inf, 1.0, 1.0, 1.0, 1.0]]])
    assert F.adaptive_avg_pool1d(x, 3).tolist() == [[[math.inf, 1, 1]]]
    assert F.interpolate(x, 3, mode="linear").tolist() == [[[math.inf, 1, 1]]]


def test_unpooling_by_hand(make: Any) -> None:
    x = make([[1.0, 5.0, 2.0, 0.0, 9.0]])
    values, places = F.max_pool1d(x, 2, return_indices=True)
    assert F.max_unpool1d(values, places, 2).tolist() == [[0, 5, 2, 0]]
    out = F.max_unpool1d(values, places, 2, output_size=(1, 1, 5))
    assert out.tolist() == [[0, 5, 2, 0, 0]]
    (out * make([[1.0, 2.0, 3.0, 4.0, 5.0]]).detach()).sum().backward()
    assert x.grad.tolist() == [[0, 2, 3, 0, 0]]


def test_an_output_is_never_the_input(make: Any) -> None:
    x = make([GRID]).detach()
    for layer in (nn.MaxPool2d(1), nn.AvgPool2d(1), nn.MaxPool2d((1, 2)), nn.MaxPool2d((2, 1))):
        out = layer(x)
        out += 1.0
        assert x.tolist() == [GRID]


def test_a_result_as_large_as_the_input_can_be_written_to(make: Any) -> None:
    x = make([[[1.0, 2.0, 3.0]]]).detach()
    for out in (
        F.pad(x, (0, 0)), F.pad(x, (0, 0), "reflect"), F.interpolate(x, 3, mode="linear"),
        F.interpolate(x, 3), F.pad(x, ()),
    ):  # fmt: skip
        out += 1.0
        assert x.tolist() == [[[1, 2, 3]]]


def test_padding_by_hand(make: Any) -> None:
    x = make([[1.0, 2.0, 3.0]])
    for mode, expected in [
        ("constant", [0, 0, 1, 2, 3, 0]), ("reflect", [3, 2, 1, 2, 3, 2]),
        ("replicate", [1, 1, 1, 2, 3, 3]), ("circular", [2, 3, 1, 2, 3, 1]),
    ]:  # fmt: skip
        assert F.pad(x, (2, 1), mode).tolist() == [expected]
    assert F.pad(x, (-1, 1), value=7).tolist() == [[2, 3, 7]]
    assert F.pad(x, (-1, 1), "circular").tolist() == [[2, 3, 2]]  # what is left goes round
    assert F.pad(x, (0, 0, 1, 0)).tolist() == [[0, 0, 0], [1, 2, 3]]  # the last axis comes first
    assert F.pad(make(np.array([1, 2])), (1, 0)).tolist() == [0, 1, 2]
    F.pad(x, (2, 1), "reflect").sum().backward()
    assert x.grad.tolist() == [[1, 3, 2]]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.MaxPool2d(2), "kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False"),
        (nn.AvgPool1d(3, 2, 1), "kernel_size=(3,), stride=(2,), padding=(1,)"),
        (nn.AdaptiveAvgPool2d((None, 2)), "output_size=(None, 2)"),
        (nn.LPPool1d(2, 3), "norm_type=2, kernel_size=3, stride=None, ceil_mode=False"),
        (nn.MaxUnpool2d(2), "kernel_size=(2, 2), stride=(2, 2), padding=(0, 0)"),
        (nn.ZeroPad2d(1), "(1, 1, 1, 1)"),
        (nn.ConstantPad1d(1, 2.5), "padding=(1, 1), value=2.5"),
    ],
)
def test_what_a_layer_says_of_itself(layer: nn.Module, text: str) -> None:
    assert repr(layer) == f"{type(layer).__name__}({text})"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: nn.MaxPool2d(0), r"MaxPool2d: kernel_size: got 0, wanted numbers of at least 1"),
        (lambda: nn.MaxPool2d((2, 2, 2)), r"MaxPool2d: kernel_size: .* a tuple of 2"),
        (lambda: nn.AvgPool2d(2, stride=0), r"AvgPool2d: stride: got 0"),
        (lambda: nn.MaxPool1d(3, padding=2), r"MaxPool1d: padding: got 2, wanted at most half of"),
        (lambda: nn.MaxPool1d(3, padding=-1), r"MaxPool1d: padding: got -1"),
        (lambda: nn.MaxPool3d(2, dilation=0), r"MaxPool3d: dilation: got 0"),
        (lambda: nn.AvgPool2d(2, divisor_override=0), r"AvgPool2d: divisor_override: got 0"),
        (lambda: nn.AdaptiveAvgPool2d(0), r"AdaptiveAvgPool2d: output_size: got 0"),
        (lambda: nn.AdaptiveMaxPool2d((1, 2, 3)), r"AdaptiveMaxPool2d: output_size: .* tuple of 2"),
        (lambda: nn.LPPool2d(0, 2), r"LPPool2d: norm_type: got 0"),
        (lambda: nn.ZeroPad2d((1, 2)), r"ZeroPad2d: padding: got \(1, 2\), wanted one number or 4"),
    ],
)
def test_refused_when_it_is_built(build: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


X = bp.zeros((2, 3, 4))
INTEGERS = bp.zeros((2, 3, 4), dtype=bp.int64)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: F.max_pool2d(bp.zeros((3, 4)), 2), ValueError, r"max_pool2d: input: got shape \(3, 4\), wanted \(N, C, H, W\)"),
        (lambda: F.avg_pool1d(INTEGERS, 2), TypeError, r"avg_pool1d: input: got dtype int64.*astype"),
        (lambda: F.max_pool1d([[1.0]], 2), TypeError, r"max_pool1d: input is a list, wanted a Tensor"),
        (lambda: F.max_pool2d(X, 5), ValueError, r"max_pool2d: input: got shape \(2, 3, 4\), of which kernel_size = \(5, 5\).* leaves \(0, 0\)"),
        (lambda: F.max_pool1d(X, 2.5), TypeError, r"max_pool1d: kernel_size: got 2.5, wanted an integer"),
        (lambda: F.adaptive_avg_pool2d(bp.zeros((1, 0, 4)), 1), ValueError, r"adaptive_avg_pool2d: input: got shape \(1, 0, 4\)"),
        (lambda: F.max_unpool1d(X, X, 2), TypeError, r"max_unpool1d: indices: got dtype float32"),
        (lambda: F.max_unpool1d(X, INTEGERS[0], 2), ValueError, r"max_unpool1d: indices: got shape \(3, 4\)"),
        (lambda: F.max_unpool1d(X, INTEGERS + 8, 2), ValueError, r"max_unpool1d: indices: got 8, wanted places .* 0 .. 7"),
        (lambda: F.max_unpool1d(X, INTEGERS - 1, 2), ValueError, r"max_unpool1d: indices: got -1"),
        (lambda: F.max_unpool1d(X, INTEGERS, 2, output_size=(10,)), ValueError, r"max_unpool1d: output_size: got \(10,\), wanted .* from|away"),
        (lambda: F.pad(X, (1,)), ValueError, r"pad: pad: got \(1,\) .* a pair"),
        (lambda: F.pad(X, (1,) * 8), ValueError, r"pad: pad: .* at most 6 numbers"),
        (lambda: F.pad(X, (1, 1), "edge"), ValueError, r"pad: mode: got 'edge', wanted one of 'constant'"),
        (lambda: F.pad(X, (1, 1), "reflect", 2.0), ValueError, r"pad: value: got 2.0 with mode='reflect'"),
        (lambda: F.pad(X, (4, 0), "reflect"), ValueError, r"pad: pad: got \(4, 0\) for an axis of length 4 .* at most 3"),
        (lambda: F.pad(X, (5, 0), "circular"), ValueError, r"pad: pad: got \(5, 0\) .* at most 4"),
        (lambda: F.pad(X, (1, 1, 1, 1, 1, 1), "replicate"), ValueError, r"pad: pad: got 6 numbers .* behind C"),
        (lambda: F.pad(X, (-3, -2)), ValueError, r"pad: pad: got \(-3, -2\) for an axis of length 4"),
        (lambda: F.pad(INTEGERS, (1, 1), value=0.5), TypeError, r"pad: value: got 0.5, wanted a number that int64 can hold"),
        (lambda: nn.ReflectionPad2d(1)(bp.zeros((3, 4))), ValueError, r"ReflectionPad2d: input: got shape \(3, 4\)"),
    ],
)  # fmt: skip
def test_refused_when_it_is_called(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
