"""Convolutions: numbers worked by hand, initial values, and what is refused."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.nn import functional as F


def tensor(values: Any, variable: bool = False) -> bp.Tensor:
    return bp.asarray(np.array(values, dtype="float64"), requires_grad=variable)


def test_a_convolution_and_its_gradients_by_hand() -> None:
    """x 1 2 4, w 1 -1: the places see (1, 2) and (2, 4). With y weighted 1 and 10:
    dx = (w0, w1 + 10 w0, 10 w1), dw = (x0 + 10 x1, x1 + 10 x2), db = 11."""
    x, w, b = tensor([[[1, 2, 4]]], True), tensor([[[1, -1]]], True), tensor([0.5], True)
    y = F.conv1d(x, w, b)
    np.testing.assert_array_equal(y.detach().numpy(), [[[-0.5, -1.5]]])
    (y * tensor([[[1, 10]]])).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[[1, 9, -10]]])
    np.testing.assert_array_equal(w.grad.numpy(), [[[21, 42]]])
    np.testing.assert_array_equal(b.grad.numpy(), [11])


def test_stride_padding_and_dilation_by_hand() -> None:
    x, w = tensor([[[1, 2, 3, 4, 5]]]), tensor([[[1, 10, 100]]])

    def conv(**how: Any) -> list[float]:
        found: list[float] = F.conv1d(x, w, **how)[0, 0].numpy().tolist()
        return found

    assert conv() == [321, 432, 543]
    assert conv(stride=2) == [321, 543]
    assert conv(padding=1) == [210, 321, 432, 543, 54]
    assert conv(padding=2, stride=3) == [100, 432, 5]
    assert conv(dilation=2) == [531]
    assert conv(dilation=2, padding="same") == [310, 420, 531, 42, 53]
    assert F.conv1d(x, w[..., :2], padding="same")[0, 0].numpy().tolist() == [21, 32, 43, 54, 5]


def test_groups_by_hand() -> None:
    """Each output channel sees the channels of its own group."""
    x, w = tensor([[[1, 2], [3, 4]]]), tensor([[[10]], [[100]]])
    y = F.conv1d(x, w, groups=2)
    np.testing.assert_array_equal(y.numpy(), [[[10, 20], [300, 400]]])


def test_a_transposed_convolution_by_hand() -> None:
    """Each element is spread over the kernel's places; a stride sets them apart."""
    x, w = tensor([[[1, 2]]]), tensor([[[1, 10, 100]]])

    def up(**how: Any) -> list[float]:
        found: list[float] = F.conv_transpose1d(x, w, **how)[0, 0].numpy().tolist()
        return found

    assert up() == [1, 12, 120, 200]
    assert up(stride=2) == [1, 10, 102, 20, 200]
    assert up(stride=2, padding=1) == [10, 102, 20]
    assert up(stride=2, padding=1, output_padding=1) == [10, 102, 20, 200]
    assert up(dilation=3, output_padding=2) == [1, 2, 0, 10, 20, 0, 100, 200, 0, 0]
    assert up(dilation=3, padding=1, output_padding=2) == [2, 0, 10, 20, 0, 100, 200, 0]


def test_folding_counts_the_windows() -> None:
    """Windows of 2 over 3 elements: the middle one is in two of them."""
    x = tensor([[[[1, 2, 3]]]])
    columns = F.unfold(x, (1, 2))
    np.testing.assert_array_equal(columns.numpy(), [[[1, 2], [2, 3]]])
    np.testing.assert_array_equal(F.fold(columns, (1, 3), (1, 2)).numpy(), [[[[1, 4, 3]]]])


@pytest.mark.parametrize(
    ("mode", "margins"),
    [("zeros", (0, 0, 0, 0)), ("reflect", (3, 2, 2, 1)), ("replicate", (1, 1, 3, 3)),
     ("circular", (2, 3, 1, 2))],
)  # fmt: skip
def test_padding_modes_by_hand(mode: str, margins: tuple[int, ...]) -> None:
    layer = bp.nn.Conv1d(1, 1, 1, padding=2, padding_mode=mode, bias=False, dtype="float64")
    layer.weight.copy_(tensor([[[1]]]))
    out = layer(tensor([[[1, 2, 3]]]))[0, 0].detach().numpy().tolist()
    assert out == [*margins[:2], 1, 2, 3, *margins[2:]]


