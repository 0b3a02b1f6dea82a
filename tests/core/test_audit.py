"""audit must find what is wrong with a Function, and nothing where nothing is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.audit import Findings


def double(data: Any) -> bp.Tensor:
    return bp.asarray(np.array(data, dtype="float64"))


X, Y = double([0.5, -1.0, 2.0]), double([1.0, 3.0, 0.7])


def function(forward: Any, backward: Any) -> type[bp.Function]:
    return type("Given", (bp.Function,), {
        "forward": staticmethod(forward), "backward": staticmethod(backward)
    })  # fmt: skip


def saves(*, output: bool = False) -> Any:
    """A forward of x ↦ e^x that saves its input, or its output."""

    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        out = bp.exp(x)
        ctx.save_for_backward(out if output else x)
        return out

    return forward


def times_exp(ctx: Any, g: bp.Tensor) -> bp.Tensor:
    return g * bp.exp(ctx.saved_tensors[0])


def one(findings: Findings, *words: str) -> None:
    """There is exactly one finding, and it says these words."""
    assert len(findings) == 1, findings
    for word in words:
        assert word in findings[0]


# ---------------------------------------------------------------------------- nothing wrong


class Linear(bp.Function):
    """Works out what is asked for only."""

    @staticmethod
    def forward(ctx: Any, x: bp.Tensor, w: bp.Tensor, b: bp.Tensor | None = None) -> bp.Tensor:
        ctx.save_for_backward(x, w)
        ctx.with_bias, ctx.shape, ctx.names = b is not None, x.shape, ["x", {"w": 2}]
        out = x @ w
        return out if b is None else out + b

    @staticmethod
    def backward(ctx: Any, g: bp.Tensor) -> Any:
        x, w = ctx.saved_tensors
        gx = g @ w.T if ctx.needs_input_grad[0] else None
        gw = x.T @ g if ctx.needs_input_grad[1] else None
        return gx, gw, (g if ctx.with_bias and ctx.needs_input_grad[2] else None)


class SumAndProduct(bp.Function):
    @staticmethod
    def forward(ctx: Any, x: bp.Tensor, y: bp.Tensor) -> Any:
        ctx.save_for_backward(x, y)
        return x + y, x * y, bp.argmax(x)

    @staticmethod
    def backward(ctx: Any, g: bp.Tensor, h: bp.Tensor, _: Any) -> Any:
        x, y = ctx.saved_tensors
        return g + h * y, g + h * x


class Scale(bp.Function):
    """The form with setup_context; constants on ctx do no harm."""

    @staticmethod
    def forward(x: bp.Tensor, factor: float, *, table: Any = None) -> bp.Tensor:
        return x * factor

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: bp.Tensor) -> None:
        ctx.factor, ctx.table, ctx.mask = inputs[1], bp.ones(3), inputs[0] > 0

    @staticmethod
    def backward(ctx: Any, g: bp.Tensor) -> Any:
        return g * ctx.factor, None


class AbsSquare(bp.Function):
    """Of complex numbers; in PyTorch's convention the gradient of |z|² is 2 z."""

    @staticmethod
    def forward(ctx: Any, z: bp.Tensor) -> bp.Tensor:
        ctx.save_for_backward(z)
        return bp.real(z) ** 2 + bp.imag(z) ** 2

    @staticmethod
    def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
        return ctx.saved_tensors[0] * (g * 2.0)


@pytest.mark.parametrize(
    ("right", "xs"),
    [
        (function(saves(), times_exp), X),
        (function(saves(output=True), lambda ctx, g: g * ctx.saved_tensors[0]), X),
        (Linear, [double([[1.0, 2.0]]), double([[3.0], [0.5]])]),
        (Linear, [double([[1.0, 2.0]]), double([[3.0], [0.5]]), double([0.1])]),
        (SumAndProduct, (X, Y)),
        (Scale, (X, 3)),
        (AbsSquare, bp.asarray(np.array([0.3 + 0.4j, -1.0 + 0.2j]))),
        (AbsSquare, bp.asarray([0.5 - 1.5j])),
    ],
    ids=range(8),
)
def test_nothing_is_found_where_nothing_is_wrong(right: Any, xs: Any) -> None:
    found = bp.audit(right, xs)
    assert found == []
    assert found.notes == []


def test_on_other_backends(make: Any) -> None:
    assert bp.audit(Linear, (make([[1.0, 2.0]]), make([[3.0], [0.5]]))) == []
    wrong = function(saves(), lambda ctx, g: g * ctx.saved_tensors[0])
    one(bp.audit(wrong, make([1.0, 2.0])), "order 1", "xs[0]")


