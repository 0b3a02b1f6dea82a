"""Every layer: the same numbers and derivatives as PyTorch's, kinks and errors included."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from torch_pairs import agree

import backprop as bp

# Values with the kinks of all activations (0, also -0, and Softplus's threshold), ordinary
# numbers, and ones so large that e^x overflows or loses the 1 beside it.
SPECIAL = np.array(
    [0.0, -0.0, 1e-3, -1e-3, 1.0, -1.0, 10.0, 20.0, -20.0, 25.0, 40.0, -745.0, 745.0]
)

ACTIVATIONS: list[tuple[str, dict[str, Any]]] = [
    ("Identity", {}),
    ("Sigmoid", {}),
    ("Tanh", {}),
    ("ReLU", {}),
    ("LeakyReLU", {}),
    ("LeakyReLU", {"negative_slope": 0.3}),
    ("LeakyReLU", {"negative_slope": 0.0}),
    ("ELU", {}),
    ("ELU", {"alpha": 0.3}),
    ("ELU", {"alpha": 2.5}),
    ("GELU", {}),
    ("GELU", {"approximate": "tanh"}),
    ("SiLU", {}),
    ("Softplus", {}),
    ("Softplus", {"beta": 2.0}),
    ("Softplus", {"beta": 0.5, "threshold": 3.0}),
    ("Softmax", {"dim": -1}),
    ("Softmax", {"dim": 0}),
    ("Softmax", {"dim": 1}),
    ("LogSoftmax", {"dim": -1}),
    ("LogSoftmax", {"dim": 0}),
    ("LogSoftmax", {"dim": 1}),
    ("Flatten", {"start_dim": 0}),
    ("Flatten", {"end_dim": 1}),
    ("Dropout", {"p": 0.0}),
]  # fmt: skip
NAMES = [f"{name}({', '.join(f'{k}={v}' for k, v in kw.items())})" for name, kw in ACTIVATIONS]
SHAPES = [(4, 5), (1, 1), (2, 3, 4)]


def _inputs(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape) * 2


@pytest.mark.parametrize(("name", "kw"), ACTIVATIONS, ids=NAMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_activation_is_pytorchs(
    name: str, kw: dict[str, Any], shape: tuple[int, ...], backend: Any, torch: Any
) -> None:
    us, them = getattr(bp.nn, name)(**kw), getattr(torch.nn, name)(**kw)
    for mode in (True, False):
        agree(torch, us.train(mode), them.train(mode), [_inputs(shape)], backend.name)


@pytest.mark.parametrize(("name", "kw"), ACTIVATIONS, ids=NAMES)
def test_activation_is_pytorchs_at_kinks_and_extremes(
    name: str, kw: dict[str, Any], backend: Any, torch: Any
) -> None:
    us, them = getattr(bp.nn, name)(**kw), getattr(torch.nn, name)(**kw)
    agree(torch, us, them, [SPECIAL.reshape(-1, 1)], backend.name, order=1)
    # ELU's second derivative jumps at 0: ours is that from the left, PyTorch's that from the right.
    x = SPECIAL[SPECIAL != 0] if name == "ELU" else SPECIAL
    agree(torch, us, them, [x.reshape(-1, 1)], backend.name)


@pytest.mark.parametrize(("name", "kw"), ACTIVATIONS, ids=NAMES)
def test_activation_is_pytorchs_in_float32(
    name: str, kw: dict[str, Any], backend: Any, torch: Any
) -> None:
    us, them = getattr(bp.nn, name)(**kw), getattr(torch.nn, name)(**kw)
    for x in (_inputs((2, 3, 4)), SPECIAL[:-2].reshape(-1, 1)):
        x = x.astype("float32")
        agree(torch, us, them, [x], backend.name, order=1, tolerance=1e-5)


@pytest.mark.parametrize(("name", "kw"), ACTIVATIONS, ids=NAMES)
def test_activations_derivatives_are_those_of_its_values(
    name: str, kw: dict[str, Any], backend: Any
) -> None:
    """Away from the kinks, against finite differences: needs no other library."""
    x = bp.asarray(_inputs((3, 4)), device=backend.name)
    assert np.abs(x.numpy()).min() > 1e-3
    assert bp.gradcheck(getattr(bp.nn, name)(**kw), [x], order=2, rtol=1e-4, atol=1e-6)


KINKS = [
    # (activation, its derivative at 0, its second derivative at 0)
    (bp.nn.ReLU(), 0.0, 0.0),
    (bp.nn.LeakyReLU(0.2), 0.2, 0.0),
    (bp.nn.ELU(1.5), 1.5, 1.5),  # from the left, where it is alpha e^x
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


# ----------------------------------------------------------------------- Linear

LINEAR = [
    # (features in, features out, bias, shape of the input)
    (5, 3, True, (4, 5)),
    (5, 3, False, (4, 5)),
    (1, 1, True, (1, 1)),
    (1, 4, True, (7, 1)),
    (3, 2, True, (2, 4, 3)),
    (3, 2, False, (2, 1, 4, 3)),
    (3, 2, True, (3,)),
    (3, 2, True, (0, 3)),
]


@pytest.mark.parametrize(("n_in", "n_out", "bias", "shape"), LINEAR)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 1e-5)])
def test_linear_is_pytorchs(
    n_in: int, n_out: int, bias: bool, shape: Any, dtype: str, tolerance: float,
    backend: Any, torch: Any,
) -> None:  # fmt: skip
    rng = np.random.default_rng(1)
    arrays = [rng.standard_normal(s).astype(dtype) for s in (shape, (n_out, n_in), (n_out,))]
    arrays = arrays if bias else arrays[:2]
    us = bp.nn.Linear(n_in, n_out, bias=bias, device=backend.name, dtype=dtype)

    def layer(x: bp.Tensor, *parameters: bp.Tensor) -> bp.Tensor:
        us.weight = parameters[0]  # type: ignore[assignment]
        us.bias = parameters[1] if bias else None  # type: ignore[assignment]
        return us(x)

    agree(
        torch, layer, torch.nn.functional.linear, arrays, backend.name,
        order=2 if dtype == "float64" else 1, tolerance=tolerance,
    )  # fmt: skip


def test_linear_by_hand(backend: Any) -> None:
    """y = x Wᵀ + b with dE/dy = g: dE/dx = g W, dE/dW = gᵀ x, dE/db = Σ g."""
    layer = bp.nn.Linear(2, 3, device=backend.name, dtype="float64")
    layer.load_state_dict({
        "weight": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        "bias": np.array([0.1, 0.2, 0.3]),
    })  # fmt: skip
    x = bp.asarray(np.array([[1.0, -1.0], [2.0, 0.5]]), device=backend.name, requires_grad=True)
    y = layer(x)
    np.testing.assert_allclose(y.detach().numpy(), [[-0.9, -0.8, -0.7], [3.1, 8.2, 13.3]])
    y.backward(bp.asarray(np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]), device=backend.name))
    np.testing.assert_allclose(x.grad.numpy(), [[11.0, 14.0], [3.0, 4.0]])
    np.testing.assert_allclose(layer.weight.grad.numpy(), [[1.0, -1.0], [2.0, 0.5], [2.0, -2.0]])
    np.testing.assert_allclose(layer.bias.grad.numpy(), [1.0, 1.0, 2.0])


def test_linear_starts_in_pytorchs_bounds() -> None:
    bp.manual_seed(3)
    layer = bp.nn.Linear(100, 200)
    for p in (layer.weight, layer.bias):
        values = p.detach().numpy()
        assert np.abs(values).max() <= 0.1
        assert np.abs(values).max() > 0.095
    assert abs(layer.weight.detach().numpy().std() - 0.1 / math.sqrt(3)) < 1e-3
    before = layer.weight.detach().numpy().copy()
    layer.reset_parameters()
    assert not np.array_equal(before, layer.weight.detach().numpy())
    bp.manual_seed(3)
    np.testing.assert_array_equal(bp.nn.Linear(100, 200).weight.detach().numpy(), before)


BAD_LINEAR: list[tuple[Any, type[Exception], str]] = [
    (lambda: bp.nn.Linear(0, 2), ValueError, "in_features: got 0"),
    (lambda: bp.nn.Linear(2, -1), ValueError, "out_features: got -1"),
    (lambda: bp.nn.Linear(2.0, 1), ValueError, r"in_features: got 2\.0"),  # type: ignore[arg-type]
    (lambda: bp.nn.Linear(True, 1), ValueError, "in_features: got True"),
    (lambda: bp.nn.Linear(2, 1, dtype="int64"), TypeError, "int64.*floating"),
    (lambda: bp.nn.Linear(2, 1)(bp.zeros((4, 3))), ValueError, r"\(4, 3\), wanted 2 features"),
    (lambda: bp.nn.Linear(2, 1)(bp.asarray(1.0)), ValueError, r"\(\), wanted 2 features"),
    (lambda: bp.nn.Linear(2, 1)(bp.zeros((4, 2), dtype="float64")), TypeError, "float64.*float32"),
    (lambda: bp.nn.Linear(2, 1)(np.zeros((4, 2), "f4")), TypeError, "ndarray, wanted a Tensor"),
    (lambda: bp.nn.Linear(2, 1)([[1.0, 2.0]]), TypeError, "list, wanted a Tensor"),
    (
        lambda: bp.nn.Linear(2, 1)(bp.zeros((4, 2), device="strict")),
        ValueError,
        "x is on strict, weight is on cpu",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD_LINEAR, ids=[m for *_, m in BAD_LINEAR])
def test_linear_says_what_is_wrong(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_strict_input_for_a_cpu_layer_is_refused_even_when_strict_was_just_loaded() -> None:
    assert bp.zeros(1, device="strict").device == "strict"
    with pytest.raises(ValueError, match="strict"):
        bp.nn.ReLU()(bp.zeros(2, device="strict") + bp.zeros(2))


# ---------------------------------------------------------------------- Flatten

FLATTEN = [
    # (arguments, input, output)
    ({}, (2, 3, 4, 5), (2, 60)),
    ({}, (2, 3), (2, 3)),
    ({}, (0, 3, 4), (0, 12)),
    ({"start_dim": 0}, (2, 3, 4), (24,)),
    ({"start_dim": 1, "end_dim": 2}, (2, 3, 4, 5), (2, 12, 5)),
    ({"start_dim": -3, "end_dim": -2}, (2, 3, 4, 5), (2, 12, 5)),
    ({"start_dim": 2, "end_dim": 2}, (2, 3, 4), (2, 3, 4)),
]


@pytest.mark.parametrize(("kw", "shape", "wanted"), FLATTEN)
def test_flatten(kw: Any, shape: Any, wanted: Any, backend: Any) -> None:
    x = np.arange(math.prod(shape), dtype="float64").reshape(shape)
    out = bp.nn.Flatten(**kw)(bp.asarray(x, device=backend.name))
    np.testing.assert_array_equal(out.numpy(), x.reshape(wanted))


@pytest.mark.parametrize(
    ("kw", "shape", "message"),
    [
        ({"start_dim": 2, "end_dim": 1}, (2, 3, 4), "start_dim=2 is behind end_dim=1"),
        ({"start_dim": 5}, (2, 3, 4), "start_dim=5"),
        ({"start_dim": -5}, (2, 3, 4), "start_dim=-5"),
        ({"end_dim": 3}, (2, 3, 4), "end_dim=3"),
        ({"start_dim": 0}, (), "start_dim=0"),
        ({}, (4,), "start_dim=1"),
    ],
)
def test_flatten_refuses_axes_that_are_not_there(kw: Any, shape: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bp.nn.Flatten(**kw)(bp.zeros(shape))


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
