"""Resizing, and elements moved between axes: worked by hand, and what is refused."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import nn
from backprop.nn import functional as F


def test_nearest_by_hand(make: Any) -> None:
    """3 elements out of 2: floor(o 2/3) is 0 0 1; 2 out of 4: 0 and 2, or with the middles 1 and 3."""
    x = make([[[1.0, 2.0]]])
    assert F.interpolate(x, 3).tolist() == [[[1, 1, 2]]]
    long = make([[[1.0, 2.0, 3.0, 4.0]]])
    assert F.interpolate(long, 2).tolist() == [[[1, 3]]]
    assert F.interpolate(long, 2, mode="nearest-exact").tolist() == [[[2, 4]]]
    F.interpolate(x, 3).sum().backward()
    assert x.grad.tolist() == [[[2, 1]]]


def test_copies_by_hand(make: Any) -> None:
    x = make([[[[1.0, 2.0]]]])
    out = F.interpolate(x, scale_factor=(2, 3))
    assert out.tolist() == [[[[1, 1, 1, 2, 2, 2]] * 2]]
    out.sum().backward()
    assert x.grad.tolist() == [[[[6, 6]]]]


def test_linear_by_hand(make: Any) -> None:
    """4 elements out of 0 4: read at -1/4 (held at 0), 1/4, 3/4, 5/4 (held at 1)."""
    x = make([[[0.0, 4.0]]])
    assert F.interpolate(x, 4, mode="linear").tolist() == [[[0, 1, 3, 4]]]
    assert F.interpolate(x, 5, mode="linear", align_corners=True).tolist() == [[[0, 1, 2, 3, 4]]]
    F.interpolate(x, 4, mode="linear").sum().backward()
    assert x.grad.tolist() == [[[2, 2]]]


def test_bilinear_by_hand(make: Any) -> None:
    x = make([[[[0.0, 2.0], [4.0, 6.0]]]])
    out = nn.UpsamplingBilinear2d(size=3)(x)
    assert out.tolist() == [[[[0, 1, 2], [2, 3, 4], [4, 5, 6]]]]


def test_cubic_by_hand(make: Any) -> None:
    """Half way between two: the neighbours weigh 19/32, the next ones -3/32 (a = -3/4)."""
    x = make([[[[1.0, 10.0, 100.0, 1000.0]]]])
    out = F.interpolate(x, (1, 7), mode="bicubic", align_corners=True)[..., 3]
    np.testing.assert_allclose(out.item(), (19 * 110 - 3 * 1001) / 32, rtol=1e-14)


def test_antialiased_by_hand(make: Any) -> None:
    """4 to 2: a tent of width 4 about 1 weighs the first three 1/8 + 3/8 3/8 1/8 cut at the start."""
    x = make([[[[7.0, 0.0, 0.0, 0.0]]]])
    out = F.interpolate(x, (1, 2), mode="bilinear", antialias=True)
    np.testing.assert_allclose(out.detach().numpy(), [[[[3.0, 0.0]]]], rtol=1e-14)


def test_a_given_scale_is_used_unless_it_is_recomputed(make: Any) -> None:
    """3 elements, 1.5 times: 4 of them, read at (o + 1/2) / 1.5 - 1/2 or at (o + 1/2) 3/4 - 1/2."""
    x = make([[[0.0, 1.0, 2.0]]])
    given = F.interpolate(x, scale_factor=1.5, mode="linear").detach().numpy()
    again = F.interpolate(x, scale_factor=1.5, mode="linear", recompute_scale_factor=True).detach()
    np.testing.assert_allclose(given, [[[0, 0.5, 7 / 6, 11 / 6]]], rtol=1e-14)
    np.testing.assert_allclose(again.numpy(), [[[0, 0.625, 1.375, 2]]], rtol=1e-14)


def test_pixels_by_hand(make: Any) -> None:
    x = make(np.arange(8.0).reshape(1, 8, 1, 1))
    out = nn.PixelShuffle(2)(x)
    assert out.tolist() == [[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]
    assert nn.PixelUnshuffle(2)(out).tolist() == x.tolist()
    assert nn.ChannelShuffle(2)(x).flatten().tolist() == [0, 4, 1, 5, 2, 6, 3, 7]


def test_flatten_and_back(make: Any) -> None:
    x = make(np.arange(24.0).reshape(2, 12))
    out = nn.Unflatten(1, (3, -1))(x)
    assert out.shape == (2, 3, 4)
    assert nn.Flatten()(out).tolist() == x.tolist()
    assert nn.Unflatten(0, [1, 2])(x).shape == (1, 2, 12)
    assert nn.Unflatten(1, (0, 3))(bp.zeros((2, 0))).shape == (2, 0, 3)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Upsample(scale_factor=2), "scale_factor=2.0, mode='nearest'"),
        (nn.Upsample((3, 4), mode="bilinear"), "size=(3, 4), mode='bilinear'"),
        (nn.PixelShuffle(2), "upscale_factor=2"),
        (nn.PixelUnshuffle(3), "downscale_factor=3"),
        (nn.ChannelShuffle(4), "groups=4"),
        (nn.Unflatten(1, (2, 3)), "dim=1, unflattened_size=(2, 3)"),
        (nn.Flatten(), "start_dim=1, end_dim=-1"),
    ],
)
def test_what_a_layer_says_of_itself(layer: nn.Module, text: str) -> None:
    assert repr(layer) == f"{type(layer).__name__}({text})"


X = bp.zeros((1, 3, 4))
IMAGE = bp.zeros((1, 6, 4, 5))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.Upsample(), ValueError, r"Upsample: got neither, wanted exactly one of size and scale_factor"),
        (lambda: nn.Upsample(2, 2.0), ValueError, r"Upsample: got size=2 and scale_factor=2.0"),
        (lambda: nn.Upsample(2, mode="cubic"), ValueError, r"Upsample: mode: got 'cubic', wanted one of 'nearest'"),
        (lambda: F.interpolate(X), ValueError, r"interpolate: got neither"),
        (lambda: F.interpolate(X, 2, mode="bilinear"), ValueError, r"interpolate: input: got shape \(1, 3, 4\) with mode='bilinear', wanted \(N, C, H, W\)"),
        (lambda: F.interpolate(X.astype("int64"), 2), TypeError, r"interpolate: input: got dtype int64"),
        (lambda: F.interpolate(X, 2, align_corners=True), ValueError, r"interpolate: align_corners: got True with mode='nearest'"),
        (lambda: F.interpolate(X, 2, antialias=True), ValueError, r"interpolate: antialias: got True with mode='nearest'"),
        (lambda: F.interpolate(IMAGE, 2, mode="lanczos"), ValueError, r"interpolate: mode: got 'lanczos', wanted antialias=True"),
        (lambda: F.interpolate(X, (2, 3)), ValueError, r"interpolate: size: got \(2, 3\), wanted one number, or one for each of the 1"),
        (lambda: F.interpolate(X, scale_factor=-1.0), ValueError, r"interpolate: scale_factor: got -1.0, wanted positive"),
        (lambda: F.interpolate(X, scale_factor="a"), ValueError, r"interpolate: scale_factor: got 'a', wanted positive"),
        (lambda: F.interpolate(X, scale_factor=0.1), ValueError, r"interpolate: input: got shape \(1, 3, 4\) to be resized to \(0,\)"),
        (lambda: F.interpolate(X, 2, recompute_scale_factor=True), ValueError, r"interpolate: recompute_scale_factor: got True with size"),
        (lambda: nn.PixelShuffle(0), ValueError, r"PixelShuffle: upscale_factor: got 0"),
        (lambda: F.pixel_shuffle(IMAGE, 2), ValueError, r"pixel_shuffle: upscale_factor: got 2 .* \(4\) divides the 6 channels"),
        (lambda: F.pixel_unshuffle(IMAGE, 2), ValueError, r"pixel_unshuffle: downscale_factor: got 2 .* height 4 and the width 5"),
        (lambda: F.pixel_shuffle(bp.zeros((4, 4)), 2), ValueError, r"pixel_shuffle: input: got shape \(4, 4\), wanted \(..., C, H, W\)"),
        (lambda: F.channel_shuffle(IMAGE, 4), ValueError, r"channel_shuffle: groups: got 4 .* a divisor of its 6 channels"),
        (lambda: F.channel_shuffle(bp.zeros((2, 4)), 2), ValueError, r"channel_shuffle: input: got shape \(2, 4\)"),
        (lambda: nn.Unflatten(1, 3), TypeError, r"Unflatten: unflattened_size: got 3, wanted a tuple"),
        (lambda: nn.Unflatten("C", (2, 3)), TypeError, r"Unflatten: dim: got 'C', wanted an integer"),
        (lambda: nn.Unflatten(1, (-1, -1)), ValueError, r"Unflatten: unflattened_size: got \(-1, -1\)"),
        (lambda: nn.Unflatten(1, (4, -1))(IMAGE), ValueError, r"Unflatten: unflattened_size: got \(4, -1\) for axis 1 .* product is 6"),
        (lambda: nn.Unflatten(1, (4, 2))(IMAGE), ValueError, r"Unflatten: unflattened_size: got \(4, 2\) for axis 1"),
    ],
)  # fmt: skip
def test_what_is_refused(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
