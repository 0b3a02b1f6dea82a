"""Flatten, and layers whose input is on another device."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp


def test_a_strict_input_for_a_cpu_layer_is_refused_even_when_strict_was_just_loaded() -> None:
    assert bp.zeros(1, device="strict").device == "strict"
    with pytest.raises(ValueError, match="strict"):
        bp.nn.ReLU()(bp.zeros(2, device="strict") + bp.zeros(2))


FLATTEN = [
    # (arguments, input, output)
    ({}, (2, 3, 4, 5), (2, 60)),
    ({}, (2, 3), (2, 3)),
    ({}, (0, 3, 4), (0, 12)),
    ({"start_dim": 0}, (2, 3, 4), (24,)),
    ({"start_dim": 1, "end_dim": 2}, (2, 3, 4, 5), (2, 12, 5)),
    ({"start_dim": -3, "end_dim": -2}, (2, 3, 4, 5), (2, 12, 5)),
    ({"start_dim": 2, "end_dim": 2}, (2, 3, 4), (2, 3, 4)),
]


@pytest.mark.parametrize(("kw", "shape", "wanted"), FLATTEN)
def test_flatten(kw: Any, shape: Any, wanted: Any, backend: Any) -> None:
    x = np.arange(math.prod(shape), dtype="float64").reshape(shape)
    out = bp.nn.Flatten(**kw)(bp.asarray(x, device=backend.name))
    np.testing.assert_array_equal(out.numpy(), x.reshape(wanted))


@pytest.mark.parametrize(
    ("kw", "shape", "message"),
    [
        ({"start_dim": 2, "end_dim": 1}, (2, 3, 4), "start_dim=2 is behind end_dim=1"),
        ({"start_dim": 5}, (2, 3, 4), "start_dim=5"),
        ({"start_dim": -5}, (2, 3, 4), "start_dim=-5"),
        ({"end_dim": 3}, (2, 3, 4), "end_dim=3"),
        ({"start_dim": 0}, (), "start_dim=0"),
        ({}, (4,), "start_dim=1"),
    ],
)
def test_flatten_refuses_axes_that_are_not_there(kw: Any, shape: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bp.nn.Flatten(**kw)(bp.zeros(shape))
