"""vjp, jvp, jacobian, hessian, hvp, and grad over trees, against closed forms."""

from __future__ import annotations

import gc
import weakref
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

import backprop as bp
from backprop import rules
from backprop.transforms.trace import Trace

A = np.array([[0.3, -0.2, 0.5], [1.0, 0.4, -0.7]])
X = np.array([0.5, -1.5, 2.0])


@pytest.fixture
def constant(make: Any) -> Any:
    """A float64 (or complex) constant on the backend."""
    return lambda data, dtype=None: make(data, dtype, requires_grad=False)


def close(got: Any, expected: Any, rtol: float = 1e-12) -> None:
    assert not got.requires_grad
    np.testing.assert_allclose(got.numpy(), expected, rtol=rtol, atol=1e-13)


# ------------------------------------------------------------------- gradients over trees


class Layer(NamedTuple):
    weight: Any
    bias: Any


def test_grad_of_a_tree(constant: Any) -> None:
    w, x = constant(A), constant(X)

    def loss(params: Any, x: bp.Tensor) -> bp.Tensor:
        (layer, rest), scale = params["layers"], params["scale"]
        assert isinstance(layer, Layer)
        assert rest is None
        return ((layer.weight @ x + layer.bias) * scale[0]).sum()

    params = {"layers": (Layer(w, constant([0.0, 1.0])), None), "scale": [constant(2.0)]}
    slope = bp.grad(loss)(params, x)
    assert list(slope) == ["layers", "scale"]
    layer, rest = slope["layers"]
    assert rest is None
    close(layer.weight, 2 * np.stack([X, X]))
    close(layer.bias, [2.0, 2.0])
    close(slope["scale"][0], (A @ X).sum() + 1)
    assert layer.weight.device == w.device
    again, dx = bp.grad(loss, (0, 1))(params, x)
    close(again["scale"][0], (A @ X).sum() + 1)
    close(dx, 2 * A.sum(0))


def test_leaves_are_wrapped() -> None:
    """Arrays and numbers among the leaves; float64 stays, Python's floats take the default."""
    value, slope = bp.value_and_grad(lambda p: (p["a"] * p["x"]).sum() * p["c"][0])(
        {"a": np.array([1.0, 2.0]), "x": np.float64(3.0), "c": [0.5]}
    )
    assert float(value) == 4.5
    assert bp.tree.map(lambda g: g.tolist(), slope) == {"a": [1.5, 1.5], "x": 1.5, "c": [9.0]}
    assert [g.dtype.name for g in bp.tree.flatten(slope)[0]] == ["float64", "float64", "float32"]


def test_float32_stays_float32() -> None:
    x = bp.asarray([1.0, 2.0])
    f = lambda x: (x * x * 0.5).sum()  # noqa: E731
    for result in (
        *bp.value_and_grad(f)(x), *bp.jvp(f, x, np.ones(2)), *bp.vjp(f, x)[1](1.0),
        bp.jacobian(f)(x), bp.hessian(f)(x), bp.hvp(f, x, np.ones(2)),
    ):  # fmt: skip
        assert result.dtype == bp.float32


def test_unused_leaves_get_zeros(constant: Any) -> None:
    p = {"used": constant([1.0, 2.0]), "not": (constant(np.ones((2, 3))), constant(1.0))}
    slope = bp.grad(lambda p: p["used"].sum())(p)
    close(slope["not"][0], np.zeros((2, 3)))
    close(slope["not"][1], 0.0)
    assert slope["not"][0].device == p["used"].device


def test_state_dicts() -> None:
    model = bp.nn.Linear(2, 1)
    x = bp.asarray([[1.0, 2.0]])
    slope = bp.grad(lambda s: (x @ s["weight"].T + s["bias"]).sum())(model.state_dict())
    assert bp.tree.map(lambda g: g.tolist(), slope) == {"weight": [[1.0, 2.0]], "bias": [1.0]}
    assert model.weight.grad is None


