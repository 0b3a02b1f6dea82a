"""Operations with a backward pass of the user's own."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import rules
from backprop.autodiff import gradients


class LinearFunction(bp.Function):
    """As the lecture has it, letter by letter, in PyTorch's form."""

    @staticmethod
    def forward(ctx, input, weight, bias=None):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(input, weight, bias)
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output

    @staticmethod
    def backward(ctx, grad_output):  # type: ignore[no-untyped-def]
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_input, grad_weight, grad_bias


class Cube(bp.Function):
    @staticmethod
    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


class Exp(bp.Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
        out = rules.exp(x)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
        (out,) = ctx.saved_tensors
        return g * out


X = [[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]]
W = [[0.1, 0.2, 0.3], [-1.0, 2.0, 0.5], [0.0, 1.0, -1.0], [2.0, 0.0, 1.0]]
B = [0.1, -0.2, 0.3, 0.4]


# ------------------------------------------------------------------- the lecture's layer


def test_lecture_linear(make: Any) -> None:
    x, w, b = make(X), make(W), make(B)
    y = LinearFunction.apply(x, w, b)
    np.testing.assert_allclose(y.detach().numpy(), np.array(X) @ np.array(W).T + B, rtol=1e-15)
    weights = np.arange(8.0).reshape(2, 4)
    (y * make(weights).detach()).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), weights @ np.array(W), rtol=1e-14)
    np.testing.assert_allclose(w.grad.numpy(), weights.T @ np.array(X), rtol=1e-14)
    np.testing.assert_allclose(b.grad.numpy(), weights.sum(0), rtol=1e-14)


def test_lecture_linear_twice_differentiable(make: Any) -> None:
    xs = [make(v).detach() for v in (X, W, B)]
    assert bp.gradcheck(lambda *a: rules.tanh(LinearFunction.apply(*a)), xs, order=2)


def test_lecture_linear_without_bias(make: Any) -> None:
    x, w = make(X), make(W)
    for bias in ((), (None,)):
        y = LinearFunction.apply(x, w, *bias)
        np.testing.assert_allclose(y.detach().numpy(), np.array(X) @ np.array(W).T, rtol=1e-15)
        w.grad = None
        y.sum().backward()
        np.testing.assert_allclose(w.grad.numpy(), np.tile(np.array(X).sum(0), (4, 1)), rtol=1e-14)


def test_lecture_linear_against_torch() -> None:
    torch = pytest.importorskip("torch")

    class Theirs(torch.autograd.Function):  # type: ignore[misc, name-defined]
        forward = LinearFunction.forward
        backward = LinearFunction.backward

    ours = [bp.asarray(np.array(v), requires_grad=True) for v in (X, W, B)]
    theirs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (X, W, B)]
    (LinearFunction.apply(*ours) ** 2).sum().backward()
    (Theirs.apply(*theirs) ** 2).sum().backward()
    for o, t in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(o.grad.numpy(), t.grad.numpy(), rtol=1e-13)


def test_needs_input_grad() -> None:
    seen = []

    class Watch(LinearFunction):
        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> Any:
            seen.append(ctx.needs_input_grad)
            result = LinearFunction.backward(ctx, g)
            seen.append(tuple(r is not None for r in result))
            return result

    x, w, b = (bp.asarray(np.array(v)) for v in (X, W, B))
    w.requires_grad_()
    Watch.apply(x, w, b).sum().backward()
    assert seen == [(False, True, False), (False, True, False)]
    assert x.grad is None
    assert w.grad is not None


# ------------------------------------------------------------------------- derivatives


def test_higher_derivatives(make: Any) -> None:
    x = make(2.0).detach()
    f: Any = Cube.apply
    for expected in (12.0, 12.0, 6.0, 0.0):
        f = bp.grad(f)
        assert float(f(x)) == expected
    assert bp.gradcheck(Exp.apply, [make([0.3, -1.0]).detach()], order=2)
    g = bp.grad(bp.grad(Exp.apply))(make(0.7).detach())
    assert float(g) == pytest.approx(np.exp(0.7), rel=1e-15)


def test_first_derivatives_are_not_recorded() -> None:
    """Inside backward recording is off unless a second derivative is wanted."""
    modes = []

    class Watch(Cube):
        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
            modes.append(bp.is_grad_enabled())
            return Cube.backward(ctx, g)

    x = bp.asarray(2.0, requires_grad=True)
    Watch.apply(x).backward()
    Watch.apply(x).backward(create_graph=True)
    assert modes == [False, True]
    x.grad = None


def test_a_wrong_backward_is_used_and_found() -> None:
    """The user's backward decides, even where it is wrong; gradcheck says so."""

    class Wrong(Cube):
        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
            return g * 100.0

    assert float(bp.grad(Wrong.apply)(2.0)) == 100.0
    with pytest.raises(AssertionError, match="order 1"):
        bp.gradcheck(Wrong.apply, [bp.asarray(2.0, dtype="float64")])


