"""What is asked of a function that others wrote for the Array API standard, and wrote for arrays.

It is called on Tensors unchanged. The oracles are the same function on NumPy's arrays, for the
value; differences, for the first two derivatives; and the same function on PyTorch's tensors
differentiated by PyTorch, where it takes them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.autodiff import gradients

IN_PLACE = "modified by an inplace operation"
"""What PyTorch says of functions that overwrite an array whose values its backward pass needs."""

VIEW = "is a view and is being modified inplace"
"""What PyTorch says of functions that overwrite one of the parts that `unbind` gave."""


@dataclass(frozen=True, eq=False)
class Works:
    """A call that is differentiable with respect to each of its floating-point arrays.

    `name` is what the table of the documentation calls it, `order` the highest derivative that
    is right. `torch_says`: PyTorch's error, where it cannot differentiate the call.
    """

    name: str
    call: Callable[..., Any]
    args: tuple[np.ndarray, ...]
    order: int = 2
    torch_says: str = ""


@dataclass(frozen=True, eq=False)
class Constant:
    """A call whose result is right and carries no gradient: indices, counts, truth values, ranks,
    or Python's own numbers."""

    name: str
    call: Callable[..., Any]
    args: tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Refused:
    """A call that cannot be differentiated, and the error that says so. (When this test fails
    because there is no error any more, the table of the documentation has good news to tell.)"""

    name: str
    call: Callable[..., Any]
    args: tuple[np.ndarray, ...]
    error: type[Exception] = RuntimeError
    match: str = "this tensor requires a gradient; use .detach"  # they call numpy.asarray


def outputs(result: Any) -> list[Any]:
    """The arrays of a result, which may be a tuple or a tuple with names."""
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return [p for p in parts if hasattr(p, "shape")]


def _tensors(case: Any) -> list[bp.Tensor]:
    return [bp.asarray(a) for a in case.args]


def _floating(out: Any) -> bool:
    return any(kind in str(out.dtype) for kind in ("float", "complex"))


def check_value(case: Works | Constant) -> None:
    got = case.call(*_tensors(case))
    expected = case.call(*case.args)
    if not outputs(expected):  # Python's own numbers
        assert got == pytest.approx(expected, rel=1e-12)
        return
    for g, e in zip(outputs(got), outputs(expected), strict=True):
        assert isinstance(g, bp.Tensor)
        np.testing.assert_allclose(g.numpy(), e, rtol=1e-9, atol=1e-12)


def check_derivatives(case: Works) -> None:
    def f(*xs: bp.Tensor) -> Any:
        outs = [o for o in outputs(case.call(*xs)) if o.dtype.kind in "fc"]
        assert outs
        return tuple(outs)

    variables = [x.requires_grad_() if x.dtype.kind in "fc" else x for x in _tensors(case)]
    assert any(o.requires_grad for o in f(*variables))
    assert bp.gradcheck(f, _tensors(case), order=case.order)


@contextmanager
def _double(torch: Any) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def check_against_torch(case: Works) -> None:
    torch = pytest.importorskip("torch")

    def weights(out: Any) -> np.ndarray:
        n = math.prod(out.shape)
        return np.linspace(0.5, 1.5, n).reshape(tuple(out.shape))

    def real(t: Any, module: Any) -> Any:
        return module.real(t) + 0.7 * module.imag(t) if "complex" in str(t.dtype) else t

    ours = _tensors(case)
    mine = [x.requires_grad_() for x in ours if x.dtype.kind in "fc"]
    outs = [o for o in outputs(case.call(*ours)) if _floating(o) and o.requires_grad]
    found = gradients(
        [(real(o, bp) * bp.asarray(weights(o))).sum() for o in outs], mine, [None] * len(outs)
    )
    with warnings.catch_warnings(), _double(torch):
        warnings.simplefilter("ignore")  # about PyTorch's own ways
        if case.torch_says:
            with pytest.raises((RuntimeError, TypeError), match=case.torch_says):
                _torch_gradients(case, torch, weights, real)
            return
        expected = _torch_gradients(case, torch, weights, real)
    for g, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(g.numpy(), e.resolve_conj().numpy(), rtol=1e-9, atol=1e-10)


def _torch_gradients(case: Works, torch: Any, weights: Any, real: Any) -> Any:
    theirs = [torch.tensor(a) for a in case.args]
    wanted = [t.requires_grad_() for t in theirs if t.is_floating_point() or t.is_complex()]
    outs = [o for o in outputs(case.call(*theirs)) if _floating(o) and o.requires_grad]
    total = sum((real(o, torch) * torch.tensor(weights(o))).sum() for o in outs)
    return torch.autograd.grad(total, wanted)


def check_no_gradient(case: Constant) -> None:
    variables = [x.requires_grad_() if x.dtype.kind in "fc" else x for x in _tensors(case)]
    assert not any(o.requires_grad for o in outputs(case.call(*variables)))


def check_refused(case: Refused) -> None:
    variables = [x.requires_grad_() if x.dtype.kind in "fc" else x for x in _tensors(case)]
    with pytest.raises(case.error, match=case.match):
        case.call(*variables)