@pytest.mark.parametrize(
    ("leaf", "said"),
    [
        (bp.asarray([1, 2]), "dtype int64, wanted a floating-point one"),
        (bp.asarray(True), "dtype bool, wanted a floating-point one"),
        (3, "dtype int64, wanted a floating-point one"),
        ("relu", "a str, wanted a Tensor, an array or a number to differentiate by"),
        (np.tanh, "a ufunc, wanted a Tensor"),
    ],
)
def test_leaves_that_have_no_derivative(leaf: Any, said: str) -> None:
    def f(p: Any) -> bp.Tensor:
        return p["layers"][1]["w"]

    tree = {"layers": [1.0, {"w": 2.0, "b": leaf}]}
    for call in (
        bp.grad(f), bp.jacobian(f), bp.hessian(f), partial(bp.vjp, f),
        lambda t: bp.jvp(f, t, t), lambda t: bp.hvp(f, (t,), (t,)),
    ):  # fmt: skip
        with pytest.raises(TypeError) as error:
            call(tree)
        assert str(error.value).startswith(f"argument 0 of f, ['layers'][1]['b']: {said}")
    with pytest.raises(TypeError) as error:
        bp.grad(lambda x, y: x, (0, 1))(1.0, leaf)
    assert str(error.value).startswith(f"argument 1 of <lambda>: {said}")


def test_other_arguments_are_passed_untouched() -> None:
    seen = []

    def f(x: bp.Tensor, *rest: Any, **more: Any) -> bp.Tensor:
        seen.append((rest, more))
        return x * 2.0

    marker, array = object(), np.ones(2)
    bp.grad(f)(1.0, marker, array, None, key=3)
    ((rest, more),) = seen
    assert rest[0] is marker
    assert rest[1] is array
    assert (rest[2], more) == (None, {"key": 3})


@pytest.mark.parametrize("argnums", [1.0, "0", (), (0, "1"), None, True, [0, 1.0]])
def test_argnums_of_the_wrong_kind(argnums: Any) -> None:
    for transform in (bp.grad, bp.value_and_grad, bp.jacobian, bp.hessian):
        with pytest.raises(TypeError, match=r"argnums: got .*, wanted an integer or several"):
            transform(lambda x: x, argnums)


def test_argnums_that_name_nothing_or_twice() -> None:
    f = lambda x, y: x * y  # noqa: E731
    for transform in (bp.grad, bp.jacobian, bp.hessian):
        with pytest.raises(ValueError, match=r"argnums: got 2, but .* was called with 2 arguments"):
            transform(f, (0, 2))(1.0, 2.0)
        for twice in ((0, 0), (1, -1)):
            with pytest.raises(ValueError, match="names one argument twice"):
                transform(f, twice)(1.0, 2.0)


def test_what_is_no_function() -> None:
    for transform in (bp.grad, bp.value_and_grad, bp.jacobian, bp.hessian):
        with pytest.raises(TypeError, match="f: got a float, wanted a function"):
            transform(3.0)
    with pytest.raises(TypeError, match="f: got a float"):
        bp.vjp(3.0, 1.0)
    with pytest.raises(TypeError, match="f: got a float"):
        bp.jvp(3.0, 1.0, 1.0)
    assert float(bp.grad(partial(lambda n, x: x**n, 3))(2.0)) == 12.0  # has no __name__


def test_results_of_the_wrong_kind() -> None:
    with pytest.raises(TypeError, match="grad: the function returned 2 Tensors, wanted one"):
        bp.grad(lambda x: (x, x))(1.0)
    with pytest.raises(TypeError, match=r"the function returned a float at \[0\]\['a'\]"):
        bp.vjp(lambda x: [{"a": 1.0}, x], 1.0)
    with pytest.raises(TypeError, match="jvp: the function returned None, wanted a Tensor"):
        bp.jvp(lambda x: None, 1.0, 1.0)
    with pytest.raises(TypeError, match="the function returned a Tensor, wanted a pair"):
        bp.grad(lambda x: x, has_aux=True)(1.0)


# -------------------------------------------------------------------------------- has_aux


def test_has_aux(constant: Any) -> None:
    x = constant([1.0, 2.0])
    f = lambda x: ((x * x).sum(), {"twice": x * 2, "name": "aside"})  # noqa: E731
    slope, aux = bp.grad(f, has_aux=True)(x)
    close(slope, [2.0, 4.0])
    close(aux["twice"], [2.0, 4.0])  # without the history that nobody can use
    assert aux["name"] == "aside"
    (value, aux), _ = bp.value_and_grad(f, has_aux=True)(x)
    close(value, 5.0)
    out, pull, aux = bp.vjp(f, x, has_aux=True)
    close(out, 5.0)
    close(aux["twice"], [2.0, 4.0])
    close(pull(1.0)[0], [2.0, 4.0])


def test_aux_keeps_a_history_that_leads_outside() -> None:
    w = bp.asarray(3.0, requires_grad=True)
    _, aux = bp.grad(lambda x: (x * x, [x * w, x * 2.0]), has_aux=True)(2.0)
    aux[0].backward()
    assert float(w.grad) == 2.0
    assert not aux[1].requires_grad


