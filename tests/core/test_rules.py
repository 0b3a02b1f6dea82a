"""Every primitive, from one record each: its value, and its derivatives to second order.

The oracles are NumPy and `math` for values, central differences for derivatives and, where it is
installed, PyTorch for both, kinks included. The records are in `records/`.
"""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from records import RECORDS
from records.record import Record, Sample, pytorch

import backends
import backprop as bp
from backprop import rules
from backprop.autodiff import gradients
from backprop.primitive import Primitive

BY_NAME = {r.name: r for r in RECORDS}
CASES = [pytest.param(r, s, id=f"{r.name}-{s!r}") for r in RECORDS for s in r.samples]
SMOOTH = [
    pytest.param(r, s, id=f"{r.name}-{s!r}") for r in RECORDS if r.differentiable for s in r.samples
]
WITH_TORCH = [
    pytest.param(r, s, id=f"{r.name}-{s!r}-{'kink' if s in r.kinks else 'smooth'}")
    for r in RECORDS
    if r.torch
    for s in [*r.samples, *r.kinks]
]


def _static(static: dict[str, Any], backend: backends.Backend) -> dict[str, Any]:
    """The static arguments as the primitive wants them: the backend's dtypes and arrays."""

    def convert(key: str, value: Any) -> Any:
        if key == "dtype":
            return getattr(backend.xp, value)
        if isinstance(value, tuple):
            return tuple(convert("", v) for v in value)
        return backend.from_host(value) if isinstance(value, np.ndarray) else value

    return {k: convert(k, v) for k, v in static.items()}


def _call(record: Record, sample: Sample, backend: backends.Backend) -> tuple[Any, list[bp.Tensor]]:
    """(a function of the differentiated inputs alone, those inputs)."""
    function, static = record.function, _static(sample.static, backend)
    fixed = [
        bp.asarray(a, device=backend.name) if isinstance(a, np.ndarray) else a for a in sample.args
    ]
    places = [i for i, a in enumerate(fixed) if isinstance(a, bp.Tensor) and a.dtype.kind in "fc"]

    def f(*xs: bp.Tensor) -> Any:
        args = list(fixed)
        for i, x in zip(places, xs, strict=True):
            args[i] = x
        return function(*args, **static)

    return f, [fixed[i] for i in places]


def _tuple(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


# ------------------------------------------------------------------------ the tests


def test_every_primitive_has_a_record() -> None:
    primitives = {name for name, value in vars(rules).items() if isinstance(value, Primitive)}
    for module in vars(rules).values():
        if getattr(module, "__name__", "").startswith("backprop.rules."):
            primitives |= {n for n, v in vars(module).items() if isinstance(v, Primitive)}
    assert primitives == {name for name in BY_NAME if not name.startswith("bp.")}


def test_every_primitive_says_whether_it_has_a_derivative() -> None:
    for record in RECORDS:
        primitive = record.named
        if not isinstance(primitive, Primitive):
            continue
        assert (primitive.rules is not None) == record.differentiable, record.name


@pytest.mark.parametrize(("record", "sample"), CASES)
def test_value(record: Record, sample: Sample, backend: backends.Backend) -> None:
    f, xs = _call(record, sample, backend)
    got = _tuple(f(*xs))
    expected = _tuple(record.reference(*sample.args, **sample.static))
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        e = np.asarray(e)
        assert g.shape == e.shape
        assert g.dtype == e.dtype
        assert g.device == backend.name
        np.testing.assert_allclose(g.numpy(), e, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("record", "sample"), SMOOTH)
def test_derivatives_against_differences(
    record: Record, sample: Sample, backend: backends.Backend
) -> None:
    f, xs = _call(record, sample, backend)
    assert bp.gradcheck(f, xs, order=record.order)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("record", "sample"), SMOOTH)
