"""Initialisers: statistics, bounds, PyTorch's gains, the same numbers on every backend."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.nn import init

MATRIX, FILTERS = (60, 40), (30, 10, 3, 3)  # (out, in) and (out, in, height, width)
FANS = {MATRIX: (40, 60), FILTERS: (90, 270)}


def _filled(f: Any, shape: Any, device: str = "cpu", dtype: str = "float64") -> np.ndarray:
    bp.manual_seed(1)
    tensor = bp.zeros(shape, dtype=dtype, device=device)
    assert f(tensor) is tensor
    return tensor.numpy()


def _in(shape: Any) -> int:
    return FANS[shape][0]


def _out(shape: Any) -> int:
    return FANS[shape][1]


# (initialiser, the bound of a uniform distribution it should have)
UNIFORM: list[tuple[str, Any, Any]] = [
    ("uniform", lambda t: init.uniform_(t, -0.3, 0.3), lambda s: 0.3),
    ("xavier", init.xavier_uniform_, lambda s: math.sqrt(6 / (_in(s) + _out(s)))),
    (
        "xavier, gain 2", lambda t: init.xavier_uniform_(t, 2.0),
        lambda s: 2 * math.sqrt(6 / (_in(s) + _out(s))),
    ),
    # the default nonlinearity is leaky ReLU with slope a = 0, whose gain is sqrt 2
    ("kaiming", init.kaiming_uniform_, lambda s: math.sqrt(6 / _in(s))),
    (
        "kaiming, fan_out", lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu"),
        lambda s: math.sqrt(6 / _out(s)),
    ),
    (
        "kaiming, a = sqrt 5", lambda t: init.kaiming_uniform_(t, a=math.sqrt(5)),
        lambda s: 1 / math.sqrt(_in(s)),
    ),
]  # fmt: skip

# (initialiser, mean, the standard deviation a normal distribution should have)
NORMAL: list[tuple[str, Any, float, Any]] = [
    ("normal", init.normal_, 0.0, lambda s: 1.0),
    ("normal, shifted", lambda t: init.normal_(t, 3.0, 0.1), 3.0, lambda s: 0.1),
    ("xavier", init.xavier_normal_, 0.0, lambda s: math.sqrt(2 / (_in(s) + _out(s)))),
    (
        "xavier, gain 5/3", lambda t: init.xavier_normal_(t, init.calculate_gain("tanh")), 0.0,
        lambda s: 5 / 3 * math.sqrt(2 / (_in(s) + _out(s))),
    ),
    ("kaiming", init.kaiming_normal_, 0.0, lambda s: math.sqrt(2 / _in(s))),
    (
        "kaiming, tanh, fan_out",
        lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="tanh"), 0.0,
        lambda s: 5 / 3 / math.sqrt(_out(s)),
    ),
]  # fmt: skip


@pytest.mark.parametrize("shape", [MATRIX, FILTERS], ids=str)
@pytest.mark.parametrize(("f", "bound"), [u[1:] for u in UNIFORM], ids=[u[0] for u in UNIFORM])
def test_uniform(f: Any, bound: Any, shape: Any) -> None:
    x, b = _filled(f, shape), bound(shape)
    n = x.size
    assert b * (1 - 10 / n) < np.abs(x).max() <= b
    # variance b²/3; five standard errors of the mean and of the mean square
    assert abs(x.mean()) < 5 * b / math.sqrt(3 * n)
    assert abs((x**2).mean() - b**2 / 3) < 5 * b**2 * math.sqrt(4 / 45 / n)


@pytest.mark.parametrize("shape", [MATRIX, FILTERS], ids=str)
@pytest.mark.parametrize(("f", "mean", "std"), [u[1:] for u in NORMAL], ids=[u[0] for u in NORMAL])
def test_normal(f: Any, mean: float, std: Any, shape: Any) -> None:
    x, s = _filled(f, shape), std(shape)
    z = (x - mean) / s
    n = z.size
    assert abs(z.mean()) < 5 / math.sqrt(n)
    assert abs((z**2).mean() - 1) < 5 * math.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < 5 * math.sqrt(96 / n)  # the tails are a normal's
    assert np.unique(z).size == n


@pytest.mark.parametrize(
    "name",
    ["linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"],
)
def test_gains_are_pytorchs(name: str, torch: Any) -> None:
    assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-15)
    slope = torch.nn.init.calculate_gain("leaky_relu", 0.3)
    assert init.calculate_gain("leaky_relu", 0.3) == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize("shape", [(7, 3), (3,), (), (2, 2, 2)], ids=str)
def test_constants(shape: Any, backend: Any) -> None:
    for f, value in (
        (init.zeros_, 0.0), (init.ones_, 1.0), (lambda t: init.constant_(t, -2.5), -2.5)
    ):  # fmt: skip
        tensor = f(bp.full(shape, 9.0, device=backend.name))
        np.testing.assert_array_equal(tensor.numpy(), np.full(shape, value, "f4"))


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)], ids=str)
def test_eye(shape: Any, backend: Any) -> None:
    x = init.eye_(bp.full(shape, 9.0, device=backend.name))
    np.testing.assert_array_equal(x.numpy(), np.eye(*shape, dtype="f4"))


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3, 3), (40, 2, 3)], ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-14)])
def test_orthogonal(shape: Any, dtype: str, tolerance: float, backend: Any) -> None:
    q = _filled(lambda t: init.orthogonal_(t, gain=1.5), shape, backend.name, dtype)
    q = q.reshape(shape[0], -1) / 1.5
    product = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
    np.testing.assert_allclose(product, np.eye(len(product)), atol=tolerance)


def test_orthogonal_matrices_are_spread_evenly() -> None:
    """Without the signs of R's diagonal, Q[0, 0] of a QR decomposition is never positive."""
    bp.manual_seed(2)
    corner = [init.orthogonal_(bp.zeros((3, 3)))[0, 0].item() for _ in range(400)]
    assert abs(np.mean(np.array(corner) > 0) - 0.5) < 5 * 0.5 / math.sqrt(400)
    # the square of one coordinate of a random direction in 3 dimensions has mean 1/3
    assert abs(np.mean(np.square(corner)) - 1 / 3) < 5 * math.sqrt(4 / 45 / 400)