# ------------------------------------------------------------------------------------- vjp


def test_vjp_against_the_matrix(constant: Any) -> None:
    a, x = constant(A), constant(X)
    out, pull = bp.vjp(lambda a, x: bp.tanh(a @ x), a, x)
    slope = 1 - np.tanh(A @ X) ** 2
    close(out, np.tanh(A @ X))
    for g in (np.array([1.0, 0.0]), np.array([-0.3, 2.0])):  # as often as one likes
        ga, gx = pull(constant(g))
        close(ga, np.outer(g * slope, X))
        close(gx, (g * slope) @ A)


def test_vjp_with_trees(constant: Any) -> None:
    def f(p: Any) -> Any:
        return {"sum": p["x"] + p["y"][0], "product": (p["x"] * p["y"][0], None)}

    out, pull = bp.vjp(f, {"x": constant(2.0), "y": [constant(5.0)]})
    assert list(out) == ["sum", "product"]
    close(out["product"][0], 10.0)
    (g,) = pull({"product": (constant(10.0), None), "sum": constant(1.0)})  # in any order
    close(g["x"], 51.0)
    close(g["y"][0], 21.0)
    (g,) = pull({"sum": None, "product": (constant(1.0), None)})
    close(g["x"], 5.0)


def test_pull_takes_numbers_and_arrays(constant: Any) -> None:
    _, pull = bp.vjp(lambda x: (x[0], x), constant([1.0, 2.0]))
    close(pull((3, np.array([1, 0])))[0], [4.0, 0.0])


def test_pull_is_differentiable_in_g_and_outside(constant: Any) -> None:
    """pull(g) = 3 x² w g, whose derivative is 3 x² w by g and 3 x² g by w."""
    w = constant(5.0).requires_grad_()
    _, pull = bp.vjp(lambda x: x**3 * w, constant(2.0))
    close(bp.grad(lambda g: pull(g)[0])(constant(7.0)).detach(), 60.0)
    (g,) = pull(constant(7.0))
    g.backward()
    assert float(w.grad) == 84.0


def test_pull_outlives_what_it_is_used_in(constant: Any) -> None:
    """A transformation around it must not free the graph that it needs again."""
    _, pull = bp.vjp(lambda x: bp.exp(x) * x, constant(2.0))
    slope = 3 * np.exp(2.0)
    for _ in range(2):
        close(bp.grad(lambda g: pull(g)[0] ** 2)(constant(3.0)), 6 * slope**2)
        close(bp.hessian(lambda g: pull(g)[0] ** 2)(constant(3.0)), 2 * slope**2)
        close(pull(1.0)[0], slope)


def test_errors_of_pull() -> None:
    _, pull = bp.vjp(lambda x: {"a": x, "b": [x[0]]}, bp.asarray([1.0, 2.0]))
    with pytest.raises(ValueError, match=r"g\['a'\]: got shape \(3,\), wanted \(2,\)"):
        pull({"a": bp.zeros(3), "b": [1.0]})
    with pytest.raises(ValueError, match=r"g: got the keys \['a'\], wanted \['a', 'b'\]"):
        pull({"a": bp.zeros(2)})
    with pytest.raises(TypeError, match=r"g\['b'\]\[0\]: got a str, wanted a Tensor"):
        pull({"a": None, "b": ["1"]})
    with pytest.raises(TypeError, match=r"g\['b'\]\[0\]: got dtype complex64, wanted a real one"):
        pull({"a": None, "b": [bp.asarray(1j)]})
    with pytest.raises(ValueError, match=r"g\['b'\]\[0\]: is on strict, wanted cpu"):
        pull({"a": None, "b": [bp.asarray(1.0, device="strict")]})


# ------------------------------------------------------------------------------------- jvp


def test_jvp_against_the_matrix(constant: Any) -> None:
    a, x = constant(A), constant(X)
    va, vx = constant(A[::-1].copy()), constant([1.0, 0.5, -2.0])
    out, change = bp.jvp(lambda a, x: bp.tanh(a @ x), (a, x), (va, vx))
    close(out, np.tanh(A @ X))
    close(change, (1 - np.tanh(A @ X) ** 2) * (A[::-1] @ X + A @ vx.numpy()))


