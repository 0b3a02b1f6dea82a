"""Where differentiation goes wrong in other hands: each known trap, against a closed form."""

from __future__ import annotations

import itertools
import math
import threading
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import rules


@pytest.fixture
def number(make: Any) -> Any:
    """A float64 constant on the backend."""
    return lambda data: make(data, "float64", requires_grad=False)


def slope_jvp(f: Any) -> Any:
    """f' by jvp, for a function of one number."""
    return lambda x: bp.jvp(f, x, 1.0)[1]


def slope_vjp(f: Any) -> Any:
    return lambda x: bp.vjp(f, x)[1](1.0)[0]


def slope_columns(f: Any) -> Any:
    return bp.jacobian(f, mode="forward")


def slope_rows(f: Any) -> Any:
    return bp.jacobian(f, mode="reverse")


def slope_checkpointed(f: Any) -> Any:
    return bp.grad(lambda x: bp.checkpoint(f, x))


SLOPES = [bp.grad, slope_jvp, slope_vjp, slope_rows, slope_columns, slope_checkpointed]
NAMES = {f: f.__name__ for f in SLOPES}
PAIRS = list(itertools.product(SLOPES, SLOPES))
TRIPLES = list(itertools.product(SLOPES, SLOPES, SLOPES))


def names(slopes: Any) -> str:
    return "-".join(NAMES[s].removeprefix("slope_") for s in slopes)


# ----------------------------------------------------------------- perturbation confusion


@pytest.mark.parametrize("slopes", PAIRS, ids=names)
def test_perturbation_confusion(slopes: Any, number: Any) -> None:
    """d/dx [x · d/dy (x + y)] = 1; a derivative that takes the two levels for one says 2."""
    outer, inner = slopes
    got = outer(lambda x: x * inner(lambda y: x + y)(number(1.0)))(number(1.0))
    assert float(got) == 1.0


@pytest.mark.parametrize("slopes", PAIRS, ids=names)
def test_perturbation_confusion_of_products(slopes: Any, number: Any) -> None:
    """d/dx [x · d/dy (x y)|y=2] = 2 x = 6; and at y = x, d/dx [d/dy (x² y³)] = 12 x³ = 324."""
    outer, inner = slopes
    got = outer(lambda x: x * inner(lambda y: x * y)(number(2.0)))(number(3.0))
    assert float(got) == 6.0
    got = outer(lambda x: inner(lambda y: x * x * y**3)(x))(number(3.0))
    assert float(got) == pytest.approx(324.0, rel=1e-14)


@pytest.mark.parametrize("slopes", TRIPLES, ids=names)
def test_any_nesting_at_third_order(slopes: Any, number: Any) -> None:
    """The third derivative of x² sin x; and one whose inner levels use the outer variables."""
    a, b, c = slopes
    x = 0.7
    f = lambda x: bp.sin(x) * x * x  # noqa: E731
    third = (6 - x * x) * math.cos(x) - 6 * x * math.sin(x)
    assert float(a(b(c(f)))(number(x))) == pytest.approx(third, rel=1e-12)
    # (x y z)²: d/dz = 2 x² y² z, at z = y: 2 x² y³; d/dy = 6 x² y², at y = x: 6 x⁴; d/dx = 24 x³.
    nested = a(lambda x: b(lambda y: c(lambda z: (x * y * z) ** 2)(y))(x))
    assert float(nested(number(x))) == pytest.approx(24 * x**3, rel=1e-12)


def test_siskind_and_pearlmutter(number: Any) -> None:
    """The derivative of a function that returns a function, which holds on to the variable: used
    twice inside one another, the two must not take each other's for their own. (O. Manzyuk et
    al., "Perturbation confusion in forward automatic differentiation of higher-order functions",
    2019.)"""
    d = bp.grad
    shift = lambda offset: lambda f: lambda x: f(x + offset)  # noqa: E731
    g = d(lambda o: shift(o)(d(lambda x: x**3))(number(2.0)))  # d/do 3 (2 + o)² = 6 (2 + o)
    assert float(g(number(0.0))) == 12.0
    twice = d(lambda o: shift(o)(shift(o)(d(lambda x: x**3)))(number(2.0)))  # 3 (2 + 2 o)²
    assert float(twice(number(0.0))) == 24.0


# ------------------------------------------------------------------------ shared variables