def test_gradients_are_like_their_inputs(record: Record, sample: Sample, dtype: str) -> None:
    """Shape and dtype, sizes 0 and 1 included; and in float32 the values of float64, roughly."""
    f, xs = _call(record, sample, backends.get("cpu"))
    if record.name == "astype" and dtype == "float32":
        pytest.skip("its dtype is an argument")
    if any(x.dtype.kind == "c" for x in xs):
        pytest.skip("complex: the checks against differences say as much")
    variables = [x.astype(dtype).detach().requires_grad_() for x in xs]
    outs = _tuple(f(*variables))
    partner = {"float32": "complex64", "float64": "complex128"}[dtype]
    assert all(o.dtype == (partner if o.dtype.kind == "c" else dtype) for o in outs)
    found = gradients(outs, variables, [bp.ones_like(o) for o in outs])
    doubles = [x.detach().requires_grad_() for x in xs]
    exact = gradients(
        _tuple(f(*doubles)), doubles, [bp.ones(o.shape, dtype="float64") for o in outs]
    )
    for variable, slope, reference in zip(variables, found, exact, strict=True):
        if slope is None:
            assert reference is None
            continue
        assert slope.shape == variable.shape
        assert slope.dtype == dtype
        np.testing.assert_allclose(slope.numpy(), reference.numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "record", [r for r in RECORDS if not r.differentiable], ids=lambda r: r.name
)
def test_no_gradient_passes(record: Record, backend: backends.Backend) -> None:
    f, xs = _call(record, record.samples[-1], backend)
    outs = _tuple(f(*[x.requires_grad_() for x in xs]))
    assert not any(o.requires_grad for o in outs)


def _strided(a: np.ndarray) -> np.ndarray:
    return np.repeat(a, 2, axis=-1)[..., ::2]


def _reversed(a: np.ndarray) -> np.ndarray:
    return a[::-1].copy()[::-1]


def _read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


@pytest.mark.parametrize("layout", [_strided, _reversed, np.asfortranarray, _read_only])
@pytest.mark.parametrize("record", [r for r in RECORDS if r.differentiable], ids=lambda r: r.name)
def test_layout_of_memory_does_not_matter(record: Record, layout: Any) -> None:
    cpu = backends.get("cpu")
    for sample in record.samples:
        args = tuple(
            layout(a) if isinstance(a, np.ndarray) and a.ndim > 0 else a for a in sample.args
        )
        results = []
        for s in (sample, Sample(args, sample.static)):
            f, xs = _call(record, s, cpu)
            before = [x.numpy().copy() for x in xs]
            xs = [x.requires_grad_() for x in xs]
            outs = _tuple(f(*xs))
            slopes = gradients(outs, xs, [bp.ones_like(o) for o in outs])
            results.append([t.detach().numpy() for t in (*outs, *slopes) if t is not None])
            for x, b in zip(xs, before, strict=True):
                np.testing.assert_array_equal(x.detach().numpy(), b, "an input was overwritten")
        for plain, other in zip(*results, strict=True):
            np.testing.assert_allclose(other, plain, rtol=1e-13, atol=1e-15)


# ------------------------------------------------------------------ against PyTorch


def _continuous(out: Any) -> bool:
    return any(kind in str(out.dtype) for kind in ("float", "complex"))


def _twice(f: Any, xs: list[Any], sum_of: Any, grad: Any, weights: Any) -> list[list[Any]]:
    """Values; d(w · f); d(v · d(w · f)): the same three lines for either library."""
    outs = [o for o in _tuple(f(*xs)) if _continuous(o)]
    first = grad(sum_of(outs, weights), xs)
    second = grad(sum_of(first, weights), xs)
    return [list(outs), first, second]


def _real(x: bp.Tensor) -> bp.Tensor:
    """A real number that every part of a complex one counts in."""
    return rules.real(x) + rules.imag(x) * 0.7 if x.dtype.kind == "c" else x