def test_jvp_with_trees_and_zeros(constant: Any) -> None:
    def f(p: Any, q: Any) -> Any:
        return {"product": p["x"] * q[0], "none": q[1] * 0 + 3, "index": p["x"].argmax()}

    x, y, z = constant([1.0, 2.0]), constant([3.0, 4.0]), constant(1.0)
    one = constant([1.0, 1.0])
    out, change = bp.jvp(f, ({"x": x}, (y, z)), ({"x": one}, (None, None)))
    close(out["product"], [3.0, 8.0])
    close(change["product"], [3.0, 4.0])
    close(change["none"], 0.0)
    assert (change["index"].tolist(), change["index"].dtype) == (0, out["index"].dtype)
    assert change["none"].device == x.device
    _, change = bp.jvp(f, ({"x": x}, (y, z)), ({"x": None}, [one, z]))
    close(change["product"], [1.0, 2.0])


def test_jvp_of_one_argument_is_not_a_tuple() -> None:
    """A list or tuple stands for several arguments, any other tree for one."""
    out, change = bp.jvp(lambda p: p["a"] * 2.0, {"a": 3.0}, {"a": 1.0})
    assert (float(out), float(change)) == (6.0, 2.0)
    out, change = bp.jvp(lambda p: p.weight * p.bias, Layer(3.0, 4.0), Layer(1.0, 10.0))
    assert (float(out), float(change)) == (12.0, 34.0)
    _, change = bp.jvp(lambda p: p[0] * p[1], ([3.0, 4.0],), ([1.0, 10.0],))
    assert float(change) == 34.0


def test_errors_of_jvp() -> None:
    f = lambda x, y: x * y  # noqa: E731
    with pytest.raises(ValueError, match=r"vs: got 1 items, wanted 2"):
        bp.jvp(f, (1.0, 2.0), (1.0,))
    with pytest.raises(ValueError, match=r"vs\[1\]: got shape \(2,\), wanted \(\)"):
        bp.jvp(f, (1.0, 2.0), (1.0, np.ones(2)))


def test_jvp_through_once_differentiable_is_refused() -> None:
    class Once(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @bp.once_differentiable
        def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
            return g * ctx.saved_tensors[0] * 2.0

    with pytest.raises(RuntimeError, match="once_differentiable"):
        bp.jvp(Once.apply, 2.0, 1.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * x * 3.0,
        lambda x: x[1:] * x[:-1],
        lambda x: bp.stack([x.sum(), x[0], x[2] ** 3]),
        lambda x: rules.softmax(x * x, axis=0),
        lambda x: bp.where(x > 0, x * x, -x),
        lambda x: rules.logsumexp(x, axis=0, keepdims=True) * x,
        lambda x: bp.max(x) * x,
        lambda x: rules.take(x, bp.asarray([2, 0, 2], device=x.device), axis=0) * x,
    ],
    ids=range(8),
)
def test_jvp_jacobian_and_vjp_agree(f: Any, constant: Any) -> None:
    """Among each other and with differences."""
    x, v = constant(X), constant([0.3, -1.0, 0.7])
    out, change = bp.jvp(f, x, v)
    eps = 1e-6
    differences = (f(x + v * eps).numpy() - f(x - v * eps).numpy()) / (2 * eps)
    np.testing.assert_allclose(change.numpy(), differences, rtol=1e-7, atol=1e-9)
    matrices = [bp.jacobian(f, mode=mode)(x) for mode in ("forward", "reverse")]
    for matrix in matrices:
        assert matrix.shape == (*out.shape, 3)
        close(change, matrix.numpy() @ v.numpy())
    u = np.linspace(-1, 2, out.size).reshape(out.shape)
    close(bp.vjp(f, x)[1](constant(u))[0], np.tensordot(u, matrices[0].numpy(), out.ndim))


# -------------------------------------------------------------------------------- jacobian


@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
def test_jacobian_of_several_arguments(mode: str, constant: Any) -> None:
    """y = A x: dy_i/dA_jk = δ_ij x_k and dy_i/dx_k = A_ik."""
    by_a, by_x = bp.jacobian(lambda a, x: a @ x, (0, 1), mode=mode)(constant(A), constant(X))
    close(by_a, np.einsum("ij,k->ijk", np.eye(2), X))
    close(by_x, A)
    (alone,) = bp.jacobian(lambda a, x: a @ x, (-1,), mode=mode)(constant(A), constant(X))
    close(alone, A)