def test_inputs_of_any_kind() -> None:
    """float32, arrays and numbers are made double; variables are left alone."""
    x = bp.asarray([1.0, 2.0], requires_grad=True)
    assert bp.audit(SumAndProduct, (x, np.array([1.0, 3.0], dtype="float32"))) == []
    assert bp.audit(Scale, [x, 2.0], table=3) == []  # Python's numbers reach apply as they are
    assert x.grad is None


def test_once_differentiable_is_noted() -> None:
    """It claims no second derivative, so what spoils that is no fault."""

    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        ctx.x = x
        return bp.exp(x)

    backward = bp.once_differentiable(lambda ctx, g: g * bp.exp(ctx.x))
    found = bp.audit(function(forward, backward), X)
    assert found == []
    assert found.notes == [
        "backward is marked once_differentiable: no second derivative is claimed"
    ]
    wrong = bp.once_differentiable(lambda ctx, g: g * ctx.x)
    one(bp.audit(function(forward, wrong), X), "derivative of order 1", "xs[0] is wrong")


# --------------------------------------------------------------------- values kept on ctx


def keeps(keep: Any) -> type[bp.Function]:
    """x ↦ x³ whose backward takes x from where `keep(ctx, x)` put it; keep returns the getter."""

    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        ctx.get = keep(ctx, x)
        return x**3

    return function(forward, lambda ctx, g: g * (ctx.get(ctx) ** 2 * 3.0))


@pytest.mark.parametrize(
    ("keep", "place", "origin"),
    [
        (lambda ctx, x: setattr(ctx, "x", x) or (lambda c: c.x), "ctx.x", "input 0"),
        (
            lambda ctx, x: (
                setattr(ctx, "kept", [1, {"a": (x.data,)}])
                or (lambda c: bp.asarray(c.kept[1]["a"][0]))
            ),
            "ctx.kept[1]['a'][0]",
            "input 0",
        ),
        (lambda ctx, x: setattr(ctx, "y", x * 1.0) or (lambda c: c.y), "ctx.y", "computed from"),
    ],
    ids=["Tensor", "array in a list", "intermediate"],
)
def test_inputs_kept_as_attributes(keep: Any, place: str, origin: str) -> None:
    kept, wrong = bp.audit(keeps(keep), X)
    assert kept.startswith(f"{place} is {origin}")
    assert "save_for_backward" in kept
    assert "derivative of order 2 with respect to xs[0] is wrong: 0 along" in wrong


def test_outputs_kept_as_attributes() -> None:
    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        ctx.out = bp.exp(x)
        return ctx.out

    kept, wrong = bp.audit(function(forward, lambda ctx, g: g * ctx.out), X)
    assert kept.startswith("ctx.out is output 0")
    assert "order 2" in wrong


def test_numbers_kept_as_attributes() -> None:
    """x / max |x| with the maximum as a Python number."""

    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        ctx.total = float((x * x).sum())
        ctx.save_for_backward(x)
        return x * x * ctx.total

    def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
        (x,) = ctx.saved_tensors
        return g * x * (2.0 * ctx.total) + x * ((g * x * x).sum() * 2.0)

    kept, wrong = bp.audit(function(forward, backward), X)
    assert kept.startswith("ctx.total is computed from the inputs")
    assert "order 2" in wrong


def test_saved_intermediates() -> None:
    """save_for_backward knows the history of inputs and outputs only."""

    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        square = x * x
        ctx.save_for_backward(None, square)
        return square * x

    saved, wrong = bp.audit(function(forward, lambda ctx, g: g * ctx.saved_tensors[1] * 3.0), X)
    assert saved.startswith("saved Tensor 1 is computed from the inputs")
    assert "order 2" in wrong


# ---------------------------------------------------------------- histories lost in backward


def test_a_backward_that_loses_the_history_of_its_gradient() -> None:
    """x ↦ 2 x: right at every order by itself, and wrong inside of anything else."""
    lossy = function(lambda ctx, x: x * 2.0, lambda ctx, g: g.detach() * 2.0)
    one(bp.audit(lossy, X), "order 2 with respect to the gradient of output 0 is wrong: 0 along")


def test_a_backward_in_numpy() -> None:
    def silently(ctx: Any, g: bp.Tensor) -> bp.Tensor:
        return bp.asarray(g.data * np.exp(ctx.saved_tensors[0].data))

    one(bp.audit(function(saves(), silently), X), "order 2", "is wrong: 0 along")

    def loudly(ctx: Any, g: bp.Tensor) -> bp.Tensor:
        return bp.asarray(g.numpy() * np.exp(ctx.saved_tensors[0].detach().numpy()))

    found = bp.audit(function(saves(), loudly), X)
    one(found, "cannot be differentiated: RuntimeError", "mark it once_differentiable")