@pytest.mark.parametrize(("record", "sample"), WITH_TORCH)
def test_against_torch(record: Record, sample: Sample) -> None:
    torch = pytorch()
    rng = np.random.default_rng(0)
    pool = rng.uniform(0.5, 1.5, 1000)

    def weights(shape: Any) -> np.ndarray:
        return pool[: math.prod(shape)].reshape(tuple(shape))

    with np.errstate(all="ignore"):
        f, ours = _call(record, sample, backends.get("cpu"))
        ours = [x.requires_grad_() for x in ours]

        zero = bp.zeros((), dtype="float64")

        def our_sum(terms: Any, w: Any) -> bp.Tensor:
            return sum((_real((t * bp.asarray(w(t.shape))).sum()) for t in terms), zero)

        def our_grad(total: bp.Tensor, xs: Any) -> list[bp.Tensor]:
            if not total.requires_grad:
                return [bp.zeros_like(x) for x in xs]
            found = gradients([total], xs, create_graph=True)
            return [bp.zeros_like(x) if s is None else s for s, x in zip(found, xs, strict=True)]

        got = _twice(f, ours, our_sum, our_grad, weights)

    args = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in sample.args]
    args = [a.long() if isinstance(a, torch.Tensor) and a.dtype == torch.int32 else a for a in args]
    theirs = [
        a.requires_grad_()
        for a in args
        if isinstance(a, torch.Tensor) and (a.is_floating_point() or a.is_complex())
    ]

    def their_sum(terms: Any, w: Any) -> Any:
        zero = torch.zeros((), dtype=torch.float64)
        terms = [(t * torch.tensor(w(t.shape))).sum() for t in terms]
        return sum((t.real + t.imag * 0.7 if t.is_complex() else t for t in terms), zero)

    def their_grad(total: Any, xs: Any) -> Any:
        if not total.requires_grad:
            return [torch.zeros_like(x) for x in xs]
        return list(
            torch.autograd.grad(
                total, xs, create_graph=True, allow_unused=True, materialize_grads=True
            )
        )

    expected = _twice(
        lambda *_: record.torch(*args, **sample.static), theirs, their_sum, their_grad, weights
    )
    for what, a, b in zip(("value", "first", "second"), got, expected, strict=True):
        for i, (mine, other) in enumerate(zip(a, b, strict=True)):
            mine, other = mine.detach().numpy(), other.detach().resolve_conj().numpy(force=True)
            if sample in record.kinks and what == "second":  # PyTorch gives up sooner than we do
                mine = np.where(np.isnan(other), other, mine)
            np.testing.assert_allclose(
                mine, other, rtol=1e-10, atol=1e-10, err_msg=f"{what} derivative {i}"
            )


# ------------------------------------------------------------------- special values

INF, NAN = math.inf, math.nan
SPECIAL = [
    ("exp", {}, -INF, 0.0), ("exp", {}, INF, INF), ("exp", {}, 0.0, 1.0),
    ("expm1", {}, 1e-20, 1e-20), ("expm1", {}, -INF, -1.0),
    ("log", {}, 1.0, 0.0), ("log", {}, INF, INF),
    ("log1p", {}, 1e-20, 1e-20), ("log1p", {}, INF, INF),
    ("sqrt", {}, 0.0, 0.0), ("sqrt", {}, INF, INF),
    ("tanh", {}, INF, 1.0), ("tanh", {}, -INF, -1.0), ("tanh", {}, 1e-20, 1e-20),
    ("erf", {}, INF, 1.0), ("erf", {}, -INF, -1.0), ("erf", {}, 0.0, 0.0), ("erf", {}, 1e-20, 1.1283791670955126e-20),
    ("normal_cdf", {}, INF, 1.0), ("normal_cdf", {}, -INF, 0.0), ("normal_cdf", {}, 0.0, 0.5),
    ("sigmoid", {}, 1000.0, 1.0), ("sigmoid", {}, -1000.0, 0.0), ("sigmoid", {}, -INF, 0.0),
    ("sigmoid", {}, INF, 1.0), ("sigmoid", {}, -40.0, math.exp(-40) / (1 + math.exp(-40))),
    ("softplus", {}, 1000.0, 1000.0), ("softplus", {}, -1000.0, 0.0), ("softplus", {}, INF, INF),
    ("softplus", {}, -50.0, math.exp(-50)),
    ("relu", {}, -INF, 0.0), ("relu", {}, INF, INF), ("relu", {}, -1e-300, 0.0),
    ("leaky_relu", {"slope": 0.5}, -4.0, -2.0), ("leaky_relu", {"slope": 0.0}, -4.0, 0.0),
    ("elu", {"alpha": 2.0}, -1000.0, -2.0), ("elu", {"alpha": 1.0}, 1000.0, 1000.0),
    ("elu", {"alpha": 1.0}, -1e-20, -1e-20),
    ("abs", {}, -0.0, 0.0), ("abs", {}, -INF, INF), ("sign", {}, 0.0, 0.0), ("sign", {}, -INF, -1.0),
    ("reciprocal", {}, INF, 0.0), ("square", {}, -INF, INF),
    ("floor", {}, -0.5, -1.0), ("ceil", {}, -0.5, 0.0), ("round", {}, 0.5, 0.0), ("round", {}, 1.5, 2.0),
    ("isnan", {}, NAN, True), ("isnan", {}, INF, False), ("isfinite", {}, INF, False),
    ("isfinite", {}, NAN, False), ("isfinite", {}, 1.0, True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "static", "x", "expected"), SPECIAL)