@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
def test_jacobian_of_trees(mode: str, constant: Any) -> None:
    def f(p: Any) -> Any:
        return {"y": p["a"] @ p["x"], "rest": [p["x"][0] * 2.0, None]}

    got = bp.jacobian(f, mode=mode)({"x": constant(X), "a": constant(A)})
    assert list(got) == ["y", "rest"]
    assert list(got["y"]) == ["x", "a"]
    close(got["y"]["x"], A)
    close(got["y"]["a"], np.einsum("ij,k->ijk", np.eye(2), X))
    close(got["rest"][0]["x"], [2.0, 0.0, 0.0])
    close(got["rest"][0]["a"], np.zeros((2, 3)))
    assert got["rest"][1] is None


@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
@pytest.mark.parametrize(
    ("into", "out"), [((), ()), ((0,), (2,)), ((2,), (0,)), ((1,), ()), ((2, 3), (2, 1, 3))]
)
def test_shapes_of_jacobians(into: Any, out: Any, mode: str, constant: Any) -> None:
    f = lambda x: (x * x).sum() + bp.zeros(out, dtype="float64", device=x.device)  # noqa: E731
    x = np.arange(float(np.prod(into))).reshape(into)
    got = bp.jacobian(f, mode=mode)(constant(x))
    assert got.dtype == bp.float64
    close(got, np.broadcast_to(2 * x, (*out, *into)))


@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
def test_batched_jacobian(mode: str, constant: Any) -> None:
    """The blocks that the whole matrix has on its diagonal."""
    rng = np.random.default_rng(0)
    xs, w = rng.normal(size=(5, 3)), constant(rng.normal(size=(3, 2)))

    def f(x: bp.Tensor, s: bp.Tensor) -> bp.Tensor:
        y = bp.tanh(x @ w) * s.unsqueeze(1)
        return y.reshape(5, 2, 1) * y.reshape(5, 1, 2)

    args = constant(xs), constant(rng.normal(size=5))
    whole = bp.jacobian(f, (0, 1))(*args)
    by_x, by_s = bp.jacobian(f, (0, 1), mode=mode, batched=True)(*args)
    assert (by_x.shape, by_s.shape) == ((5, 2, 2, 3), (5, 2, 2))
    close(by_x, np.stack([whole[0].numpy()[n, ..., n, :] for n in range(5)]))
    close(by_s, np.stack([whole[1].numpy()[n, ..., n] for n in range(5)]))