@pytest.mark.parametrize("slope", SLOPES, ids=NAMES.get)
def test_closure_over_an_outer_variable(slope: Any, number: Any) -> None:
    w = number(3.0).requires_grad_()
    got = slope(lambda x: w * x * x + w)(number(2.0))
    assert float(got) == 12.0
    got.backward()
    assert float(w.grad) == 4.0


@pytest.mark.parametrize("slope", SLOPES, ids=NAMES.get)
def test_closure_over_the_argument_itself(slope: Any, number: Any) -> None:
    """f(v) = v · x, called with v = x: only the argument is differentiated, x is a constant."""
    x = number(3.0).requires_grad_()
    got = slope(lambda v: v * x * x)(x)
    assert float(got) == 9.0
    got.backward()
    assert float(x.grad) == 6.0


def test_an_argument_used_twice(number: Any) -> None:
    """As two arguments it is two variables, in one it adds up."""
    x = number(3.0)
    gx, gy = bp.grad(lambda x, y: x * x * y, (0, 1))(x, x)
    assert (float(gx), float(gy)) == (18.0, 9.0)
    tree = bp.grad(lambda p: p["a"] * p["a"] * p["b"][0])({"a": x, "b": [x]})
    assert (float(tree["a"]), float(tree["b"][0])) == (18.0, 9.0)
    v = x.requires_grad_()
    assert float(bp.jvp(lambda x, y: x * x * y, (v, v), (1.0, 1.0))[1]) == 27.0
    (xx, xy), (_, yy) = bp.hessian(lambda x, y: x * x * y, (0, 1))(v, v)
    assert (float(xx), float(xy), float(yy)) == (6.0, 6.0, 0.0)
    xx.backward()  # 2 y
    assert float(v.grad) == 2.0


@pytest.mark.parametrize("slope", SLOPES, ids=NAMES.get)
def test_an_output_that_is_an_input(slope: Any, number: Any) -> None:
    assert float(slope(lambda x: x)(number(3.0))) == 1.0
    assert float(slope(slope(lambda x: x))(number(3.0))) == 0.0
    x = number(3.0).requires_grad_()
    assert float(slope(lambda v: v)(x)) == 1.0


def test_outputs_that_are_inputs(number: Any) -> None:
    x, y = number(2.0), number(3.0)
    out, pull = bp.vjp(lambda x, y: (y, x, y), x, y)
    assert [float(o) for o in out] == [3.0, 2.0, 3.0]
    assert [float(g) for g in pull((1.0, 10.0, 100.0))] == [10.0, 101.0]
    _, change = bp.jvp(lambda x, y: (y, x, y), (x, y), (1.0, 10.0))
    assert [float(c) for c in change] == [10.0, 1.0, 10.0]
    assert not out[0].requires_grad
    (value, kept), _ = bp.value_and_grad(lambda x: (x, x), has_aux=True)(x)
    assert not value.requires_grad
    assert not kept.requires_grad


@pytest.mark.parametrize("slope", SLOPES, ids=NAMES.get)
def test_outputs_that_are_outer_variables(slope: Any, number: Any) -> None:
    w = number(5.0).requires_grad_()
    assert float(slope(lambda x: w)(number(2.0))) == 0.0
    h = w * 2.0
    assert float(slope(lambda x: h)(number(2.0))) == 0.0


@pytest.mark.parametrize("slope", SLOPES, ids=NAMES.get)
def test_constants(slope: Any, number: Any) -> None:
    """Results that do not depend on the argument at all, or not at a second derivative."""
    one = number(1.0)
    for f in (lambda x: one, lambda x: one * 2.0, lambda x: bp.floor(x) * one):
        assert float(slope(f)(number(2.0))) == 0.0
        assert float(slope(slope(f))(number(2.0))) == 0.0
    assert float(slope(slope(lambda x: 3.0 * x))(number(2.0))) == 0.0
    assert float(slope(lambda x: x.detach() * 2.0)(number(2.0))) == 0.0


def test_unused_arguments(number: Any) -> None:
    x, y = number([1.0, 2.0]), number([[3.0]])
    gx, gy = bp.vjp(lambda x, y: (x * x).sum(), x, y)[1](1.0)
    assert (gx.tolist(), gy.tolist()) == ([2.0, 4.0], [[0.0]])
    by_x, by_y = bp.jacobian(lambda x, y: x * x, (0, 1))(x, y)
    assert by_x.tolist() == [[2.0, 0.0], [0.0, 4.0]]
    assert by_y.tolist() == [[[0.0]], [[0.0]]]
    _, change = bp.jvp(lambda x, y: x * x, (x, y), (None, y))
    assert change.tolist() == [0.0, 0.0]
    (_, xy), (yx, yy) = bp.hessian(lambda x, y: (x * x).sum(), (0, 1))(x, y)
    assert (xy.shape, yx.shape, yy.shape) == ((2, 1, 1), (1, 1, 2), (1, 1, 1, 1))
    assert not xy.numpy().any()
    assert not yx.numpy().any()


