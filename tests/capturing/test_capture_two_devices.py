"""A step that works with arrays of two devices is replayed, and it is said that it is slow so."""

from __future__ import annotations

import pytest

import backprop as bp

pytest.importorskip("array_api_strict")


def test_two_devices() -> None:
    here = bp.asarray([1.0, 2.0])
    there = bp.asarray([3.0, 4.0], device="strict")

    @bp.capture
    def step(x: bp.Tensor, y: bp.Tensor) -> tuple[bp.Tensor, bp.Tensor]:
        return x * 2.0, y + 1.0

    for _ in range(4):
        one, other = step(here, there)
        assert one.tolist() == [2.0, 4.0]
        assert other.tolist() == [4.0, 5.0]
    assert step.replays == 2
    assert step.trouble is not None
    assert "arrays of cpu and strict" in step.trouble