@pytest.mark.parametrize(
    ("options", "runs", "sweeps"),
    [
        ({"mode": "reverse"}, 1, 12),
        ({"mode": "reverse", "batched": True}, 1, 3),
        ({"mode": "forward"}, 1, 8),
        ({"mode": "forward", "batched": True}, 1, 2),
        ({}, 1, 8),  # 8 columns rather than 12 rows
        ({"batched": True}, 1, 2),
    ],
)
def test_what_a_jacobian_takes(
    options: Any, runs: int, sweeps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 4 x 2 to 4 x 3 numbers: f runs once, and each row or column is one sweep."""
    calls: list[str] = []
    for name in ("pull", "push"):
        method = getattr(Trace, name)

        def counted(self: Any, *args: Any, name: str = name, method: Any = method) -> Any:
            calls.append(name)
            return method(self, *args)

        monkeypatch.setattr(Trace, name, counted)

    def f(x: bp.Tensor) -> bp.Tensor:
        calls.append("run")
        return bp.tanh(x @ bp.ones((2, 3)))

    bp.jacobian(f, **options)(bp.ones((4, 2)))
    products = calls.count("push") or calls.count("pull")  # pushes rest on one pull in all
    assert (calls.count("run"), products) == (runs, sweeps)


def test_jacobian_can_be_differentiated(constant: Any) -> None:
    """d/dx of the trace of J for y = x³ is 6 x, rows or columns."""
    for mode in ("reverse", "forward"):
        trace = lambda x, m=mode: bp.jacobian(lambda x: x**3, mode=m)(x).reshape(9)[::4].sum()  # noqa: E731
        close(bp.grad(trace)(constant(X)), 6 * X)
        batched = lambda x, m=mode: bp.jacobian(lambda x: x**3, mode=m, batched=True)(x).sum()  # noqa: E731
        close(bp.grad(batched)(constant(X)), 6 * X)


def test_errors_of_jacobian() -> None:
    x = bp.asarray([1.0, 2.0])
    with pytest.raises(ValueError, match="mode: got 'both', wanted 'auto', 'forward' or 'reverse'"):
        bp.jacobian(lambda x: x, mode="both")
    with pytest.raises(TypeError, match=r"the result at \['n'\]: dtype int64, wanted a floating"):
        bp.jacobian(lambda x: {"y": x, "n": x.argmax()})(x)
    for f in (lambda x: x.sum(), lambda x: bp.concat([x, x])):
        with pytest.raises(ValueError, match=r"batched: .* wanted the same number of rows in all"):
            bp.jacobian(f, batched=True)(x)


# --------------------------------------------------------------------------------- hessian


def test_hessian_against_the_formula(constant: Any) -> None:
    """f = sum over i, j of exp(x_i x_j)."""
    f = lambda x: bp.exp(x.reshape(3, 1) * x.reshape(1, 3)).sum()  # noqa: E731
    a = np.array([0.1, -0.4, 0.7])
    e = np.exp(np.outer(a, a))
    expected = 2 * e * (1 + np.outer(a, a)) + np.diag(2 * (e @ (a * a)))
    close(bp.hessian(f)(constant(a)), expected)
    v = np.array([1.0, -2.0, 0.5])
    close(bp.hvp(f, constant(a), constant(v)), expected @ v)


def test_hessian_of_several_arguments(constant: Any) -> None:
    """f = (x · y) x · x: blocks by the product rule."""
    f = lambda x, y: (x * y).sum() * (x * x).sum()  # noqa: E731
    y = np.array([1.0, 3.0, -0.5])
    (xx, xy), (yx, yy) = bp.hessian(f, (0, 1))(constant(X), constant(y))
    expected_xy = np.eye(3) * (X @ X) + 2 * np.outer(X, X)
    close(xx, 2 * (np.outer(X, y) + np.outer(y, X)) + 2 * (X @ y) * np.eye(3))
    close(xy, expected_xy)
    close(yx, expected_xy.T)
    close(yy, np.zeros((3, 3)))
    v, w = np.array([1.0, 0.0, 2.0]), np.array([0.5, 1.0, -1.0])
    hx, hy = bp.hvp(f, (constant(X), constant(y)), (constant(v), constant(w)))
    close(hx, xx.numpy() @ v + xy.numpy() @ w)
    close(hy, yx.numpy() @ v)
    only_x, _ = bp.hvp(f, (constant(X), constant(y)), (constant(v), None))
    close(only_x, xx.numpy() @ v)


def test_hessian_of_a_tree(constant: Any) -> None:
    got = bp.hessian(lambda p: (p["x"] ** 2).sum() * p["y"])(
        {"x": constant([1.0, 2.0]), "y": constant(3.0)}
    )
    close(got["x"]["x"], 6 * np.eye(2))
    close(got["x"]["y"], [2.0, 4.0])
    close(got["y"]["x"], [2.0, 4.0])
    close(got["y"]["y"], 0.0)
    slope = bp.hvp(lambda p: (p["x"] ** 2).sum(), {"x": 2.0}, {"x": 5.0})
    assert bp.tree.map(float, slope) == {"x": 10.0}


def test_batched_hessian(constant: Any) -> None:
    """Of a sum over rows x of exp(a · x): a aᵀ exp(a · x) each."""
    rng = np.random.default_rng(1)
    rows, a = rng.normal(size=(4, 3)), rng.normal(size=3)
    got = bp.hessian(lambda x: bp.exp(x @ constant(a)).sum(), batched=True)(constant(rows))
    close(got, np.exp(rows @ a)[:, None, None] * np.outer(a, a))


def test_hvp_can_be_differentiated(constant: Any) -> None:
    """d/dx of vᵀ H v for f = sum x⁴ is 24 x v²."""
    v = constant([1.0, 2.0, -1.0])
    f = lambda x: (x**4).sum()  # noqa: E731
    close(bp.grad(lambda x: (bp.hvp(f, x, v) * v).sum())(constant(X)), 24 * X * v.numpy() ** 2)
    close(bp.grad(lambda v: (bp.hvp(f, constant(X), v) * v).sum())(v), 24 * X**2 * v.numpy())


def test_stop_gradient(constant: Any) -> None:
    x = constant([1.0, 2.0])
    close(bp.grad(lambda x: (x * bp.stop_gradient(x)).sum())(x), [1.0, 2.0])
    slope = bp.grad(lambda p: (p["a"] * bp.stop_gradient(p)["a"] * p["b"]).sum())
    got = slope({"a": x, "b": constant(3.0)})
    close(got["a"], [3.0, 6.0])
    close(got["b"], 5.0)
    tree = bp.stop_gradient({"a": [x.requires_grad_(), "text", 3], "b": None})
    assert not tree["a"][0].requires_grad
    assert (tree["a"][1:], tree["b"]) == (["text", 3], None)


# --------------------------------------------------------------------------------- complex

Z = np.array([0.3 + 0.4j, -1.0 + 0.2j])


def test_complex_gradients_are_pytorchs(constant: Any) -> None:
    """dL/dRe + i dL/dIm: 2 z for |z|², and 2 (z² conj z') for |z²|²."""
    z = constant(Z)
    close(bp.grad(lambda z: (bp.abs(z) ** 2).sum())(z), 2 * Z)
    close(bp.grad(lambda z: (bp.abs(z * z) ** 2).sum())(z), 4 * Z * np.abs(Z) ** 2)
    slope = bp.grad(lambda x: bp.real(bp.exp(x * z).sum()))(constant(2.0))
    assert slope.dtype == bp.float64  # of a real input: real
    close(slope, (Z * np.exp(2 * Z)).sum().real)
    with pytest.raises(ValueError, match="the result is complex, wanted a real number"):
        bp.grad(lambda z: z.sum())(z)


def test_complex_products(constant: Any) -> None:
    """Of z ↦ z² (J = 2 z, Jᵀ g = conj(J) g) and z ↦ conj z, which has no complex derivative."""
    z, v = constant(Z), np.array([1.0 - 2.0j, 0.5 + 1.0j])
    close(bp.jvp(lambda z: z * z, z, constant(v))[1], 2 * Z * v)
    close(bp.vjp(lambda z: z * z, z)[1](constant(v))[0], 2 * np.conj(Z) * v)
    close(bp.jvp(bp.conj, z, constant(v))[1], np.conj(v))
    close(bp.vjp(bp.conj, z)[1](constant(v))[0], np.conj(v))
    close(bp.jvp(bp.real, z, constant(v))[1], v.real)
    close(bp.jvp(lambda z: bp.abs(z) ** 2, z, constant(v))[1], 2 * (np.conj(Z) * v).real)
    x, u = constant([1.0, 2.0]), np.array([1.0, -1.0])
    close(bp.jvp(lambda x: x * z, x, constant(u))[1], Z * u)
    close(bp.vjp(lambda x: x * z, x)[1](constant(v))[0], (np.conj(Z) * v).real)


@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
def test_complex_jacobians(mode: str, constant: Any) -> None:
    z, x = constant(Z), constant([1.0, 2.0])
    holomorphic = bp.jacobian(lambda z: z * z * z[0], mode=mode, holomorphic=True)(z)
    close(holomorphic, np.diag(2 * Z * Z[0]) + np.outer(Z * Z, [1, 0]))
    e = np.exp(np.array([1, 2]) * Z)
    from_real = bp.jacobian(lambda x: bp.exp(x * z) * x[0], mode=mode)(x)
    close(from_real, np.diag(Z * e) + np.outer(e, [1, 0]))
    close(bp.jacobian(lambda x: x * z, mode=mode, batched=True)(x), Z)
    for f in (lambda z: z * z, bp.abs):
        with pytest.raises(TypeError, match=r"argument 0 of .*: dtype complex128: .*holomorphic"):
            bp.jacobian(f, mode=mode)(z)
    with pytest.raises(TypeError, match="the result: dtype float64, wanted a complex one"):
        bp.jacobian(bp.abs, mode=mode, holomorphic=True)(z)
    with pytest.raises(TypeError, match="dtype float64: wanted a complex one, as holomorphic says"):
        bp.jacobian(lambda x: x * z, mode=mode, holomorphic=True)(x)
    with pytest.raises(TypeError, match="dtype complex128"):
        bp.hessian(lambda z: (bp.abs(z) ** 2).sum())(z)


def test_hvp_of_a_complex_input(constant: Any) -> None:
    """|z|⁴ has the gradient 4 |z|² z, whose change along v is 4 |z|² v + 8 Re(conj z v) z."""
    v = np.array([1.0 - 2.0j, 0.5 + 1.0j])
    got = bp.hvp(lambda z: (bp.abs(z) ** 4).sum(), constant(Z), constant(v))
    close(got, 4 * abs(Z) ** 2 * v + 8 * (np.conj(Z) * v).real * Z)


# ------------------------------------------------------------- what stays behind, and costs


def test_results_carry_no_history_of_their_own(constant: Any) -> None:
    """Only what outer variables could use: `numpy` refuses any other."""
    x = constant(X)
    f = lambda x: (x * x * x).sum()  # noqa: E731
    out, pull = bp.vjp(f, x)
    results = [
        *bp.value_and_grad(f)(x), out, *pull(1.0), *bp.jvp(f, x, x), bp.jacobian(f)(x),
        bp.hessian(f)(x), bp.hvp(f, x, x),
        *bp.jvp(lambda u: pull(u)[0], constant(1.0), constant(2.0)),  # a pull made outside
        bp.jacobian(lambda u: pull(u)[0])(constant(1.0)),
    ]  # fmt: skip
    assert not any(r.requires_grad for r in results)
    with bp.no_grad():
        y = x.requires_grad_()
        out, pull = bp.vjp(f, y)
        results = [
            *bp.value_and_grad(f)(y), out, *pull(1.0), *bp.jvp(f, y, y), bp.jacobian(f)(y),
            bp.hessian(f)(y), bp.hvp(f, y, y),
        ]  # fmt: skip
        assert not any(r.requires_grad for r in results)


def test_results_stay_tied_to_outer_variables(constant: Any) -> None:
    """Every result of a variable with requires_grad can be differentiated: here to 6, 6 x, ..."""
    for transform, expected in [
        (lambda x: bp.grad(lambda x: x**3)(x), 12.0),
        (lambda x: bp.vjp(lambda x: x**3, x)[1](1.0)[0], 12.0),
        (lambda x: bp.jvp(lambda x: x**3, x, 1.0)[1], 12.0),
        (lambda x: bp.jacobian(lambda x: x**3)(x), 12.0),
        (lambda x: bp.jacobian(lambda x: x**3, mode="forward")(x), 12.0),
        (lambda x: bp.hessian(lambda x: x**3)(x), 6.0),
        (lambda x: bp.hvp(lambda x: x**3, x, 1.0), 6.0),
        (lambda x: bp.value_and_grad(lambda x: x**3)(x)[0], 12.0),
        (lambda x: bp.jvp(lambda x: x**3, x, 1.0)[0], 12.0),
    ]:
        x = constant(2.0).requires_grad_()
        transform(x).backward()
        assert float(x.grad) == pytest.approx(expected, rel=1e-14)


def test_no_sweep_goes_past_the_variables() -> None:
    """What made the arguments is neither visited nor freed."""
    calls = []

    class Watched(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
            return x * 2.0

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
            calls.append(g)
            return g * 2.0

    x = bp.asarray([1.0, 2.0], requires_grad=True)
    h = Watched.apply(x)
    f = lambda h: (h * h * h).sum()  # noqa: E731
    for recording in (True, False):
        with bp.enable_grad() if recording else bp.no_grad():
            bp.grad(f)(h)
            bp.vjp(f, h)[1](1.0)
            bp.jvp(f, h, h)
            bp.hessian(f)(h)
            bp.jacobian(f, mode="forward")(h)
    assert calls == []
    h.sum().backward()
    assert len(calls) == 1


def test_graphs_are_let_go() -> None:
    gc.collect()
    gc.disable()
    try:
        for transform in (bp.grad, bp.jacobian, bp.hessian):
            kept: list[Any] = []

            def f(x: bp.Tensor, kept: Any = kept) -> bp.Tensor:
                y = bp.exp(x)
                kept.append(weakref.ref(y.data))
                return (y * y).sum()

            result = transform(f)(bp.asarray([1.0, 2.0]))
            assert kept[0]() is None, transform
            del result
        out, pull = bp.vjp(f, bp.asarray([1.0, 2.0]))
        assert kept[-1]() is not None
        del pull
        assert kept[-1]() is None
        assert float(out) > 0
    finally:
        gc.enable()


def test_an_inner_gradient_does_not_walk_the_outer_graph() -> None:
    """A simulation that takes a gradient at every step: steps must not cost more and more."""
    from backprop.transforms import reach

    visited = []
    make = reach.Reach.__init__

    def counted(self: Any, *args: Any) -> None:
        make(self, *args)
        visited.append(len(self.nodes) + len(self.outer))

    def run(steps: int) -> int:
        visited.clear()
        force = bp.grad(lambda q: (q**4).sum() * 0.25)

        def end(q: bp.Tensor) -> bp.Tensor:
            p = bp.zeros(2)
            for _ in range(steps):
                p = p - 0.01 * force(q)
                q = q + 0.01 * p
            return q.sum()

        bp.grad(end)(bp.asarray([1.0, 2.0]))
        return sum(visited)

    reach.Reach.__init__ = counted  # type: ignore[method-assign]
    try:
        assert run(80) < 2.2 * run(40)
    finally:
        reach.Reach.__init__ = make  # type: ignore[method-assign]
