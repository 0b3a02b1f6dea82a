"""Linear and Bilinear by hand, how they start, and what they refuse.

That they are PyTorch's is compared by the records.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp


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


def test_bilinear_by_hand(backend: Any) -> None:
    """y = x₁ᵀ W x₂ + b = 1·(2·1 + 3·(-1)) + 2·(4·1 + 5·(-1)) + 0.5, and its slopes."""
    layer = bp.nn.Bilinear(2, 2, 1, device=backend.name, dtype="float64")
    weight = np.array([[[2.0, 3.0], [4.0, 5.0]]])
    layer.load_state_dict({"weight": weight, "bias": np.array([0.5])})
    x, z = (
        bp.asarray(np.array([v]), device=backend.name, requires_grad=True)
        for v in ([1.0, 2.0], [1.0, -1.0])
    )
    y = layer(x, z)
    assert y.item() == -2.5
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[-1.0, -1.0]])
    np.testing.assert_allclose(z.grad.numpy(), [[10.0, 13.0]])
    np.testing.assert_allclose(layer.weight.grad.numpy(), [[[1.0, -1.0], [2.0, -2.0]]])
    np.testing.assert_allclose(layer.bias.grad.numpy(), [1.0])


def test_bilinear_starts_in_pytorchs_bounds() -> None:
    layer = bp.nn.Bilinear(25, 40, 50)
    for p in (layer.weight, layer.bias):
        values = np.abs(p.detach().numpy())
        assert 0.19 < values.max() <= 0.2


BAD_BILINEAR: list[tuple[Any, type[Exception], str]] = [
    (lambda: bp.nn.Bilinear(0, 1, 1), ValueError, "Bilinear: in1_features: got 0"),
    (lambda: bp.nn.Bilinear(1, True, 1), ValueError, "Bilinear: in2_features: got True"),
    (lambda: bp.nn.Bilinear(1, 1, 1.5), ValueError, r"Bilinear: out_features: got 1\.5"),  # type: ignore[arg-type]
    (
        lambda: bp.nn.Bilinear(2, 3, 1)(bp.zeros((4, 2)), bp.zeros((4, 2))), ValueError,
        r"input2: got shape \(4, 2\), wanted 3 features",
    ),
    (
        lambda: bp.nn.Bilinear(2, 3, 1)(bp.zeros((4, 2)), bp.zeros((5, 3))), ValueError,
        "wanted the same leading axes",
    ),
    (
        lambda: bp.nn.Bilinear(2, 3, 1)(bp.zeros((4, 2)), bp.zeros((4, 3), dtype="float64")),
        TypeError, "input2 is float64 and the weight float32",
    ),
    (
        lambda: bp.nn.functional.bilinear(bp.zeros(2), bp.zeros(3), bp.zeros((2, 3))), ValueError,
        r"weight: got shape \(2, 3\)",
    ),
    (lambda: bp.nn.Bilinear(2, 3, 1)(np.zeros(2), bp.zeros(3)), TypeError, "input1 is a numpy"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "error", "message"), BAD_BILINEAR, ids=[m for *_, m in BAD_BILINEAR]
)
def test_bilinear_says_what_is_wrong(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_sizes_may_be_numpys_integers() -> None:
    n = np.prod((2, 3))
    layer = bp.nn.Linear(n, np.int32(2))
    assert layer.weight.shape == (2, 6)
    assert type(layer.in_features) is int
    assert bp.nn.Conv1d(n, n, np.int64(1), groups=n)(bp.ones((1, 6, 2))).shape == (1, 6, 2)
    assert bp.nn.MultiheadAttention(n, np.int64(3)).in_proj_weight.shape == (18, 6)
    assert bp.nn.GroupNorm(np.int64(2), n)(bp.ones((1, 6, 2))).shape == (1, 6, 2)
    assert bp.nn.Bilinear(n, n, n)(bp.ones((1, 6)), bp.ones((1, 6))).shape == (1, 6)
    assert bp.nn.Dropout(np.float32(0.5)).p == 0.5
    for bad in (np.float64(2), np.bool_(True), True, 0):
        with pytest.raises(ValueError, match=r"in_features: got .* whole number of at least 1"):
            bp.nn.Linear(bad, 2)


def test_layers_that_compute_nothing_want_a_tensor_too() -> None:
    for layer in (bp.nn.Flatten(), bp.nn.ZeroPad2d(1), bp.nn.ReflectionPad1d(1)):
        with pytest.raises(TypeError, match="input is a list, wanted a Tensor"):
            layer([[1.0, 2.0]])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Transformer: src is a list, wanted a Tensor"):
        bp.nn.Transformer(4, 2, 1, 1, 8)([[1.0]], [[1.0]])  # type: ignore[arg-type]


def test_linear_as_a_function_says_what_is_wrong() -> None:
    linear, x, w = bp.nn.functional.linear, bp.ones((2, 3)), bp.ones((4, 3))
    with pytest.raises(TypeError, match=r"linear: weight is a numpy\.ndarray, wanted a Tensor"):
        linear(x, np.ones((4, 3)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"linear: weight: got shape \(1, 4, 3\), wanted \(out"):
        linear(x, w[None])
    with pytest.raises(TypeError, match="linear: bias is float64 and the weight float32"):
        linear(x, w, bp.ones(4, dtype="float64"))


def test_distances_by_hand(backend: Any) -> None:
    x = bp.asarray(np.array([[3.0, 4.0], [1.0, 0.0]]), device=backend.name)
    y = bp.asarray(np.array([[0.0, 0.0], [1.0, 1.0]]), device=backend.name)
    distance = bp.nn.PairwiseDistance(eps=0.0)(x, y)
    np.testing.assert_allclose(distance.numpy(), [5.0, 1.0])
    city = bp.nn.PairwiseDistance(p=1.0, eps=0.0, keepdim=True)(x, y)
    np.testing.assert_allclose(city.numpy(), [[7.0], [1.0]])
    cosine = bp.nn.CosineSimilarity()(x, y)
    np.testing.assert_allclose(cosine.numpy(), [0.0, math.sqrt(0.5)])
    unit = bp.nn.functional.normalize(x)
    np.testing.assert_allclose(unit.numpy(), [[0.6, 0.8], [1.0, 0.0]])


def test_a_vector_shorter_than_eps_is_divided_by_eps() -> None:
    """x·y / (2 · 1): the slope by x is y / 2, since the floor does not move with x."""
    x = bp.asarray([[0.6, 0.8]], requires_grad=True)
    y = bp.asarray([[0.0, 1.0]])
    out = bp.nn.functional.cosine_similarity(x, y, eps=2.0)
    assert out.item() == pytest.approx(0.2)
    out.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0.0, 0.25]], atol=1e-7)