def test_special_values(
    name: str, static: Any, x: float, expected: float, backend: backends.Backend
) -> None:
    """No warning either: the test run turns them into errors."""
    out = getattr(rules, name)(bp.asarray(np.array([x]), device=backend.name), **static)
    np.testing.assert_allclose(out.numpy(), [expected], rtol=1e-14, atol=0)


@pytest.mark.parametrize(
    "record",
    [
        r for r in RECORDS
        if len(r.samples[0].args) == 1 and r.differentiable and "index" not in r.samples[0].static
        and r.name != "fill_diagonal"  # which overwrites it
    ],
    ids=lambda r: r.name,
)  # fmt: skip
def test_nan_is_not_hidden(record: Record, backend: backends.Backend) -> None:
    sample = next(s for s in record.samples if s.args[0].size > 1)
    x = sample.args[0].copy()
    x.flat[0] = complex(NAN, NAN) if x.dtype.kind == "c" else NAN
    x = bp.asarray(x, device=backend.name)
    try:
        with np.errstate(invalid="ignore"):  # some libraries warn of what came in
            out = record.function(x, **_static(sample.static, backend))
    except np.linalg.LinAlgError:  # a decomposition that does not converge is not hidden either
        return
    assert any(np.isnan(o.numpy()).any() for o in _tuple(out))


@pytest.mark.parametrize(
    ("name", "x", "slope"),
    [("sigmoid", 1000.0, 0.0), ("sigmoid", -1000.0, 0.0), ("softplus", 1000.0, 1.0), ("softplus", -1000.0, 0.0),
     ("tanh", 1000.0, 0.0), ("normal_cdf", 1000.0, 0.0), ("erf", -1000.0, 0.0), ("relu", 1000.0, 1.0),
     ("sqrt", 0.25, 1.0), ("log1p", 0.0, 1.0), ("expm1", 0.0, 1.0)],
)  # fmt: skip
def test_special_slopes(make: Any, name: str, x: float, slope: float) -> None:
    assert float(bp.grad(getattr(rules, name))(make(x).detach())) == slope


def test_large_logits(make: Any) -> None:
    logits = make([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0]])
    target = make(np.array([1, 2]))
    loss, probs = rules.softmax_cross_entropy(logits, target, ignore_index=None)
    np.testing.assert_allclose(loss.detach().numpy(), [2000.0, math.log(3)], rtol=1e-15)
    np.testing.assert_allclose(probs.detach().numpy(), [[1, 0, 0], [1 / 3] * 3], rtol=1e-15)
    loss.sum().backward()
    expected = [[1, -1, 0], [1 / 3, 1 / 3, -2 / 3]]
    np.testing.assert_allclose(logits.grad.numpy(), expected, rtol=1e-15, atol=1e-16)
    for shift in (1000.0, -1000.0):
        x = make([shift, shift])
        np.testing.assert_allclose(rules.softmax(x, axis=0).detach().numpy(), [0.5, 0.5])
        np.testing.assert_allclose(
            rules.log_softmax(x, axis=0).detach().numpy(), [-math.log(2)] * 2, rtol=1e-15
        )
        total = rules.logsumexp(x, axis=0, keepdims=False)
        assert total.item() == pytest.approx(shift + math.log(2), rel=1e-15)


def test_logsumexp_of_infinities(make: Any) -> None:
    x = make([0.0, -INF])
    out = rules.logsumexp(x, axis=None, keepdims=False)
    assert out.item() == 0.0
    out.backward()
    assert x.grad.tolist() == [1.0, 0.0]
    assert rules.logsumexp(make([INF, 1.0]), axis=None, keepdims=False).item() == INF


def test_binary_cross_entropy_of_certainty(make: Any) -> None:
    """PyTorch's convention: log is held above -100, so that being certain and wrong costs 100."""
    loss = rules.binary_cross_entropy(make([0.0, 0.0, 1.0, 1.0]), make([0.0, 1.0, 0.0, 1.0]))
    assert loss.detach().numpy().tolist() == [0.0, 100.0, 100.0, 0.0]


def test_power_of_integers_to_integers(backend: backends.Backend) -> None:
    x = bp.asarray([2, 3], device=backend.name)
    assert (x**2).tolist() == [4, 9]
    assert (x**2).dtype == bp.int64