def test_once_differentiable(make: Any) -> None:
    class Once(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor, y: bp.Tensor) -> bp.Tensor:
            ctx.save_for_backward(x)
            return x**3 * 1.0

        @staticmethod
        @bp.once_differentiable
        def backward(ctx: Any, g: bp.Tensor) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x**2, None

    x = make(2.0)
    y = Once.apply(x, make(1.0))
    (first,) = gradients([y], [x], create_graph=True)
    assert float(first) == 12.0
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradients([first], [x])
    Once.apply(x, 1.0).backward()
    assert float(x.grad) == 12.0
    with pytest.raises(RuntimeError, match="once_differentiable"):
        bp.grad(bp.grad(lambda v: Once.apply(v, 1.0)))(make(2.0).detach())


# ------------------------------------------------------------------------------ context


def test_setup_context_form(make: Any) -> None:
    class Scale(bp.Function):
        @staticmethod
        def forward(x: bp.Tensor, factor: float) -> bp.Tensor:
            return x * factor

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: bp.Tensor) -> None:
            x, ctx.factor = inputs
            assert output.shape == x.shape

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> Any:
            return g * ctx.factor, None

    x = make([1.0, 2.0])
    Scale.apply(x, 5.0).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0]


def test_keywords(make: Any) -> None:
    class Power(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor, *, n: int = 1) -> bp.Tensor:
            ctx.n = n
            ctx.save_for_backward(x)
            return x**n

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
            return g * ctx.n * ctx.saved_tensors[0] ** (ctx.n - 1)

    assert float(bp.grad(lambda x: Power.apply(x, n=4))(make(2.0).detach())) == 32.0
    with pytest.raises(TypeError, match=r"Power.apply: n requires a gradient"):
        Power.apply(make(2.0), n=make(2.0))


def test_save_for_backward_takes_tensors_and_none() -> None:
    class Bad(Cube):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
            ctx.save_for_backward(x, 3.0)
            return x

    with pytest.raises(TypeError, match="save_for_backward: got a float"):
        Bad.apply(bp.asarray(1.0))


def test_changed_after_being_saved() -> None:
    x = bp.asarray(2.0, requires_grad=True)
    y = Cube.apply(x)
    x.copy_(3.0)
    with pytest.raises(RuntimeError, match=r"changed in place.*Cube"):
        y.backward()


def test_a_constant_changed_after_being_saved(make: Any) -> None:
    class Product(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor, y: bp.Tensor) -> bp.Tensor:
            ctx.save_for_backward(y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> Any:
            (y,) = ctx.saved_tensors
            return g * y, None

    x, y = make([1.0, 2.0]), make([3.0, 4.0]).detach()
    out = Product.apply(x, y)
    y.copy_(make([0.0, 0.0]))
    with pytest.raises(RuntimeError, match="changed in place after Product used it"):
        out.sum().backward()


def test_an_argument_assigned_to_and_saved(make: Any) -> None:
    """What is saved would be taken for the argument, which it no longer is."""

    class Clipped(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor, y: bp.Tensor) -> bp.Tensor:
            ctx.save_for_backward(x if ctx.needs_input_grad[1] else y)
            x[0] = 0.0
            return x * y

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> Any:
            return g, g

    x, y = make([1.0, 2.0]), make([3.0, 4.0])
    with pytest.raises(RuntimeError, match=r"Clipped.forward assigned to .* argument 0 and saved"):
        Clipped.apply(x, y)
    out = Clipped.apply(x, y.detach())
    assert out.tolist() == [0.0, 8.0]
    assert x.tolist() == [1.0, 2.0]


def test_inside_of_transformations(make: Any) -> None:
    """A Function is like any operation to vjp, jvp, jacobian, hvp and checkpoint."""
    x, v = make([1.0, -2.0]).detach(), make([0.5, 3.0]).detach()
    f = lambda x: Cube.apply(x) * x  # noqa: E731
    cubes, squares = 4 * x.numpy() ** 3, 12 * x.numpy() ** 2
    np.testing.assert_allclose(bp.vjp(f, x)[1](v)[0].numpy(), cubes * v.numpy(), rtol=1e-14)
    np.testing.assert_allclose(bp.jvp(f, x, v)[1].numpy(), cubes * v.numpy(), rtol=1e-14)
    for mode in ("forward", "reverse"):
        got = bp.jacobian(f, mode=mode)(x)
        np.testing.assert_allclose(got.numpy(), np.diag(cubes), rtol=1e-14)
    g = lambda x: bp.checkpoint(f, x).sum()  # noqa: E731
    np.testing.assert_allclose(bp.hvp(g, x, v).numpy(), squares * v.numpy(), rtol=1e-14)


def test_nothing_is_recorded_without_need(make: Any) -> None:
    assert not Cube.apply(make(2.0).detach()).requires_grad
    with bp.no_grad():
        assert not Cube.apply(make(2.0)).requires_grad


# ------------------------------------------------------------------------ several outputs


class SumAndProduct(bp.Function):
    @staticmethod
    def forward(ctx: Any, x: bp.Tensor, y: bp.Tensor) -> Any:
        ctx.save_for_backward(x, y)
        return x + y, x * y

    @staticmethod
    def backward(ctx: Any, g_sum: bp.Tensor, g_product: bp.Tensor) -> Any:
        x, y = ctx.saved_tensors
        return g_sum + g_product * y, g_sum + g_product * x


def test_several_outputs(make: Any) -> None:
    def f(x: bp.Tensor, y: bp.Tensor) -> bp.Tensor:
        s, p = SumAndProduct.apply(x, y)
        return (s * s * p).sum()

    xs = [make([1.0, -2.0]).detach(), make([0.5, 3.0]).detach()]
    assert bp.gradcheck(f, xs, order=2)


def test_an_unused_output_gets_zeros(make: Any) -> None:
    x, y = make([1.0, 2.0]), make([3.0, 4.0])
    SumAndProduct.apply(x, y)[0].sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]

    seen = []

    class Bare(SumAndProduct):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor, y: bp.Tensor) -> Any:
            ctx.set_materialize_grads(False)
            return x + y, x * y

        @staticmethod
        def backward(ctx: Any, g_sum: Any, g_product: Any) -> Any:
            seen.append(g_product)
            return g_sum, g_sum

    Bare.apply(x, y)[0].sum().backward()
    assert seen == [None]


