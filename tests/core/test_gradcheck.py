"""gradcheck must find what is wrong: each test but the first plants an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import rules
from backprop.primitive import Primitive
from backprop.rule import vjp


def double(data: Any) -> bp.Tensor:
    return bp.asarray(np.array(data, dtype="float64"))


def test_right_derivatives_pass(make: Any) -> None:
    xs = [make([[0.5, -1.0], [2.0, 0.3]]).detach(), make([1.0, -2.0]).detach()]
    assert bp.gradcheck(lambda x, y: rules.tanh(x @ y), xs, order=2) is True
    assert bp.gradcheck(lambda x: x, xs[0], order=2)
    assert bp.gradcheck(lambda x, y: (x * 2.0, y * y), xs, order=2)
    assert bp.gradcheck(lambda x, y: x * x, xs, order=2)  # one input unused


def test_a_wrong_first_derivative_is_found() -> None:
    wrong = Primitive("wrong_exp", "x", lambda x: np.exp(x))
    vjp(wrong, lambda g, out: g * out * 1.001)
    with pytest.raises(AssertionError, match=r"derivative of order 1 with respect to xs\[0\]"):
        bp.gradcheck(wrong, [double([0.5])])


def test_a_wrong_second_derivative_is_found() -> None:
    """x³ whose rule takes its slope for a constant: the first derivative is right."""

    class Forgets(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
            ctx.slope = x.detach() ** 2 * 3.0
            return x**3

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
            return g * ctx.slope

    x = double([0.5, -1.0])
    assert bp.gradcheck(Forgets.apply, [x], order=1)
    with pytest.raises(AssertionError, match=r"derivative of order 2 with respect to xs\[0\]"):
        bp.gradcheck(Forgets.apply, [x], order=2)


def test_the_wrong_input_is_named() -> None:
    wrong = Primitive("wrong_multiply", "x y", lambda x, y: x * y)
    vjp(wrong, lambda g, y: g * y, lambda g, x: g * x * 2)
    with pytest.raises(AssertionError, match=r"xs\[1\]"):
        bp.gradcheck(wrong, [double([0.5]), double([2.0])])
    with pytest.raises(AssertionError, match=r"xs\[2\]"):
        bp.gradcheck(lambda i, x, y: wrong(x, y), [bp.asarray([1]), double([0.5]), double([2.0])])


def test_a_missing_gradient_is_found() -> None:
    """A rule that says None, and a history cut by detach: zero where there should be a slope."""
    silent = Primitive("silent", "x", lambda x: x * 3.0)
    vjp(silent, None)
    with pytest.raises(AssertionError, match="order 1"):
        bp.gradcheck(silent, [double([0.5])])
    with pytest.raises(AssertionError, match="order 1"):
        bp.gradcheck(lambda x: x.detach() * 2.0, [double([0.5])])


def test_nan_is_not_agreement() -> None:
    bad = Primitive("nan_slope", "x", lambda x: x * 3.0)
    vjp(bad, lambda g: g * float("nan"))
    with pytest.raises(AssertionError):
        bp.gradcheck(bad, [double([0.5])])


def test_one_wrong_element_among_many_is_found() -> None:
    wrong = Primitive("wrong_last", "x", lambda x: x * 1.0)

    def rule(g: Any) -> Any:
        factor = np.ones(50)
        factor[-1] = 0.99
        return g * factor

    vjp(wrong, rule)
    with pytest.raises(AssertionError):
        bp.gradcheck(wrong, [double(np.zeros(50))])


def test_each_output_counts() -> None:
    wrong = Primitive("wrong_scale", "x", lambda x: x * 2.0)
    vjp(wrong, lambda g: g)
    with pytest.raises(AssertionError):
        bp.gradcheck(lambda x: (x * 3.0, wrong(x)), [double([1.0])])


def test_float32_is_refused() -> None:
    with pytest.raises(TypeError, match=r"xs\[1\]: got float32, wanted float64"):
        bp.gradcheck(lambda x, y: x * y, [double([1.0]), bp.asarray([1.0])])


def test_integers_are_not_differentiated() -> None:
    index = bp.asarray([2, 0])
    assert bp.gradcheck(
        lambda x, i: rules.take(x * x, i, axis=0), [double([1.0, 2.0, 3.0]), index], order=2
    )
    with pytest.raises(TypeError, match="no input is floating-point"):
        bp.gradcheck(lambda i: i, [index])


def test_order() -> None:
    with pytest.raises(ValueError, match="order: got 3, wanted 1 or 2"):
        bp.gradcheck(lambda x: x, [double(1.0)], order=3)


def test_inputs_are_left_alone() -> None:
    x = double([1.0, 2.0]).requires_grad_()
    bp.gradcheck(lambda v: v * v, [x], order=2)
    assert x.grad is None
    assert x.tolist() == [1.0, 2.0]


# ------------------------------------------------------------------------ trees and kinds


def test_trees_of_inputs_and_outputs(make: Any) -> None:
    x, w = make([1.0, 2.0]).detach(), make([[0.5, -1.0], [2.0, 0.3]]).detach()

    def f(p: Any, power: int, name: str) -> Any:
        assert (power, name) == (3, "text")
        return {"y": p["x"] ** power, "rest": (rules.tanh(p["w"][0] @ p["x"]), None)}

    xs = ({"x": x, "w": [w]}, 3, "text")
    assert bp.gradcheck(f, xs, order=2)
    assert bp.gradcheck(lambda p: p["x"] * p["x"], {"x": x}, order=2)


def test_the_wrong_leaf_is_named() -> None:
    wrong = Primitive("wrong_multiply", "x y", lambda x, y: x * y)
    vjp(wrong, lambda g, y: g * y, lambda g, x: g * x * 2)
    tree = {"a": double([0.5]), "layers": [double([2.0]), None]}
    with pytest.raises(AssertionError, match=r"with respect to xs\[0\]\['layers'\]\[0\] is wrong"):
        bp.gradcheck(lambda p: wrong(p["a"], p["layers"][0]), (tree,))


def test_numbers_and_arrays() -> None:
    """Python's floats are as precise as float64; arrays keep their dtype."""
    assert bp.gradcheck(lambda x, z, a, n: x * z * a**n, (0.5, 1.0 + 2.0j, np.ones(2), 3), order=2)
    with pytest.raises(TypeError, match=r"xs\[0\]\['a'\]: got float32, wanted float64"):
        bp.gradcheck(lambda p: p["a"], {"a": np.ones(2, dtype="float32")})