def test_a_wrong_first_derivative() -> None:
    wrong = function(saves(), lambda ctx, g: g * bp.exp(ctx.saved_tensors[0]) * 1.001)
    one(bp.audit(wrong, X), "derivative of order 1 with respect to xs[0] is wrong")

    class Second(SumAndProduct):
        @staticmethod
        def backward(ctx: Any, g: bp.Tensor, h: bp.Tensor, _: Any) -> Any:
            _, y = ctx.saved_tensors
            return g + h * y, g + h * y

    one(bp.audit(Second, (X, Y)), "order 1 with respect to xs[1]")


# ------------------------------------------------------------------------ the wrong returns


@pytest.mark.parametrize(
    ("returns", "said"),
    [
        (lambda ctx, g: (g, g, g), "returned 3 gradients, wanted 2"),
        (lambda ctx, g: g, "returned 1 gradients, wanted 2"),
        (lambda ctx, g: (g[:2], g), "gradient 0 has shape (2,), wanted its argument's, (3,)"),
        (lambda ctx, g: (g, 1.0), "gradient 1 is a float, wanted a Tensor or None"),
        (lambda ctx, g: ctx.nothing, "AttributeError"),
    ],
)
def test_gradients_of_the_wrong_number_or_kind(returns: Any, said: str) -> None:
    one(bp.audit(function(lambda ctx, x, y: x + y, returns), (X, Y)), "backward fails", said)


def test_a_gradient_left_out() -> None:
    left = function(lambda ctx, x, y: x + y, lambda ctx, g: (g, None))
    one(bp.audit(left, (X, Y)), "order 1 with respect to xs[1] is wrong: 0 along")


def test_a_backward_that_minds_which_inputs_want_a_gradient() -> None:
    class Hasty(SumAndProduct):
        @staticmethod
        def backward(ctx: Any, g: bp.Tensor, h: bp.Tensor, _: Any) -> Any:
            if not ctx.needs_input_grad[1]:
                raise ZeroDivisionError("never tried")
            return SumAndProduct.backward(ctx, g, h, _)

    one(bp.audit(Hasty, (X, Y)), "fails where input 0 alone requires a gradient: never tried")

    class Lazy(SumAndProduct):
        @staticmethod
        def backward(ctx: Any, g: bp.Tensor, h: bp.Tensor, _: Any) -> Any:
            both = SumAndProduct.backward(ctx, g, h, _)
            return both if all(ctx.needs_input_grad) else (None, both[1])

    one(bp.audit(Lazy, (X, Y)), "the gradient of input 0 is another one where it alone")


def test_no_gradient_at_all() -> None:
    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        out = x * 2.0
        ctx.mark_non_differentiable(out)
        return out

    one(bp.audit(function(forward, lambda ctx, g: g), X), "no output carries a gradient")


# ------------------------------------------------------------------------- things overwritten


def test_overwritten_inputs() -> None:
    def forward(ctx: Any, y: bp.Tensor, x: bp.Tensor) -> bp.Tensor:
        x.data *= 2.0
        return x + y

    found = bp.audit(function(forward, lambda ctx, g: (g, g * 2.0)), (Y, X))
    one(found, "forward overwrites input 1")
    assert X.tolist() == [0.5, -1.0, 2.0]


def test_overwritten_gradients_and_inputs_in_backward() -> None:
    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        ctx.save_for_backward(x)
        return x * x

    def on_gradient(ctx: Any, g: bp.Tensor) -> bp.Tensor:
        out = g * ctx.saved_tensors[0] * 2.0
        g.data[...] = 0.0
        return out

    def on_input(ctx: Any, g: bp.Tensor) -> bp.Tensor:
        ctx.saved_tensors[0].data *= 2.0
        return g * ctx.saved_tensors[0]

    one(bp.audit(function(forward, on_gradient), X), "backward overwrites the gradient of output 0")
    one(bp.audit(function(forward, on_input), X), "backward overwrites input 0")


# ---------------------------------------------------------------------------------- other


def test_random_functions_are_refused() -> None:
    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        ctx.save_for_backward(bp.rand(3) < 0.5)
        return bp.where(ctx._to_save[0], x, 0.0)

    def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
        return bp.where(ctx.saved_tensors[0], g, 0.0)

    one(bp.audit(function(forward, backward), X), "not a function of its inputs alone")


def test_errors() -> None:
    with pytest.raises(TypeError, match="wanted a class made from Function"):
        bp.audit(lambda x: x, X)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="wanted a class made from Function"):
        bp.audit(Scale.apply, X)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no input is floating-point"):
        bp.audit(Scale, (bp.asarray([1, 2]), 3))

    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bp.audit(function(forward, lambda ctx, g: g), X)
    assert bp.is_grad_enabled()