@pytest.mark.parametrize("slope", SLOPES, ids=NAMES.get)
def test_integer_inputs(slope: Any, number: Any) -> None:
    """An error by name where they would be differentiated; constants where they would not."""
    f = lambda n: n * 2.0  # noqa: E731
    for x in (3, np.int64(3), bp.asarray(3), True):
        with pytest.raises(
            TypeError, match=r"argument 0 of .*: dtype \w+, wanted a floating-point"
        ):
            slope(f)(x)
    index = bp.asarray([1, 1], device=number(0.0).device)
    x = number([2.0, 3.0])
    assert bp.grad(lambda x, i: (rules.take(x, i, axis=0) ** 2).sum())(x, index).tolist() == [0, 12]
    assert bp.grad(lambda x, n: x**n)(number(2.0), 3).item() == 12.0
    got = bp.grad(lambda x, i: bp.checkpoint(lambda x, i: x[i] ** 2, x, i).sum())(x, index)
    assert got.tolist() == [0.0, 12.0]


# ----------------------------------------------------------------- branches, loops, changes


@pytest.mark.parametrize("slope", SLOPES, ids=NAMES.get)
def test_branches_and_loops(slope: Any, number: Any) -> None:
    def f(x: bp.Tensor) -> bp.Tensor:
        n = 0
        while float(x.detach()) < 10.0:
            x, n = x * x, n + 1
        return x * n if n > 1 else -x

    assert float(slope(f)(number(2.0))) == 2 * 4 * 2.0**3  # x⁴ · 2
    assert float(slope(f)(number(20.0))) == -1.0


@pytest.mark.parametrize("slopes", [*PAIRS], ids=names)
def test_assignments_inside(slopes: Any, number: Any) -> None:
    """x[1] = x[0] x[1] gives the argument other values, but not another derivative:
    f = x0² · (x0 x1) at x = (t, 2 t) is 2 t⁴."""

    def f(t: bp.Tensor) -> bp.Tensor:
        x = bp.stack([t, 2.0 * t])
        x[1] = x[0] * x[1]
        return x[0] * x[0] * x[1]

    outer, inner = slopes
    assert float(inner(f)(number(3.0))) == pytest.approx(8 * 27.0, rel=1e-14)
    assert float(outer(inner(f))(number(3.0))) == pytest.approx(24 * 9.0, rel=1e-14)


def test_assignments_to_arguments(number: Any) -> None:
    x = number([2.0, 3.0])

    def f(x: bp.Tensor) -> bp.Tensor:
        y = x * x
        x[0] = 10.0
        x[1] = x[1] * x[1]
        return (y * x).sum()  # 10 x0² + x1⁴

    for slope in (
        bp.grad(f),
        lambda x: bp.vjp(f, x)[1](1.0)[0],
        bp.jacobian(f),
        bp.jacobian(f, mode="forward"),
        bp.grad(lambda x: bp.checkpoint(f, x)),
    ):
        assert slope(x).tolist() == [40.0, 108.0]
    assert bp.hessian(f)(x).tolist() == [[20.0, 0.0], [0.0, 108.0]]
    assert bp.jvp(f, x, number([1.0, 1.0]))[1].item() == 148.0
    assert x.tolist() == [2.0, 3.0]  # the caller's is not touched
    w = number([2.0, 3.0]).requires_grad_()
    assert bp.grad(f)(w).tolist() == [40.0, 108.0]
    assert w.tolist() == [2.0, 3.0]


def test_results_can_be_assigned_to(number: Any) -> None:
    out, pull = bp.vjp(lambda x: x * x, number([2.0, 3.0]))
    out[0] = 100.0
    assert pull(number([1.0, 1.0]))[0].tolist() == [4.0, 6.0]


# ------------------------------------------------------------------------------ no traces


