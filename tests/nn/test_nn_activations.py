"""Activations by hand: kinks, extremes, what is drawn at random, and what is refused.

That they are PyTorch's is compared by the records.
"""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

F = bp.nn.functional


KINKS = [
    # (activation, its derivative at 0, its second derivative at 0)
    (bp.nn.ReLU(), 0.0, 0.0),
    (bp.nn.LeakyReLU(0.2), 0.2, 0.0),
    (bp.nn.ELU(1.5), 1.5, 0.0),  # the first from the left, the second from the right
    (bp.nn.SELU(), 1.0507009873554805 * 1.6732632423543772, 0.0),
    (bp.nn.CELU(2.0), 1.0, 0.0),
    (bp.nn.Mish(), 0.6, 0.64),
    (bp.nn.Hardtanh(0.0, 1.0), 0.0, 0.0),
    (bp.nn.Hardswish(), 0.5, 1 / 3),
    (bp.nn.Hardsigmoid(), 1 / 6, 0.0),
    (bp.nn.LogSigmoid(), 0.5, -0.25),
    (bp.nn.Softsign(), 1.0, 0.0),
    (bp.nn.Tanhshrink(), 0.0, 0.0),
    (bp.nn.Threshold(0.0, 3.0), 0.0, 0.0),
    (bp.nn.Softshrink(0.0), 0.0, 0.0),
    (bp.nn.Hardshrink(0.0), 0.0, 0.0),
    (bp.nn.GELU("tanh"), 0.5, math.sqrt(2 / math.pi)),
    (bp.nn.GELU(), 0.5, 2 / math.sqrt(2 * math.pi)),
    (bp.nn.SiLU(), 0.5, 0.5),
    (bp.nn.Softplus(), 0.5, 0.25),
    (bp.nn.Sigmoid(), 0.25, 0.0),
    (bp.nn.Tanh(), 1.0, 0.0),
]


@pytest.mark.parametrize(("activation", "first", "second"), KINKS, ids=lambda v: str(v))
def test_derivatives_at_zero_by_hand(
    activation: Any, first: float, second: float, backend: Any
) -> None:
    x = bp.asarray(np.zeros(3), device=backend.name)
    slope = bp.grad(lambda x: activation(x).sum())
    np.testing.assert_allclose(slope(x).numpy(), first, atol=1e-15)
    np.testing.assert_allclose(bp.grad(lambda x: slope(x).sum())(x).numpy(), second, atol=1e-15)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_is_a_distribution_even_for_huge_scores(
    axis: int, dtype: str, backend: Any
) -> None:
    x = np.array([[1000.0, 0.0, -1000.0], [1000.0, 1000.0, 1000.0]], dtype)
    tensor = bp.asarray(x, device=backend.name)
    shares = bp.nn.Softmax(axis)(tensor).numpy()
    np.testing.assert_allclose(shares.sum(axis=axis), 1.0, rtol=1e-6)
    logs = bp.nn.LogSoftmax(axis)(tensor).numpy()
    assert np.isfinite(logs).all()
    np.testing.assert_allclose(np.exp(logs), shares, atol=1e-6)
    if axis != 0:
        np.testing.assert_allclose(shares, [[1, 0, 0], [1 / 3] * 3], atol=1e-6)
        np.testing.assert_allclose(logs[0], [0, -1000, -2000])


@pytest.mark.parametrize(
    "call",
    [lambda: bp.nn.GELU("Tanh"), lambda: bp.nn.functional.gelu(bp.zeros(2), "Tanh")],
    ids=["layer", "function"],
)
def test_gelu_refuses_an_unknown_approximation(call: Any) -> None:
    with pytest.raises(ValueError, match="'Tanh', wanted 'none' or 'tanh'"):
        call()


@pytest.mark.parametrize("alpha", [-1.0, math.nan])
def test_elu_refuses_a_negative_alpha(alpha: float) -> None:
    with pytest.raises(ValueError, match=f"elu: alpha: got {alpha}"):
        bp.nn.ELU(alpha)(bp.zeros(2))


def test_identity_takes_and_ignores_any_arguments() -> None:
    x = bp.zeros(3)
    assert bp.nn.Identity(54, unused=0.1)(x) is x