CLOSE = [(name, f) for name, f, *_ in NORMAL] + [("orthogonal", init.orthogonal_)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_backend_draws_the_same_numbers(dtype: str, backend: Any) -> None:
    for name, f, _ in UNIFORM:
        here, there = (_filled(f, MATRIX, d, dtype) for d in ("cpu", backend.name))
        np.testing.assert_array_equal(here, there, err_msg=name)
    for name, f in CLOSE:  # logarithm, cosine and QR may differ in the last bit
        here, there = (_filled(f, MATRIX, d, dtype) for d in ("cpu", backend.name))
        tolerance = 1e-6 if dtype == "float32" else 1e-13
        np.testing.assert_allclose(here, there, rtol=tolerance, atol=tolerance, err_msg=name)


def test_a_generator_of_its_own_leaves_the_common_stream_alone() -> None:
    before = bp.default_generator().get_state()
    one, two = (
        init.uniform_(bp.zeros((4, 4)), generator=bp.Generator(5)).numpy() for _ in range(2)
    )
    np.testing.assert_array_equal(one, two)
    assert bp.default_generator().get_state() == before
    assert not np.array_equal(init.uniform_(bp.zeros((4, 4))).numpy(), one)
    assert bp.default_generator().get_state() != before


def test_a_layer_filled_after_its_forward_pass_refuses_to_go_backward() -> None:
    layer = bp.nn.Linear(3, 2)
    x = bp.ones((1, 3))
    x.requires_grad_()
    out = layer(x).sum()
    init.zeros_(layer.weight)
    with pytest.raises(RuntimeError, match="changed in place"):
        out.backward()


TRUNCATED = [
    (0.0, 1.0, -2.0, 2.0),
    (1.0, 2.0, 0.5, 1.5),
    (0.0, 1.0, 2.0, 9.0),
    (5.0, 1.0, -2.0, 2.0),
]


@pytest.mark.parametrize(("mean", "std", "a", "b"), TRUNCATED)
def test_a_truncated_normal_is_the_normal_between_its_bounds(
    mean: float, std: float, a: float, b: float, backend: Any
) -> None:
    bp.manual_seed(3)
    tensor = bp.zeros((200, 100), dtype="float64", device=backend.name)
    x = init.trunc_normal_(tensor, mean, std, a, b).numpy().reshape(-1)
    assert a <= x.min() < x.max() <= b
    # the distribution function of what was drawn, against the definition, at a few places
    whole = np.vectorize(lambda v: 0.5 * math.erfc((mean - v) / std * math.sqrt(0.5)))
    low, high = whole(a), whole(b)
    for at in np.linspace(a, b, 7)[1:-1]:
        share = (whole(at) - low) / (high - low)
        assert abs((x < at).mean() - share) < 5 * math.sqrt(share * (1 - share) / x.size) + 1e-9


@pytest.mark.parametrize(("shape", "groups"), [
    ((4, 4, 3), 1), ((6, 2, 3, 3), 1), ((2, 6, 2, 5), 1), ((4, 2, 1, 3, 3), 1), ((6, 2, 3), 3),
])  # fmt: skip
def test_dirac_is_pytorchs(shape: Any, groups: int, backend: Any, torch: Any) -> None:
    ours = init.dirac_(bp.ones(shape, device=backend.name), groups)
    theirs = torch.nn.init.dirac_(torch.ones(shape), groups)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("sparsity", [0.0, 0.33, 0.5, 1.0])
def test_a_sparse_matrix_has_as_many_zeros_in_each_column(sparsity: float, backend: Any) -> None:
    tensor = init.sparse_(bp.ones((10, 50), dtype="float64", device=backend.name), sparsity, 0.1)
    zeros = (tensor.numpy() == 0).sum(axis=0)
    assert (zeros == math.ceil(sparsity * 10)).all()
    if sparsity < 1:
        assert abs(tensor.numpy()[tensor.numpy() != 0].std() - 0.1) < 0.02
    if sparsity == 0.5:  # not always the same rows
        assert ((tensor.numpy() == 0).sum(axis=1) > 5).all()


@pytest.mark.parametrize("name", [
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu",
])  # fmt: skip
def test_every_gain_is_pytorchs(name: str, torch: Any) -> None:
    assert init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: init.calculate_gain("softsign"), ValueError, "'softsign', wanted one of linear"),
    (lambda: init.calculate_gain("leaky_relu", "x"), ValueError, "param: got 'x', wanted the neg"),
    (lambda: init.trunc_normal_(bp.zeros(3), a=1.0, b=1.0), ValueError, r"b: got 1\.0, wanted more"),
    (lambda: init.trunc_normal_(bp.zeros(3), std=0.0), ValueError, r"std: got 0\.0"),
    (lambda: init.dirac_(bp.zeros((2, 2))), ValueError, "wanted three to five axes"),
    (lambda: init.dirac_(bp.zeros((3, 2, 1)), 2), ValueError, "groups: got 2, .* out = 3"),
    (lambda: init.sparse_(bp.zeros((2, 2, 1)), 0.5), ValueError, "wanted a matrix"),
    (lambda: init.sparse_(bp.zeros((2, 2)), 1.5), ValueError, r"sparsity: got 1\.5"),
    (lambda: init.xavier_uniform_(bp.zeros(3)), ValueError, r"\(3,\), wanted at least two axes"),
    (lambda: init.kaiming_normal_(bp.zeros(3)), ValueError, r"\(3,\), wanted at least two axes"),
    (lambda: init.orthogonal_(bp.zeros(3)), ValueError, r"\(3,\), wanted at least two axes"),
    (lambda: init.eye_(bp.zeros((2, 2, 2))), ValueError, "wanted a matrix"),
    (
        lambda: init.kaiming_uniform_(bp.zeros((2, 2)), mode="fan"), ValueError,
        "'fan', wanted 'fan_in' or 'fan_out'",
    ),
    (
        lambda: init.kaiming_uniform_(bp.zeros((2, 2)), nonlinearity="what"), ValueError,
        "'what', wanted one of",
    ),
    (lambda: init.uniform_(bp.zeros(3, dtype="int64")), TypeError, "int64, wanted float32"),
    (lambda: init.zeros_(bp.nn.Parameter([1.0]) * 2), RuntimeError, "wanted a leaf"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