def test_outputs_that_carry_no_gradient() -> None:
    class TopOne(bp.Function):
        """Integers never do; a floating-point output may be marked."""

        @staticmethod
        def forward(ctx: Any, x: bp.Tensor) -> Any:
            rank = rules.floor(x)
            ctx.mark_non_differentiable(rank)
            return x * 2.0, x.argmax(), rank

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor, *others: Any) -> bp.Tensor:
            return g * 2.0

    x = bp.asarray([1.0, 3.0], requires_grad=True)
    double, where, rank = TopOne.apply(x)
    assert (double.requires_grad, where.requires_grad, rank.requires_grad) == (True, False, False)
    double.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


# -------------------------------------------------------------------------------- errors


def _with_backward(function: Any, arguments: int = 1) -> type[bp.Function]:
    class Given(bp.Function):
        @staticmethod
        def forward(ctx: Any, *xs: Any) -> bp.Tensor:
            return xs[0] * 2.0

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> Any:
            return function(g)

    return Given


def test_wrong_number_of_gradients() -> None:
    x = bp.asarray([1.0, 2.0], requires_grad=True)
    for returned in (lambda g: g, lambda g: (g, None, g)):
        with pytest.raises(RuntimeError, match=r"Given.backward returned \d gradients, wanted 2"):
            _with_backward(returned).apply(x, 3.0).sum().backward()
    _with_backward(lambda g: (g, None, None)).apply(
        x, 3.0
    ).sum().backward()  # None too many is fine
    assert x.grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_of_the_wrong_kind(create_graph: bool) -> None:
    x = bp.asarray([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"Given.backward: gradient 0 is a float, wanted a Tensor"):
        _with_backward(lambda g: 2.0).apply(x).sum().backward(create_graph=create_graph)
    with pytest.raises(
        ValueError, match=r"gradient 0 has shape \(3,\), wanted its argument's, \(2,\)"
    ):
        _with_backward(lambda g: bp.zeros(3)).apply(x).sum().backward(create_graph=create_graph)
    assert x.grad is None


def test_a_broadcast_gradient_is_summed(make: Any) -> None:
    class AddRow(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor, row: bp.Tensor) -> bp.Tensor:
            return x + row

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> Any:
            return g, g

    row = make([1.0, 2.0])
    AddRow.apply(make(np.ones((3, 2))), row).sum().backward()
    assert row.grad.tolist() == [3.0, 3.0]


def test_forward_must_return_tensors() -> None:
    class Bare(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor) -> Any:
            return x.numpy()

    with pytest.raises(TypeError, match=r"Bare.forward returned a ndarray, wanted Tensors"):
        Bare.apply(bp.asarray([1.0]))


def test_missing_methods() -> None:
    class Nothing(bp.Function):
        pass

    class Half(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
            return x * 1.0

    with pytest.raises(NotImplementedError, match="needs a static method forward"):
        Nothing.apply(bp.asarray([1.0]))
    with pytest.raises(NotImplementedError, match="needs a static method backward"):
        Half.apply(bp.asarray([1.0], requires_grad=True)).sum().backward()


# -------------------------------------------------------------------------------- memory


@pytest.mark.parametrize("function", [Exp, Cube, LinearFunction])
@pytest.mark.parametrize("backward", [False, True])
def test_no_cycles(function: Any, backward: bool) -> None:
    gc.collect()
    gc.disable()
    try:
        x = bp.asarray(np.ones((2, 2)), requires_grad=True)
        args = (x, x) if function is LinearFunction else (x,)
        y = function.apply(*args)
        array = weakref.ref(y.data)
        if backward:
            y.sum().backward()
        del y
        assert array() is None
        array = weakref.ref(x)
        del x, args
        assert array() is None
    finally:
        gc.enable()


def test_saved_tensors_are_freed() -> None:
    x = bp.asarray(np.ones(3), requires_grad=True)
    y = Exp.apply(x)
    array = weakref.ref(y.data)
    total = y.sum()
    del y
    assert array() is not None
    total.backward()
    assert array() is None
    with pytest.raises(RuntimeError, match="already freed"):
        total.backward()