VALUES = [
    (bp.nn.SELU(), 2.0, 2.101401974710961),
    (bp.nn.CELU(2.0), -2.0, 2 * math.expm1(-1.0)),
    (bp.nn.ELU(2.0), -1.0, 2 * math.expm1(-1.0)),
    (bp.nn.Mish(), 1.0, math.tanh(math.log1p(math.e))),
    (bp.nn.SiLU(), 2.0, 2.0 / (1 + math.exp(-2.0))),
    (bp.nn.GELU(), 1.0, 0.5 * (1 + math.erf(math.sqrt(0.5)))),
    (bp.nn.Hardswish(), 1.0, 4 / 6),
    (bp.nn.Hardsigmoid(), 1.0, 4 / 6),
    (bp.nn.LogSigmoid(), -1000.0, -1000.0),
    (bp.nn.LogSigmoid(), 2.0, -math.log1p(math.exp(-2.0))),
    (bp.nn.Tanhshrink(), 2.0, 2.0 - math.tanh(2.0)),
    (bp.nn.Softplus(2.0, 3.0), 1.5, math.log1p(math.exp(3.0)) / 2),
    (bp.nn.Softplus(2.0, 3.0), 1.5000001, 1.5000001),
    (bp.nn.PReLU(init=0.1, dtype="float64"), -3.0, -0.3),
]


@pytest.mark.parametrize(("activation", "x", "wanted"), VALUES, ids=lambda v: str(v))
def test_values_by_hand(activation: Any, x: float, wanted: float) -> None:
    out = activation(bp.asarray(np.array([x])))
    np.testing.assert_allclose(out.detach().numpy(), [wanted], rtol=1e-14)


def test_glu_and_softmax2d_by_hand(backend: Any) -> None:
    x = bp.asarray(np.array([[3.0, 5.0], [0.0, math.log(3.0)]]), device=backend.name)
    np.testing.assert_allclose(bp.nn.GLU(0)(x).numpy(), [[1.5, 3.75]])
    image = bp.reshape(x, (1, 2, 1, 2))
    wanted = [[math.exp(3) / (math.exp(3) + 1), math.exp(5) / (math.exp(5) + 3)]]
    np.testing.assert_allclose(bp.nn.Softmax2d()(image).numpy()[0, 0], wanted)
    np.testing.assert_allclose(bp.nn.Softmin(0)(x).numpy()[1], wanted[0])


def test_rrelu_draws_a_slope_for_each_negative_element(backend: Any) -> None:
    layer = bp.nn.RReLU(0.1, 0.3)
    x = np.linspace(-1.0, 1.0, 4000)
    given = bp.asarray(x, device=backend.name, requires_grad=True)
    bp.manual_seed(4)
    out = layer(given)
    slopes = out.detach().numpy()[x < 0] / x[x < 0]
    np.testing.assert_array_equal(out.detach().numpy()[x > 0], x[x > 0])
    assert 0.1 <= slopes.min() < 0.102
    assert 0.298 < slopes.max() <= 0.3
    assert abs(slopes.mean() - 0.2) < 5 * 0.2 / math.sqrt(12 * 2000)
    out.sum().backward()
    np.testing.assert_allclose(given.grad.numpy()[x < 0], slopes, rtol=1e-12)
    bp.manual_seed(4)
    np.testing.assert_array_equal(layer(given).detach().numpy(), out.detach().numpy())
    np.testing.assert_allclose(layer.eval()(given).detach().numpy()[x < 0], 0.2 * x[x < 0])


def test_gumbel_softmax_chooses_as_often_as_the_probabilities_say(backend: Any) -> None:
    shares = np.array([0.5, 0.3, 0.2])
    logits = bp.asarray(np.broadcast_to(np.log(shares), (4000, 3)).copy(), device=backend.name)
    logits.requires_grad_()
    hard = F.gumbel_softmax(logits, tau=0.7, hard=True)
    chosen = hard.detach().numpy()
    np.testing.assert_allclose(chosen.sum(axis=1), 1.0)
    np.testing.assert_allclose(chosen.max(axis=1), 1.0)
    bound = 5 * np.sqrt(shares * (1 - shares) / 4000)
    assert (np.abs(chosen.mean(axis=0) - shares) < bound).all()
    weights = bp.asarray(np.array([1.0, 2.0, 3.0]), device=backend.name)
    (hard * weights).sum().backward()
    assert np.abs(logits.grad.numpy()).max() > 0.01  # the soft choice's
    np.testing.assert_allclose(F.gumbel_softmax(logits, dim=0).detach().numpy().sum(axis=0), 1.0)