@pytest.mark.parametrize("slope", [*SLOPES, bp.hessian], ids=lambda s: s.__name__)
@pytest.mark.parametrize("recording", [True, False])
def test_errors_inside_leave_no_state(slope: Any, recording: bool, number: Any) -> None:
    def f(x: bp.Tensor) -> bp.Tensor:
        assert bp.is_grad_enabled()
        with bp.no_grad():
            raise ZeroDivisionError

    before = bp.default_generator().get_state() if hasattr(bp, "default_generator") else None
    with bp.enable_grad() if recording else bp.no_grad():
        with pytest.raises(ZeroDivisionError):
            slope(f)(number(1.0))
        with pytest.raises(ZeroDivisionError):
            slope(slope(f))(number(1.0))
        assert bp.is_grad_enabled() is recording
    if before is not None:
        assert bp.default_generator().get_state() == before


@pytest.mark.parametrize("slope", SLOPES, ids=NAMES.get)
def test_under_no_grad(slope: Any, number: Any) -> None:
    """A derivative is one all the same, at any order, and a constant outside."""
    x = number(2.0).requires_grad_()
    with bp.no_grad():
        got = slope(slope(lambda v: v**3 * x))(x)
    assert float(got) == 24.0
    assert not got.requires_grad


@pytest.mark.parametrize("slope", SLOPES, ids=NAMES.get)
def test_no_grad_inside(slope: Any, number: Any) -> None:
    """What is computed under no_grad counts as a constant: x · [x²]."""

    def f(x: bp.Tensor) -> bp.Tensor:
        with bp.no_grad():
            c = x * x
        return x * c

    assert float(slope(f)(number(3.0))) == 9.0


def test_threads(number: Any) -> None:
    """Many at once, some under no_grad: none sees another's variables or mode."""
    results: dict[int, list[float]] = {}
    start = threading.Barrier(8)

    def work(n: int) -> None:
        start.wait()
        values = []
        for k in range(20):
            x = number(1.0 + n + k)
            f = lambda x: bp.checkpoint(lambda x: x**3, x) * x  # noqa: E731
            with bp.no_grad() if n % 2 else bp.enable_grad():
                _, pull = bp.vjp(f, x)
                values += [
                    float(bp.grad(bp.grad(f))(x)) / 12 - float(x) ** 2,
                    float(bp.jvp(bp.grad(f), x, 1.0)[1]) / 12 - float(x) ** 2,
                    float(bp.grad(lambda u, pull=pull: pull(u)[0])(number(1.0))) / 4
                    - float(x) ** 3,
                ]
        results[n] = values

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(results) == 8
    assert max(abs(v) for values in results.values() for v in values) < 1e-9


# ------------------------------------------------------- nested, against other derivatives


@pytest.fixture
def field(number: Any) -> Any:
    """A function from three numbers to three whose every mixed derivative is alive."""
    a = number(np.array([[0.5, -0.3, 0.2], [0.1, 0.7, -0.4], [-0.6, 0.2, 0.3]]))
    return lambda x: bp.tanh(a @ x) * bp.exp(x[0] * 0.3) + x * x * x[1]


X, V, U = np.array([0.4, -0.7, 0.9]), np.array([1.0, 0.5, -2.0]), np.array([-0.3, 1.2, 0.8])


def total(f: Any) -> Any:
    return lambda x: (f(x) * f(x)).sum()


def test_second_derivatives_agree(field: Any, number: Any) -> None:
    """The Hessian in every way there is to make it."""
    x, f = number(X), total(field)
    expected = bp.hessian(f)(x).numpy()
    np.testing.assert_allclose(expected, expected.T, rtol=1e-12)
    columns = [number(row) for row in np.eye(3)]
    ways = {
        "hvp": [bp.hvp(f, x, e) for e in columns],
        "jvp of grad": [bp.jvp(bp.grad(f), x, e)[1] for e in columns],
        "vjp of grad": [bp.vjp(bp.grad(f), x)[1](e)[0] for e in columns],
        "grad of jvp": [bp.grad(lambda x, e=e: bp.jvp(f, x, e)[1])(x) for e in columns],
        "grad of vjp": [
            bp.grad(lambda x, e=e: (bp.vjp(f, x)[1](1.0)[0] * e).sum())(x) for e in columns
        ],
        "jacobian of grad": list(bp.jacobian(bp.grad(f))(x)),
        "columns of grad": list(bp.jacobian(bp.grad(f), mode="forward")(x)),
        "jacobian of jacobian": list(bp.jacobian(bp.jacobian(f))(x)),
        "columns of columns": list(bp.jacobian(bp.jacobian(f, mode="forward"), mode="forward")(x)),
        "of a checkpoint": list(bp.hessian(lambda x: bp.checkpoint(f, x))(x)),
        "checkpoint of grad": list(bp.jacobian(lambda x: bp.checkpoint(bp.grad(f), x))(x)),
    }
    for way, rows in ways.items():
        np.testing.assert_allclose([r.numpy() for r in rows], expected, rtol=1e-11, err_msg=way)