def test_weights_start_as_pytorchs() -> None:
    bp.manual_seed(0)
    for layer, fan in [
        (bp.nn.Conv2d(8, 40, 5, groups=4), 2 * 25),
        (bp.nn.ConvTranspose2d(40, 8, 5, groups=4), 2 * 25),
    ]:
        bound = 1 / math.sqrt(fan)
        for p in layer.parameters():
            values = p.detach().numpy()
            assert np.abs(values).max() <= bound
            if values.size > 100:
                assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.05)
                assert np.abs(values).max() > 0.99 * bound


def test_how_they_look() -> None:
    nn = bp.nn
    assert repr(nn.Conv2d(1, 2, 3)) == "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))"
    assert repr(nn.Conv1d(2, 4, 3, 1, "same", 2, 2, False, "circular")) == (
        "Conv1d(2, 4, kernel_size=(3,), stride=(1,), padding=same, dilation=(2,), groups=2, "
        "bias=False, padding_mode=circular)"
    )
    assert repr(nn.ConvTranspose1d(2, 4, 3, 2, 1, 1)) == (
        "ConvTranspose1d(2, 4, kernel_size=(3,), stride=(2,), padding=(1,), output_padding=(1,))"
    )


def test_no_columns_are_kept() -> None:
    """The graph holds the input and the weight, nothing larger."""
    x, layer = bp.ones((2, 3, 9, 9), requires_grad=True), bp.nn.Conv2d(3, 4, 3)
    node = layer(x).node
    held = [a.size for a in node.primitive.arrays(node)]
    assert sum(held) <= x.size + layer.weight.size


