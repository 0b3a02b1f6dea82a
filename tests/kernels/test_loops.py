"""Kernels as loops and steps of programs: activations by their formulas, norms, sums of rows; the
bits of the NumPy functions, whatever the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import backends
from backends import kernels
from backends.cpu.compiled import available
from backends.record import recording

pytestmark = pytest.mark.skipif(not available(), reason="needs Numba")

if available():
    from backends.cpu.compiled import addresses, formulas, indexing, lines, store, ufuncs
    from backends.cpu.plan import compiled
    from backends.cpu.programs import team

HARD = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e-42, -1e-42, 3e38, -30.0, 5.5)


def bits(a: Any) -> Any:
    """The bits, all NaN alike."""
    a = np.ascontiguousarray(a)
    return np.where(a != a, 0, a.view(f"u{a.itemsize}"))


def numbers(shape: tuple[int, ...], dtype: str, seed: int = 0, hard: bool = False) -> Any:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=shape)
    if hard:
        a = np.where(rng.random(shape) < 0.3, rng.choice(HARD, shape), a)
    return a.astype(dtype)


def replayed(function: Callable[..., Any], given: Sequence[Any]) -> tuple[list[Any], int]:
    """What a compiled replay gives for other arrays than it was recorded with; and how many
    formulas did not become loops."""
    with recording() as tape, np.errstate(all="ignore"):
        taken = [tape.input(np.ones_like(a)) for a in given]
        out = function(*[t * 1.0 for t in taken])
        outs = [o + 0.0 for o in (out if isinstance(out, tuple) else (out,))]
    run: Any = compiled(tape, [t.index for t in taken], [o.index for o in outs])
    calls: list[Any] = []
    call = formulas.Formula.__call__

    def noted(self: Any, *arrays: Any) -> None:
        calls.append(self)
        call(self, *arrays)

    with np.errstate(all="ignore"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(formulas.Formula, "__call__", noted)
        return run(list(given)), len(calls)


def same(function: Callable[..., Any], given: Sequence[Any]) -> int:
    """Compare with the function itself; how many formulas did not become loops."""
    got, left = replayed(function, given)
    with np.errstate(all="ignore"):
        want = function(*[a * 1.0 for a in given])
        want = [w + 0.0 for w in (want if isinstance(want, tuple) else (want,))]
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape
        np.testing.assert_array_equal(bits(a), bits(b))
    return left


@pytest.fixture(params=[1, 3])
def hands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """As on a machine of so many cores."""
    monkeypatch.setattr(team, "hands", lambda: request.param)
    return int(request.param)


# -------------------------------------------------------------------------- activations

ACTIVATIONS: list[tuple[str, int, dict[str, Any]]] = [
    ("sigmoid", 1, {}),
    ("silu", 1, {}),
    ("silu_grad", 2, {}),
    ("mish", 1, {}),
    ("mish_grad", 2, {}),
    ("elu", 1, {"alpha": 1.0}),
    ("elu", 1, {"alpha": 0.7}),
    ("elu_grad", 2, {"alpha": 1.0}),
    ("elu_grad", 2, {"alpha": 0.7}),
    ("leaky_relu_grad", 2, {"slope": 0.1}),
    ("leaky_relu_grad", 2, {"slope": 1.5}),
    ("hardswish", 1, {}),
    *((f"gelu{end}", n, {"approximate": how})
      for end, n in (("", 1), ("_grad", 2)) for how in ("none", "tanh")),
]  # fmt: skip


@pytest.mark.parametrize("shape", [(3, 5), (7, 1031), (2, 3, 4, 28), (1,)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "count", "how"), ACTIVATIONS, ids=str)
def test_activations(
    name: str, count: int, how: dict[str, Any], dtype: str, shape: tuple[int, ...]
) -> None:
    """Also where a block of elements ends within a row, and rows within a block."""
    given = [numbers(shape, dtype, i, hard=True) for i in range(count)]
    assert not same(lambda *a: getattr(kernels, name)(*a, **how), given)


def test_every_formula_is_tried_here() -> None:
    assert {f.__name__ for f in formulas.FORMS} == {name for name, *_ in ACTIVATIONS}


@pytest.mark.parametrize("name", ["gelu", "silu", "sigmoid", "mish"])
def test_an_activation_becomes_part_of_a_loop(name: str, hands: int) -> None:
    how = {"approximate": "none"} if name == "gelu" else {}
    bias = numbers((40,), "float32")

    def layer(x: Any) -> Any:
        return getattr(kernels, name)(x + backends.namespace(x).asarray(bias), **how) * 2.0

    assert not same(layer, [numbers((64, 40), "float32")])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numpys_functions_within_a_loop(dtype: str) -> None:
    """What is computed before a call is known after it: numbers, and whether they are positive."""

    def function(x: Any, y: Any) -> Any:
        xp = backends.namespace(x)
        before, above = x * 2.0 + y, x > y
        wave = xp.sin(xp.exp(-abs(x)) * before) - xp.log(abs(y) + 1.5)
        return wave * before, xp.where(above, xp.tanh(wave), before), xp.exp(wave) / before

    given = [numbers((9, 700), dtype, i) for i in range(2)]
    same(function, given)


def test_functions_without_a_known_loop_stay_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ufuncs, "loop", lambda name, dtype: None)
    given = [numbers((9, 70), "float32")]
    assert same(lambda x: kernels.gelu(backends.namespace(x).exp(x), approximate="none"), given)


def test_a_formula_that_is_wrong_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from backends.cpu import activations

    known = formulas.FORMS[activations.silu]
    monkeypatch.setattr(known, "term", lambda x: x / ((-x).exp() + 1.000001))
    assert same(kernels.silu, [numbers((9, 70), "float32")]) == 1


@np.errstate(all="ignore")
def test_what_a_term_computes() -> None:
    """Numbers on either side, negation, choices: as arrays of NumPy would."""
    x = numbers((300,), "float32", hard=True)
    tried: list[tuple[Callable[[Any], Any], Any]] = [
        (lambda t: 1 / t, 1 / x.astype("float32")),
        (lambda t: 1 - t, 1 - x),
        (lambda t: (t >= 1) * 2.0, (x >= 1).astype("float32") * 2),
        (lambda t: (t < 1) * t, (x < 1) * x),
        (lambda t: abs(-t).clip(-math.inf, 2), np.abs(-x).clip(-math.inf, 2)),
        (lambda t: t.expm1() + t.tanh() - t.exp(), np.expm1(x) + np.tanh(x) - np.exp(x)),
    ]
    for function, want in tried:
        of = lines.Lines("float32")
        term = function(lines.Term(of, "a0_[j]"))
        text = lines.text(of, ["full"] * 2, [np.dtype("float32")] * 2, [("a1_[j]", term)])
        out = np.empty(300, "float32")
        words = [word for f in of.called for word in ufuncs.loop(f.__name__, "float32") or ()]
        words = [0, 1, 0, 300, 1, 300, x.ctypes.data, out.ctypes.data, *words]
        addresses.invoke(store.function(text, "made")().address, np.array(words))
        np.testing.assert_array_equal(bits(out), bits(want.astype("float32")))


# -------------------------------------------------------------------------------- norms

NORMS = {
    # name: the values, the axes, the weight's shape seen over the values, how many numbers it has
    "layer": ((6, 5, 48), (2,), (1, 1, 48)),
    "layer, large": ((300, 48), (1,), (1, 48)),
    "layer, two axes": ((6, 5, 8), (1, 2), (1, 5, 8)),
    "batch": ((6, 5, 7, 9), (0, 2, 3), (1, 5, 1, 1)),
    "batch of rows": ((30, 12), (0,), (1, 12)),
    "batch, small": ((6, 5, 2, 2), (0, 2, 3), (1, 5, 1, 1)),
    "group": ((6, 2, 3, 5, 5), (2, 3, 4), (1, 2, 3, 1, 1)),
    "instance": ((6, 5, 7, 9), (2, 3), (1, 5, 1, 1)),
}
FAR = {"near": 0.0, "far": 50.0}


def standardized(kind: str, dtype: str, far: str, seed: int = 0) -> list[Any]:
    shape, _, spread = NORMS[kind]
    x = numbers(shape, dtype, seed) + np.asarray(FAR[far], dtype)
    return [x, *(numbers(spread, dtype, i) for i in (1, 2)), numbers(shape, dtype, 3)]


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("has", ["both", "weight", "bias", "none"])
@pytest.mark.parametrize("kind", NORMS)
def test_norms(kind: str, has: str, dtype: str, far: str) -> None:
    """Forwards and backwards, of values about 0 and far from it."""
    _, axes, spread = NORMS[kind]
    how = {"axes": axes, "spread": spread, "eps": 1e-5}

    def function(x: Any, w: Any, b: Any, g: Any) -> Any:
        xp = backends.namespace(x)
        w, b = (xp.reshape(v, (-1,)) for v in (w, b))
        w, b = w if has in ("both", "weight") else None, b if has in ("both", "bias") else None
        mean, var = kernels.moments(x, axes=axes)
        out = kernels.relu(kernels.standardize(x, mean, var, w, b, **how))
        return out, *kernels.standardize_grad(g, x, mean, var, w, **how)

    assert not same(function, standardized(kind, dtype, far))


@pytest.mark.parametrize("has", ["weight", "none"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rms_norm(dtype: str, has: str) -> None:
    how = {"axes": (2,), "spread": (1, 1, 48), "eps": 1e-5}

    def function(x: Any, w: Any, b: Any, g: Any) -> Any:
        w = backends.namespace(x).reshape(w, (-1,)) if has == "weight" else None
        square = kernels.mean_square(x, axes=(2,))
        out = kernels.standardize(x, None, square, w, None, **how)
        return out, *kernels.standardize_grad(g, x, None, square, w, **how)

    assert not same(function, standardized("layer", dtype, "near"))


@pytest.mark.parametrize("kind", ["layer", "batch", "instance"])
def test_norms_of_numbers_that_are_none(kind: str) -> None:
    """What is not finite goes the way it goes in NumPy."""
    _, axes, spread = NORMS[kind]
    how = {"axes": axes, "spread": spread, "eps": 1e-5}
    for place, value in (((0, 1, 3), math.nan), ((2, 0, 0), math.inf)):
        given = standardized(kind, "float32", "near")
        given[0][place] = value
        given[3][place] = value

        def function(x: Any, w: Any, b: Any, g: Any) -> Any:
            xp = backends.namespace(x)
            w, b = (xp.reshape(v, (-1,)) for v in (w, b))
            mean, var = kernels.moments(x, axes=axes)
            out = kernels.standardize(x, mean, var, w, b, **how)
            return out, *kernels.standardize_grad(g, x, mean, var, w, **how)

        same(function, given)


# ------------------------------------------------------------------------- rows and views


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(50, 8), (50,), (50, 3, 4), (0, 4)], ids=str)
def test_sums_of_rows(dtype: str, shape: tuple[int, ...]) -> None:
    from backends.cpu.indexing import add_rows

    x = numbers(shape, dtype)
    places = np.random.default_rng(1).integers(-7, 7, shape[0])
    for index in (places, places.astype(np.int32)):
        got, want = (f(x, index, rows=7, axis=0) for f in (indexing.add_rows, add_rows))
        assert (got.shape, got.dtype) == (want.shape, want.dtype)
        assert np.array_equal(bits(got), bits(want))
    turned = np.moveaxis(x, 0, -1)
    got, want = (f(turned, places, rows=7, axis=x.ndim - 1) for f in (indexing.add_rows, add_rows))
    assert np.array_equal(bits(got), bits(want))


@pytest.mark.parametrize("place", [7, -8])
def test_a_row_that_is_not_there(place: int) -> None:
    with pytest.raises(IndexError):
        indexing.add_rows(np.ones((2, 3)), np.array([0, place]), rows=7, axis=0)


def test_views_come_between_the_steps_of_a_program() -> None:
    """Of what others return: reshaped, transposed, and read by loops and products."""

    def function(x: Any, w: Any) -> Any:
        xp = backends.namespace(x)
        kept = xp.sort(x, axis=2)  # a function that is called as it is
        rows = xp.reshape(kept, (30, 8))
        out = rows @ w
        moved = xp.reshape(kept * 2.0, (6, 5, 8)) + kept
        return out + 1.0, rows.T @ out, moved, xp.reshape(rows.mT @ out, (8, 4, 1)) * 0.5

    same(function, [numbers((6, 5, 8), "float32"), numbers((8, 4), "float32")])


def test_a_view_that_is_spread_over_what_is_written() -> None:
    """A loop may write over the array whose first row it reads again and again."""

    def function(x: Any) -> Any:
        y = x * 2.0
        return y + y[:1, :], y * 1.0 + y[:, :1]

    def written(x: Any) -> Any:
        xp = backends.namespace(x)
        y = xp.exp(x * 2.0)
        return (y - y[:1, :]) * 3.0

    given = [numbers((40, 30), "float32")]
    same(function, given)
    same(written, given)