def test_complex_inputs(make: Any) -> None:
    """PyTorch's convention: d/dRe + i d/dIm, so conj has the product conj g, and abs² has 2 z."""
    z = make(np.array([0.3 + 0.4j, -1.0 + 0.2j])).detach()
    for f in (lambda z: z * z, bp.conj, bp.real, bp.imag, lambda z: bp.abs(z) ** 2, bp.exp):
        assert bp.gradcheck(f, z, order=2)
    assert bp.gradcheck(lambda x, z: bp.exp(x * z) + x, (make([1.0, 2.0]).detach(), z), order=2)

    class Conjugated(bp.Function):
        """The gradient of z² without the conjugate: right for real z only."""

        @staticmethod
        def forward(ctx: Any, z: bp.Tensor) -> bp.Tensor:
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
            return g * ctx.saved_tensors[0] * 2.0

    assert bp.gradcheck(Conjugated.apply, double([1.0, 2.0]), order=2)
    with pytest.raises(AssertionError, match="order 1"):
        bp.gradcheck(Conjugated.apply, z)


def test_a_lost_history_of_the_gradient_is_found() -> None:
    """x ↦ 2 x with g.detach(): right at every order alone, wrong inside of anything else."""

    class Lossy(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
            return x * 2.0

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
            return g.detach() * 2.0

    with pytest.raises(AssertionError, match="order 2 with respect to the gradient of output 0"):
        bp.gradcheck(Lossy.apply, double([1.0]), order=2)


def test_other_outputs() -> None:
    """Integers beside do not count; but something must be there, and all of it Tensors."""
    x = double([1.0, 3.0])
    assert bp.gradcheck(lambda x: (x * x, bp.argmax(x), x > 2.0), x, order=2)
    with pytest.raises(TypeError, match="f returned a float, wanted Tensors"):
        bp.gradcheck(lambda x: float(x.detach().sum()), x)
    with pytest.raises(TypeError, match=r"f returned a ndarray at \['y'\], wanted Tensors"):
        bp.gradcheck(lambda x: {"x": x, "y": np.ones(2)}, x)
    with pytest.raises(TypeError, match="f returned no floating-point Tensor"):
        bp.gradcheck(bp.argmax, x)
    with pytest.raises(TypeError, match="f returned no floating-point Tensor"):
        bp.gradcheck(lambda x: None, x)


def test_random_functions_are_refused() -> None:
    x = double([1.0, 3.0])
    with pytest.raises(ValueError, match="not a function of its inputs alone: called twice"):
        bp.gradcheck(lambda x: bp.nn.functional.dropout(x, 0.5), double(np.ones(50)))

    def seeded(x: bp.Tensor) -> bp.Tensor:
        bp.manual_seed(1)
        return x * bp.rand(2, dtype="float64")

    assert bp.gradcheck(seeded, x, order=2)
    calls: list[int] = []
    with pytest.raises(ValueError, match="its output 0 differs"):
        bp.gradcheck(lambda x: calls.append(1) or x[: len(calls)], x)  # type: ignore[func-returns-value]