X = bp.zeros((2, 4, 6, 6))
WRONG_LAYERS = [
    (lambda: bp.nn.Conv2d(4, 6, 3, groups=3), r"Conv2d: groups: got 3, wanted a divisor of in_channels = 4"),
    (lambda: bp.nn.Conv2d(6, 4, 3, groups=3), r"Conv2d: groups: got 3, wanted a divisor of out_channels = 4"),
    (lambda: bp.nn.Conv2d(4, 6, 3, groups=0), r"Conv2d: groups: got 0, wanted a whole number of at least 1"),
    (lambda: bp.nn.Conv2d(0, 6, 3), r"Conv2d: in_channels: got 0"),
    (lambda: bp.nn.Conv2d(4, 6.0, 3), r"Conv2d: out_channels: got 6.0"),
    (lambda: bp.nn.Conv2d(4, 6, 0), r"Conv2d: kernel_size: got 0, wanted a whole number of at least 1 or 2 of them"),
    (lambda: bp.nn.Conv2d(4, 6, (3, 3, 3)), r"Conv2d: kernel_size: got \(3, 3, 3\)"),
    (lambda: bp.nn.Conv2d(4, 6, True), r"Conv2d: kernel_size: got True"),
    (lambda: bp.nn.Conv2d(4, 6, 3, stride=0), r"Conv2d: stride: got 0"),
    (lambda: bp.nn.Conv1d(4, 6, 3, stride=-1), r"Conv1d: stride: got -1, wanted a whole number of at least 1$"),
    (lambda: bp.nn.Conv2d(4, 6, 3, dilation=(1, 0)), r"Conv2d: dilation: got \(1, 0\)"),
    (lambda: bp.nn.Conv2d(4, 6, 3, padding=-1), r"Conv2d: padding: got -1, wanted a whole number of at least 0"),
    (lambda: bp.nn.Conv2d(4, 6, 3, padding="full"), r"Conv2d: padding: got 'full', wanted whole numbers, 'valid' or 'same'"),
    (lambda: bp.nn.Conv2d(4, 6, 3, stride=2, padding="same"), r"'same' needs a stride of 1, got stride=\(2, 2\)"),
    (lambda: bp.nn.Conv2d(4, 6, 3, padding_mode="edge"), r"Conv2d: padding_mode: got 'edge', wanted one of 'zeros'"),
    (lambda: bp.nn.ConvTranspose2d(4, 6, 3, padding_mode="reflect"), r"ConvTranspose2d: padding_mode: got 'reflect', wanted 'zeros'"),
    (lambda: bp.nn.ConvTranspose2d(4, 6, 3, padding="same"), r"ConvTranspose2d: padding: got 'same', wanted whole numbers"),
    (lambda: bp.nn.ConvTranspose2d(4, 6, 3, output_padding=-1), r"output_padding: got -1"),
]  # fmt: skip
WRONG_CALLS = [
    (lambda: bp.nn.Conv2d(3, 6, 3)(X), ValueError, r"conv2d: input: got 4 channels, wanted 3"),
    (lambda: bp.nn.ConvTranspose2d(3, 6, 3)(X), ValueError, r"conv_transpose2d: input: got 4 channels, wanted 3"),
    (lambda: bp.nn.Conv2d(4, 6, 3)(X[0, 0]), ValueError, r"conv2d: input: got shape \(6, 6\), wanted \(N, C, H, W\) or \(C, H, W\)"),
    (lambda: bp.nn.Conv1d(4, 6, 3)(X), ValueError, r"conv1d: input: got shape \(2, 4, 6, 6\)"),
    (lambda: bp.nn.Conv2d(4, 6, 7)(X), ValueError, r"conv2d: input: got size \(6, 6\), with padding \(6, 6\).*the kernel's \(7, 7\)"),
    (lambda: bp.nn.Conv2d(4, 6, 3, dilation=3)(X), ValueError, r"the kernel's \(7, 7\)"),
    (lambda: bp.nn.Conv2d(4, 6, 3, padding=2)(X[:, :, :0]), ValueError, r"conv2d: input: got size \(0, 6\)"),
    (lambda: bp.nn.Conv2d(4, 6, 3)(X.numpy()), TypeError, r"conv2d: input is a numpy.ndarray, wanted a Tensor"),
    (lambda: bp.nn.Conv2d(4, 6, 3)(X.astype("float64")), TypeError, r"conv2d: input is float64 and the weight float32"),
    (lambda: bp.nn.Conv2d(4, 6, 3)(X.astype("int64")), TypeError, r"conv2d: input: got dtype int64"),
    (lambda: bp.nn.Conv2d(4, 4, 3, padding=6, padding_mode="reflect")(X), ValueError, r"Conv2d: input: got size \(6, 6\), which is too small for a padding of 6"),
    (lambda: F.conv1d(bp.ones((1, 2, 3)), np.ones((2, 2, 1))), TypeError, "conv1d: weight is a numpy.ndarray, wanted a Tensor"),
    (lambda: bp.nn.Conv2d(4, 4, 3, padding=7, padding_mode="circular")(X), ValueError, r"too small for a padding of 7"),
    (lambda: F.conv2d(X, bp.zeros((6, 4, 3))), ValueError, r"conv2d: weight: got shape \(6, 4, 3\)"),
    (lambda: F.conv2d(X, bp.zeros((6, 4, 0, 3))), ValueError, r"conv2d: weight: got shape \(6, 4, 0, 3\)"),
    (lambda: F.conv2d(X, bp.zeros((6, 4, 3, 3)), bp.zeros(5)), ValueError, r"conv2d: bias: got shape \(5,\), wanted one number an output channel, \(6,\)"),
    (lambda: F.conv2d(X, bp.zeros((5, 2, 3, 3)), groups=2), ValueError, r"conv2d: groups: got 2, wanted a divisor of weight.shape\[0\] = 5"),
    (lambda: F.conv_transpose2d(X, bp.zeros((4, 2, 3, 3)), output_padding=1), ValueError, r"output_padding: got 1 for axis 0, wanted less than its stride 1"),
    (lambda: F.conv_transpose2d(X, bp.zeros((4, 2, 3, 3)), padding=4), ValueError, r"conv_transpose2d: input: got 6 elements along axis 0 of \(6, 6\), which give 0"),
    (lambda: bp.nn.ConvTranspose2d(4, 2, 3, 2)(X, (12, 13)), ValueError, r"ConvTranspose2d: output_size: got \(12, 13\), wanted 2 numbers from \(13, 13\) to \(14, 14\)"),
    (lambda: F.unfold(X[0, 0], 2), ValueError, r"unfold: input: got shape \(6, 6\), wanted \(N, C, H, W\)"),
    (lambda: F.unfold(X, 7), ValueError, r"unfold: input: got size \(6, 6\)"),
    (lambda: F.unfold(X, 0), ValueError, r"unfold: kernel_size: got 0"),
    (lambda: F.fold(bp.zeros((1, 8, 5)), 3, 2), ValueError, r"fold: input: got shape \(1, 8, 5\), wanted \(N, C 4, 4\) or \(C 4, 4\)"),
    (lambda: F.fold(bp.zeros((1, 7, 4)), 3, 2), ValueError, r"fold: input: got shape \(1, 7, 4\)"),
    (lambda: bp.nn.ConvTranspose2d(4, 2, 3, 2)(X, (13,)), ValueError, r"output_size: got \(13,\)"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), WRONG_LAYERS, ids=[m for _, m in WRONG_LAYERS])
def test_wrong_arguments(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(("call", "kind", "message"), WRONG_CALLS, ids=[m for *_, m in WRONG_CALLS])
def test_wrong_calls(call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