INPLACE = [
    bp.nn.ReLU(True), bp.nn.LeakyReLU(0.1, True), bp.nn.ELU(1.0, True), bp.nn.SELU(True),
    bp.nn.CELU(1.0, True), bp.nn.SiLU(True), bp.nn.Mish(True), bp.nn.ReLU6(True),
    bp.nn.Hardtanh(-1.0, 1.0, True), bp.nn.Hardswish(True), bp.nn.Hardsigmoid(True),
    bp.nn.Threshold(0.0, 1.0, True), bp.nn.RReLU(0.1, 0.2, True),
]  # fmt: skip


@pytest.mark.parametrize("layer", INPLACE, ids=lambda v: str(v))
def test_nothing_is_written_in_place(layer: Any) -> None:
    x = bp.asarray([-2.0, 0.5])
    layer(x)
    assert x.tolist() == [-2.0, 0.5]


def test_softmax_without_dim_is_along_the_last_of_two_axes() -> None:
    x = bp.asarray([[0.0, 1.0], [2.0, 4.0]])
    assert bp.nn.Softmax()(x).tolist() == bp.nn.Softmax(1)(x).tolist()
    assert bp.nn.LogSoftmax()(x[0]).tolist() == bp.nn.LogSoftmax(0)(x[0]).tolist()
    assert F.softmax(bp.asarray([1, 2]), 0, dtype=bp.float64).dtype == bp.float64


def test_prelu_learns_its_slope(backend: Any) -> None:
    """y = x or a x: dE/da is the sum of the negative x times what comes from above."""
    layer = bp.nn.PReLU(2, device=backend.name, dtype="float64")
    x = bp.asarray(np.array([[-1.0, 2.0], [-3.0, -4.0]]), device=backend.name)
    layer(x).sum().backward()
    np.testing.assert_allclose(layer.weight.grad.numpy(), [-4.0, -4.0])


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: F.prelu(bp.zeros((2, 3)), bp.zeros(2)), ValueError, r"weight: got shape \(2,\).* 3, one"),
    (lambda: F.prelu(bp.zeros((2, 3)), bp.zeros((3, 1))), ValueError, r"weight: got shape \(3, 1\)"),
    (lambda: bp.nn.PReLU(0), ValueError, "num_parameters: got 0"),
    (lambda: bp.nn.RReLU(0.5, 0.1), ValueError, r"lower: got 0\.5, wanted at most upper = 0\.1"),
    (lambda: F.rrelu(bp.zeros(2), 0.5, 0.1), ValueError, r"rrelu: lower: got 0\.5"),
    (lambda: bp.nn.Hardtanh(1.0, -1.0), ValueError, r"min_val: got 1\.0"),
    (lambda: bp.nn.Hardtanh(min_value=0.0), TypeError, "min_val and max_val"),  # type: ignore[arg-type]
    (lambda: F.hardtanh(bp.zeros(2), 1.0, -1.0), ValueError, r"hardtanh: min_val: got 1\.0"),
    (lambda: bp.nn.Hardtanh(1.0, 1.0), ValueError, r"Hardtanh: min_val: got 1\.0, wanted less than"),
    (lambda: F.relu(bp.asarray([True])), TypeError, "relu: input: got dtype bool, wanted real numbers; convert"),
    (lambda: F.relu(bp.asarray([1j])), TypeError, "relu: input: got dtype complex64.*take a part"),
    (lambda: F.relu(np.zeros(2)), TypeError, "relu: input is a numpy.ndarray"),  # type: ignore[arg-type]
    (lambda: bp.nn.PReLU(1.0), ValueError, r"PReLU: num_parameters: got 1\.0"),  # type: ignore[arg-type]
    (lambda: bp.nn.Softshrink(-0.5), ValueError, r"Softshrink: lambd: got -0\.5"),
    (lambda: F.softshrink(bp.zeros(2), -0.5), ValueError, r"softshrink: lambd: got -0\.5"),
    (lambda: F.celu(bp.zeros(2), 0.0), ValueError, r"celu: alpha: got 0\.0"),
    (lambda: F.glu(bp.zeros((2, 3))), ValueError, r"glu: dim: axis -1 of shape \(2, 3\) has no two"),
    (lambda: F.glu(bp.zeros((2, 3)), 5), ValueError, "glu: dim: got 5"),
    (lambda: bp.nn.Softmax()(bp.zeros((2, 3, 4))), ValueError, r"softmax: dim: got None .*\(2, 3, 4\)"),
    (lambda: F.softmax(bp.asarray([1, 2])), TypeError, "softmax: input: got dtype int64"),
    (lambda: F.softmin(bp.zeros(3), 1), ValueError, "softmin: dim: got 1"),
    (lambda: F.gumbel_softmax(bp.zeros(3), tau=0.0), ValueError, r"tau: got 0\.0"),
    (lambda: bp.nn.Softmax2d()(bp.zeros((2, 3))), ValueError, r"Softmax2d: input: got shape \(2, 3\)"),
    (lambda: F.silu([1.0]), TypeError, "silu: input is a list"),  # type: ignore[arg-type]
    (lambda: F.hardshrink(np.zeros(2)), TypeError, "hardshrink: input is a numpy.ndarray"),  # type: ignore[arg-type]
]  # fmt: skip