def test_third_derivatives_agree(field: Any, number: Any) -> None:
    """Σ_jk d³f/dx_i dx_j dx_k v_j u_k in several ways, and by differences of the Hessian."""
    x, v, u, f = number(X), number(V), number(U), total(field)
    eps = 1e-5
    up, down = (bp.hessian(f)(x + s * eps * v).numpy() for s in (1, -1))
    expected = (up - down) / (2 * eps) @ U
    ways = {
        "jvp of hvp": bp.jvp(lambda x: bp.hvp(f, x, u), x, v)[1],
        "jacobian of hvp": (bp.jacobian(lambda x: bp.hvp(f, x, u))(x) @ v),
        "columns of hvp": (bp.jacobian(lambda x: bp.hvp(f, x, u), mode="forward")(x) @ v),
        "hvp of jvp": bp.hvp(lambda x: bp.jvp(f, x, v)[1], x, u),
        "grad of hvp": bp.grad(lambda x: (bp.hvp(f, x, u) * v).sum())(x),
        "jvp of jvp of grad": bp.jvp(lambda x: bp.jvp(bp.grad(f), x, u)[1], x, v)[1],
        "grad of jvp of jvp": bp.grad(
            lambda x: bp.jvp(lambda x: bp.jvp(f, x, u)[1], x, v)[1]
        )(x),
        "vjp of hvp": bp.vjp(lambda x: bp.hvp(f, x, u), x)[1](v)[0],
        "jacobian of hessian": (bp.jacobian(bp.hessian(f))(x) @ v) @ u,
        "hessian of jvp": bp.hessian(lambda x: bp.jvp(f, x, v)[1])(x) @ u,
        "jvp of hessian of a checkpoint": bp.jvp(
            bp.hessian(lambda x: bp.checkpoint(f, x)), x, v
        )[1] @ u,
        "hvp of a checkpoint of a jvp": bp.hvp(
            lambda x: bp.checkpoint(lambda x: bp.jvp(f, x, v)[1], x), x, u
        ),
    }  # fmt: skip
    exact = ways["jvp of hvp"].numpy()
    np.testing.assert_allclose(exact, expected, rtol=1e-6)
    for way, got in ways.items():
        np.testing.assert_allclose(got.numpy(), exact, rtol=1e-10, err_msg=way)


def test_vjp_of_vjp(field: Any, number: Any) -> None:
    """pull is linear in g: its own vjp is the jvp; and by x it is the second derivative."""
    x, v, u = number(X), number(V), number(U)
    _, pull = bp.vjp(field, x)
    _, push = bp.vjp(lambda g: pull(g)[0], u)
    np.testing.assert_allclose(push(v)[0].numpy(), bp.jvp(field, x, v)[1].numpy(), rtol=1e-12)
    out, both = bp.vjp(lambda x, g: bp.vjp(field, x)[1](g)[0], x, u)
    by_x, by_g = both(v)
    np.testing.assert_allclose(out.numpy(), pull(u)[0].numpy(), rtol=1e-13)
    np.testing.assert_allclose(by_g.numpy(), push(v)[0].numpy(), rtol=1e-12)
    weighted = bp.hessian(lambda x: (field(x) * u).sum())(x)
    np.testing.assert_allclose(by_x.numpy(), weighted.numpy() @ V, rtol=1e-11)


@pytest.mark.parametrize("inner", [bp.grad, slope_jvp, slope_vjp, slope_checkpointed])
def test_gradcheck_of_transformed_functions(inner: Any, number: Any) -> None:
    slope = inner(lambda x: bp.sin(x) * x * x)
    assert bp.gradcheck(slope, number(0.7), order=2)


def test_gradcheck_of_products(field: Any, number: Any) -> None:
    x, v = number(X), number(V)
    assert bp.gradcheck(lambda x, v: bp.jvp(field, x, v), (x, v), order=2)
    assert bp.gradcheck(lambda x, g: bp.vjp(field, x)[1](g), (x, v), order=2)
    assert bp.gradcheck(lambda x, v: bp.hvp(total(field), x, v), (x, v), order=2)
    assert bp.gradcheck(bp.jacobian(field), x, order=2)
    assert bp.gradcheck(bp.jacobian(field, mode="forward"), x, order=2)
    assert bp.gradcheck(bp.hessian(total(field)), x, order=1)
