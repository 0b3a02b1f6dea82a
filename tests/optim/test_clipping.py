"""Gradient clipping: PyTorch's numbers, and what happens without gradients and with NaN."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

SHAPES = [(3,), (2, 5), (), (4, 3, 2)]
NORMS = [1.0, 2.0, math.inf, 3.0, 0.5]


def _gradients(scale: float = 1.0) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [np.asarray(rng.standard_normal(s) * scale) for s in SHAPES]


def _parameters(device: str, without: tuple[int, ...] = ()) -> list[bp.Tensor]:
    ps = [bp.asarray(np.ones(s), device=device, requires_grad=True) for s in SHAPES]
    for i, (p, g) in enumerate(zip(ps, _gradients(), strict=True)):
        p.grad = None if i in without else bp.asarray(g, device=device)
    return ps


def _theirs(torch: Any, without: tuple[int, ...] = ()) -> list[Any]:
    ps = [torch.ones(s, dtype=torch.float64, requires_grad=True) for s in SHAPES]
    for i, (p, g) in enumerate(zip(ps, _gradients(), strict=True)):
        p.grad = None if i in without else torch.tensor(g)
    return ps


def _compare(ours: list[bp.Tensor], theirs: list[Any]) -> None:
    for p, q in zip(ours, theirs, strict=True):
        if q.grad is None:
            assert p.grad is None
        else:
            assert p.grad is not None
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-13)


@pytest.mark.parametrize("norm_type", NORMS)
@pytest.mark.parametrize("max_norm", [0.0, 0.5, 1e6])
@pytest.mark.parametrize("without", [(), (1,), (0, 3)], ids=str)
def test_clipping_by_norm_is_pytorchs(
    norm_type: float, max_norm: float, without: Any, backend: Any, torch: Any
) -> None:
    ours, theirs = _parameters(backend.name, without), _theirs(torch, without)
    norm = bp.optim.clip_grad_norm_(ours, max_norm, norm_type)
    wanted = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert norm.item() == pytest.approx(wanted.item(), rel=1e-13)
    assert norm.device == backend.name
    _compare(ours, theirs)


@pytest.mark.parametrize("clip_value", [0.0, 0.3, 100.0])
@pytest.mark.parametrize("without", [(), (1,)], ids=str)
def test_clipping_by_value_is_pytorchs(
    clip_value: float, without: Any, backend: Any, torch: Any
) -> None:
    ours, theirs = _parameters(backend.name, without), _theirs(torch, without)
    assert bp.optim.clip_grad_value_(ours, clip_value) is None
    torch.nn.utils.clip_grad_value_(theirs, clip_value)
    _compare(ours, theirs)


def test_clipping_by_hand(backend: Any) -> None:
    """Gradients (3, 0) and 4 have the norm 5; to be 1 they are divided by 5."""
    a = bp.asarray(np.zeros(2), device=backend.name, requires_grad=True)
    b = bp.asarray(np.zeros(1), device=backend.name, requires_grad=True)
    a.grad = bp.asarray(np.array([3.0, 0.0]), device=backend.name)
    b.grad = bp.asarray(np.array([4.0]), device=backend.name)
    assert bp.optim.clip_grad_norm_([a, b], 1.0).item() == 5.0
    np.testing.assert_allclose(a.grad.numpy(), [0.6, 0.0], rtol=1e-6)
    np.testing.assert_allclose(b.grad.numpy(), [0.8], rtol=1e-6)
    assert bp.optim.clip_grad_norm_(b, 10.0).item() == pytest.approx(0.8, rel=1e-6)


def test_what_is_clipped_is_what_the_optimizer_uses(backend: Any) -> None:
    for first in ("clip", "step"):
        ps = _parameters(backend.name)
        optimizer = bp.optim.SGD(ps, lr=1.0)
        if first == "step":
            optimizer.step()
            for p, g in zip(ps, _gradients(), strict=True):
                p.grad = bp.asarray(g, device=backend.name)
        before = [p.detach().numpy().copy() for p in ps]
        norm = bp.optim.clip_grad_norm_(iter(ps), 0.5).item()
        optimizer.step()
        for p, v, g in zip(ps, before, _gradients(), strict=True):
            np.testing.assert_allclose(
                p.detach().numpy(), v - g * 0.5 / norm, rtol=1e-5, atol=1e-12
            )


def test_without_gradients_the_norm_is_zero(backend: Any) -> None:
    ps = _parameters(backend.name, (0, 1, 2, 3))
    assert bp.optim.clip_grad_norm_(ps, 1.0).item() == 0.0
    assert bp.optim.clip_grad_norm_([], 1.0).item() == 0.0
    bp.optim.clip_grad_value_(ps, 1.0)
    assert all(p.grad is None for p in ps)
    constant = bp.zeros(3)
    assert bp.optim.clip_grad_norm_([constant], 1.0).item() == 0.0


def test_parameters_of_two_dtypes_share_one_norm() -> None:
    a, b = (bp.asarray(np.zeros(1, d), requires_grad=True) for d in ("float32", "float64"))
    a.grad, b.grad = bp.asarray(np.array([3.0], "f4")), bp.asarray(np.array([4.0]))
    assert bp.optim.clip_grad_norm_([a, b], 1.0).item() == pytest.approx(5.0)
    assert (a.grad.dtype, b.grad.dtype) == (bp.float32, bp.float64)
    np.testing.assert_allclose([a.grad.item(), b.grad.item()], [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, math.inf])
def test_nan_gives_a_norm_of_nan_and_is_forgotten_with_its_gradient(
    norm_type: float, backend: Any
) -> None:
    """A loop that skips steps whose norm is not finite must recover."""
    ps = _parameters(backend.name)
    kept = ps[1].grad.numpy().copy()  # type: ignore[union-attr]
    ps[0].grad = bp.asarray(np.array([1.0, math.nan, 2.0]), device=backend.name)
    assert math.isnan(bp.optim.clip_grad_norm_(ps, 0.1, norm_type).item())
    np.testing.assert_array_equal(ps[0].grad.numpy(), [1.0, math.nan, 2.0])  # type: ignore[union-attr]
    np.testing.assert_array_equal(ps[1].grad.numpy(), kept)  # type: ignore[union-attr]
    ps[0].grad = bp.asarray(np.zeros(3), device=backend.name)
    norm = bp.optim.clip_grad_norm_(ps, 0.1, norm_type).item()
    rest = np.concatenate([g.ravel() for g in _gradients()[1:]])
    assert norm == pytest.approx(np.linalg.norm(rest, norm_type), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ps: bp.optim.clip_grad_norm_(ps, -1.0), "max_norm: got -1"),
        (lambda ps: bp.optim.clip_grad_norm_(ps, math.nan), "max_norm: got nan"),
        (lambda ps: bp.optim.clip_grad_norm_(ps, 1.0, 0.0), "norm_type: got 0"),
        (lambda ps: bp.optim.clip_grad_norm_(ps, 1.0, -2.0), "norm_type: got -2"),
        (lambda ps: bp.optim.clip_grad_value_(ps, -1.0), "clip_value: got -1"),
        (lambda ps: bp.optim.clip_grad_value_(ps, math.nan), "clip_value: got nan"),
    ],
)
def test_bad_arguments(call: Any, message: str) -> None:
    ps = _parameters("cpu")
    with pytest.raises(ValueError, match=message):
        call(ps)
    for p, g in zip(ps, _gradients(), strict=True):
        np.testing.assert_array_equal(p.grad.numpy(), g)  # type: ignore[union-attr]