REAL = [
    "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "logsigmoid", "mish", "relu6", "rrelu", "selu", "sigmoid", "silu", "softmax",
    "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
]  # fmt: skip


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("dtype", ["int64", "bool", "complex64"])
def test_only_floating_point_numbers_are_taken(name: str, dtype: str, backend: Any) -> None:
    x = bp.asarray(np.ones(2, dtype), device=backend.name)
    if name.startswith("tanh") and dtype == "complex64":  # which has one of these as well
        wanted = {"tanh": math.tanh(1), "tanhshrink": 1 - math.tanh(1)}[name]
        np.testing.assert_allclose(getattr(F, name)(x).numpy(), wanted, rtol=1e-6)
        return
    advice = "take a part" if dtype == "complex64" else "convert it first: input.astype"
    with pytest.raises(TypeError, match=f"^{name}: input: got dtype {dtype}, wanted .*{advice}"):
        getattr(F, name)(x)


def test_relu_takes_integers(backend: Any) -> None:
    out = F.relu(bp.asarray(np.array([-2, 0, 3]), device=backend.name))
    assert (out.dtype, out.tolist()) == (bp.int64, [0, 0, 3])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", [F.mish, F.hardswish], ids=["mish", "hardswish"])
def test_slopes_far_out(activation: Any, dtype: str, backend: Any) -> None:
    """x times a gate that is open: slope 1 and no curvature, however large x is."""
    x = bp.asarray(np.array([1e5, 1e18, 1e30, 3e38], dtype), device=backend.name)
    np.testing.assert_array_equal(activation(x).numpy(), x.numpy())
    slope = bp.grad(lambda x: activation(x).sum())
    np.testing.assert_allclose(slope(x).numpy(), 1.0, rtol=4e-16)
    np.testing.assert_array_equal(bp.grad(lambda x: slope(x).sum())(x).numpy(), 0.0)
    np.testing.assert_array_equal(slope(-x).numpy(), 0.0)


def test_hardswish_is_flat_at_minus_infinity(backend: Any) -> None:
    x = bp.asarray(np.array([-np.inf, np.inf]), device=backend.name, requires_grad=True)
    with np.errstate(invalid="ignore"):
        F.hardswish(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0.0, 1.0])


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax, F.softmin])
@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_softmax_of_nothing_is_empty(
    function: Any, dim: int, shape: tuple[int, int], backend: Any
) -> None:
    x = bp.asarray(np.zeros(shape, "float32"), device=backend.name)
    out = function(x, dim)
    assert (out.shape, out.dtype) == (shape, bp.float32)
    slope = bp.grad(lambda x: function(x, dim).sum())
    assert slope(x).shape == shape
    assert bp.grad(lambda x: slope(x).sum())(x).shape == shape


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[m for *_, m in BAD])
def test_what_is_wrong_is_said(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
