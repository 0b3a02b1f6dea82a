"""The losses of regression and classification: hand-worked values, huge logits, and errors instead
of silent broadcasts. (`layer_records/losses.py` compares them with PyTorch's.)"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import backprop as bp

F, nan = bp.nn.functional, math.nan

# ----------------------------------------------------------------------- worked by hand

L2, L3 = math.log(2), math.log(3)
P = [[0.8, 0.4]]
SOFTMAX_3 = [[math.log(1), math.log(2), math.log(5)]]  # probabilities 1/8, 2/8, 5/8

HAND: list[tuple[Any, Any, Any, float, Any]] = [
    # (loss, input, target, value, gradient by the input)
    (bp.nn.MSELoss(), [[1.0, 2.0]], [[0.0, 4.0]], 2.5, [[1.0, -2.0]]),
    (bp.nn.MSELoss(reduction="sum"), [1.0, 2.0], [0.0, 4.0], 5.0, [2.0, -4.0]),
    # 1/2 (1 + 4) + 1/2 (9 + 0); the derivative is y - t
    (
        bp.nn.HalfSquaredErrorLoss(), [[1.0, 2.0], [3.0, 1.0]], [[0.0, 4.0], [0.0, 1.0]], 7.0,
        [[1.0, -2.0], [3.0, 0.0]],
    ),
    (
        bp.nn.HalfSquaredErrorLoss("mean"), [[1.0, 2.0], [3.0, 1.0]], [[0.0, 4.0], [0.0, 1.0]],
        3.5, [[0.5, -1.0], [1.5, 0.0]],
    ),
    (bp.nn.L1Loss(), [1.0, 2.0, 5.0], [0.0, 4.0, 5.0], 1.0, [1 / 3, -1 / 3, 0.0]),
    # |d| = 1/2: d²/2 = 1/8; |d| = 3: 1 (3 - 1/2) = 5/2
    (bp.nn.HuberLoss(reduction="sum"), [0.5, -3.0], [0.0, 0.0], 2.625, [0.5, -1.0]),
    (bp.nn.HuberLoss(reduction="sum", delta=2.0), [0.5, -3.0], [0.0, 0.0], 4.125, [0.5, -2.0]),
    # -log 4/5 - log 3/5; (p - t) / (p (1 - p))
    (
        bp.nn.BCELoss(reduction="sum"), P, [[1.0, 0.0]], math.log(25 / 12),
        [[-1 / 0.8, 1 / 0.6]],
    ),
    # sigma(log 3) = 3/4
    (bp.nn.BCEWithLogitsLoss(), [[L3]], [[1.0]], math.log(4 / 3), [[-0.25]]),
    (bp.nn.BCEWithLogitsLoss(), [[L3, 0.0]], [[0.0, 1.0]], (math.log(4) + L2) / 2,
     [[0.375, -0.25]]),
    (bp.nn.BCEWithLogitsLoss(pos_weight=bp.asarray(3.0)), [[L3]], [[1.0]], 3 * math.log(4 / 3),
     [[-0.75]]),
    (bp.nn.CrossEntropyLoss(), SOFTMAX_3, [1], math.log(4), [[1 / 8, -3 / 4, 5 / 8]]),
    (bp.nn.CrossEntropyLoss(), SOFTMAX_3, [[0.5, 0.5, 0.0]], (math.log(8) + math.log(4)) / 2,
     [[-3 / 8, -1 / 4, 5 / 8]]),
    # smoothing 0.3 over 3 classes: 0.8 on class 1, 0.1 on the others
    (bp.nn.CrossEntropyLoss(label_smoothing=0.3), SOFTMAX_3, [1],
     0.8 * math.log(4) + 0.1 * math.log(8) + 0.1 * math.log(8 / 5), [[0.025, -0.55, 0.525]]),
    # weights 1 and 3: (1 log 2 + 3 log 4) / 4
    (bp.nn.CrossEntropyLoss(weight=bp.asarray([1.0, 3.0])), [[0.0, 0.0], [L3, 0.0]], [0, 1],
     (L2 + 3 * math.log(4)) / 4, [[-1 / 8, 1 / 8], [9 / 16, -9 / 16]]),
    (bp.nn.CrossEntropyLoss(ignore_index=7), [[0.0, 0.0], [L3, 0.0]], [7, 1], math.log(4),
     [[0.0, 0.0], [0.75, -0.75]]),
    (bp.nn.NLLLoss(), [[-1.0, -2.0], [-3.0, -4.0]], [1, 0], 2.5, [[0.0, -0.5], [-0.5, 0.0]]),
    (bp.nn.NLLLoss(reduction="sum"), [[-1.0, -2.0], [-3.0, -4.0]], [1, 0], 5.0,
     [[0.0, -1.0], [-1.0, 0.0]]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "x", "target", "value", "gradient"), HAND, ids=[str(h[0]) for h in HAND]
)
def test_loss_by_hand(
    loss: Any, x: Any, target: Any, value: float, gradient: Any, backend: Any
) -> None:
    loss.to(backend.name)
    tensor = bp.asarray(np.array(x), device=backend.name, requires_grad=True)
    out = loss(tensor, bp.asarray(np.array(target), device=backend.name))
    assert out.item() == pytest.approx(value, rel=1e-12)
    out.backward()
    np.testing.assert_allclose(tensor.grad.numpy(), gradient, atol=1e-12)


def test_half_squared_error_of_each_sample(backend: Any) -> None:
    x, t = np.arange(12.0).reshape(2, 3, 2), np.ones((2, 3, 2))
    loss = bp.nn.HalfSquaredErrorLoss("none")
    out = loss(bp.asarray(x, device=backend.name), bp.asarray(t, device=backend.name))
    np.testing.assert_allclose(out.numpy(), 0.5 * ((x - t) ** 2).sum(axis=(1, 2)))
    flat = loss(bp.asarray(x[0, 0], device=backend.name), bp.asarray(t[0, 0], device=backend.name))
    np.testing.assert_allclose(flat.numpy(), [0.5, 0.0])
    rng = np.random.default_rng(0)
    for reduction in ("mean", "sum", "none"):
        xs = [bp.asarray(rng.standard_normal((3, 2)), device=backend.name) for _ in range(2)]
        assert bp.gradcheck(bp.nn.HalfSquaredErrorLoss(reduction), xs, order=2)


def test_hubers_curvature_is_one_inside_also_at_a_perfect_fit(backend: Any) -> None:
    d = np.array([0.0, 0.5, -0.9, 1.5, -4.0])
    loss, zero = bp.nn.HuberLoss("sum"), bp.asarray(np.zeros(5), device=backend.name)
    slope = bp.grad(lambda x: loss(x, zero))
    curvature = bp.grad(lambda x: slope(x).sum())(bp.asarray(d, device=backend.name))
    np.testing.assert_array_equal(curvature.numpy(), [1, 1, 1, 0, 0])


# --------------------------------------------------------------------------- stability

BIG = 1000.0
STABLE: list[tuple[Any, Any, Any, float, Any]] = [
    # (loss with reduction "sum", logits, target, value, gradient)
    (bp.nn.CrossEntropyLoss, [[BIG, -BIG]], [0], 0.0, [[0, 0]]),
    (bp.nn.CrossEntropyLoss, [[BIG, -BIG]], [1], 2000.0, [[1, -1]]),
    (bp.nn.CrossEntropyLoss, [[-BIG, -BIG, -BIG]], [1], L3, [[1 / 3, -2 / 3, 1 / 3]]),
    (bp.nn.CrossEntropyLoss, [[BIG, BIG]], [0], L2, [[-0.5, 0.5]]),
    (bp.nn.CrossEntropyLoss, [[BIG, -BIG]], [[0.25, 0.75]], 1500.0, [[0.75, -0.75]]),
    (lambda reduction: bp.nn.CrossEntropyLoss(reduction=reduction, label_smoothing=0.1),
     [[BIG, -BIG]], [0], 100.0, [[0.05, -0.05]]),
    (lambda reduction: bp.nn.CrossEntropyLoss(reduction=reduction, ignore_index=5),
     [[BIG, -BIG], [-BIG, BIG]], [5, 0], 2000.0, [[0, 0], [-1, 1]]),
    (bp.nn.BCEWithLogitsLoss, [BIG, BIG, -BIG, -BIG], [1.0, 0.0, 1.0, 0.0], 2000.0, [0, 1, -1, 0]),
    (bp.nn.BCEWithLogitsLoss, [BIG, -BIG], [0.5, 0.25], 750.0, [0.5, -0.25]),
    (lambda reduction: bp.nn.BCEWithLogitsLoss(reduction=reduction, pos_weight=[3.0]),
     [BIG, BIG, -BIG, -BIG], [1.0, 0.0, 1.0, 0.0], 4000.0, [0, 1, -3, 0]),
    (bp.nn.BCELoss, [0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], 200.0, [0, 0, -1e12, 1e12]),
    (bp.nn.HuberLoss, [1e30, -1e30], [0.0, 0.0], 2e30, [1, -1]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "x", "target", "value", "gradient"), STABLE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_loss_is_right_at_the_extremes(
    make: Any, x: Any, target: Any, value: float, gradient: Any, dtype: str, backend: Any
) -> None:
    loss = make(reduction="sum").to(backend.name)
    tensor = bp.asarray(np.array(x, dtype), device=backend.name, requires_grad=True)
    goal = np.array(target)
    goal = goal.astype(dtype) if goal.dtype.kind == "f" else goal
    out = loss(tensor, bp.asarray(goal, device=backend.name))
    assert out.dtype == dtype
    np.testing.assert_allclose(out.detach().numpy(), value, rtol=1e-6, atol=1e-30)
    out.backward(create_graph=True)
    first = tensor.grad
    np.testing.assert_allclose(first.detach().numpy(), gradient, rtol=1e-6, atol=1e-30)
    if first.requires_grad:
        tensor.grad = None
        (first * first).sum().backward()
        if tensor.grad is not None:
            assert np.isfinite(tensor.grad.numpy()).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nll_of_log_softmax_is_right_for_huge_logits(dtype: str, backend: Any) -> None:
    x = np.array([[BIG, -BIG, 0.0]], dtype)
    tensor = bp.asarray(x, device=backend.name, requires_grad=True)
    logs = bp.nn.LogSoftmax(1)(tensor)
    out = bp.nn.NLLLoss()(logs, bp.asarray(np.array([2]), device=backend.name))
    out.backward()
    assert out.item() == 1000.0
    np.testing.assert_array_equal(tensor.grad.numpy(), [[1, 0, -1]])


# ------------------------------------------------------------------------------ errors

PAIR_LOSSES = [
    bp.nn.MSELoss(), bp.nn.HalfSquaredErrorLoss(), bp.nn.L1Loss(), bp.nn.HuberLoss(),
    bp.nn.BCELoss(), bp.nn.BCEWithLogitsLoss(),
]  # fmt: skip
CLASS_LOSSES = [
    bp.nn.CrossEntropyLoss(),
    bp.nn.CrossEntropyLoss(label_smoothing=0.1),
    bp.nn.CrossEntropyLoss(weight=bp.asarray([1.0, 1.0, 1.0])),
    bp.nn.CrossEntropyLoss(ignore_index=9),
    bp.nn.NLLLoss(),
    bp.nn.NLLLoss(ignore_index=9),
]


@pytest.mark.parametrize("loss", PAIR_LOSSES, ids=str)
@pytest.mark.parametrize(
    ("x", "target"), [((4, 1), (4,)), ((4,), (4, 1)), ((4, 3), (3,)), ((4, 3), (1, 3)), ((1,), ())]
)
def test_shapes_that_would_broadcast_are_an_error(loss: Any, x: Any, target: Any) -> None:
    wanted = f"{x} and target {target}".replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(ValueError, match=wanted):
        loss(bp.zeros(x), bp.zeros(target))


@pytest.mark.parametrize("loss", PAIR_LOSSES + CLASS_LOSSES, ids=str)
def test_arrays_that_are_not_tensors_are_an_error(loss: Any) -> None:
    x, t = np.zeros((4, 3)), np.zeros((4, 3))
    with pytest.raises(TypeError, match="input is a ndarray, wanted a Tensor"):
        loss(x, bp.asarray(t))
    with pytest.raises(TypeError, match="target is a ndarray, wanted a Tensor"):
        loss(bp.asarray(x), t)


@pytest.mark.parametrize("loss", CLASS_LOSSES, ids=str)
@pytest.mark.parametrize(
    ("shape", "target", "error", "message"),
    [
        ((4, 3), [0, 1, 2, 3], ValueError, "class 3, wanted 0 to 2"),
        ((4, 3), [0, 1, 2, -1], ValueError, "class -1, wanted 0 to 2"),
        ((4, 3), [0.0, 1.0, 2.0, 0.0], TypeError, "float64, wanted integer"),
        ((4, 3), [True, False, True, False], TypeError, "bool, wanted integer"),
        ((4, 3), [0, 1, 2], ValueError, r"\(4, 3\) and target \(3,\)"),
        ((4, 3), [[0], [1], [2], [0]], ValueError, r"\(4, 3\) and target \(4, 1\)"),
        ((4, 3), [[0, 1, 2]] * 4, ValueError, r"\(4, 3\) and target \(4, 3\)"),
        ((4, 3, 2), [0, 1, 2, 0], ValueError, r"\(4, 3, 2\) and target \(4,\)"),
        ((4,), [0, 1, 2, 0], ValueError, r"\(4,\) and target \(4,\)"),
    ],
)
def test_bad_class_targets(
    loss: Any, shape: Any, target: Any, error: Any, message: str, backend: Any
) -> None:
    if backend.asynchronous and message.startswith("class"):
        pytest.skip("a GPU does not look at the classes: the loss is NaN")
    with pytest.raises(error, match=message) as raised:
        loss.to(backend.name)(
            bp.zeros(shape, device=backend.name), bp.asarray(np.array(target), device=backend.name)
        )
    loss.to("cpu")
    named = "nll_loss" if isinstance(loss, bp.nn.NLLLoss) else "cross_entropy"
    assert str(raised.value).startswith(named)


def _x(*shape: int) -> bp.Tensor:
    return bp.zeros(shape) + 0.5


BAD: list[tuple[str, Any, Any]] = [
    (r"outside \[0, 1\]", ValueError, lambda: bp.nn.BCELoss()(bp.asarray([0.5, 1.5]), _x(2))),
    (r"outside \[0, 1\]", ValueError, lambda: bp.nn.BCELoss()(bp.asarray([-0.1, 0.5]), _x(2))),
    (
        r"target.*outside \[0, 1\]", ValueError,
        lambda: bp.nn.BCELoss()(_x(2), bp.asarray([2.0, 0.0])),
    ),
    ("delta: got 0", ValueError, lambda: bp.nn.HuberLoss(delta=0.0)(_x(2), _x(2))),
    ("delta: got nan", ValueError, lambda: bp.nn.HuberLoss(delta=nan)(_x(2), _x(2))),
    (
        "label_smoothing: got 1.5", ValueError, lambda: bp.nn.CrossEntropyLoss(label_smoothing=1.5)
    ),
    (
        "label_smoothing: got -0.1", ValueError,
        lambda: bp.nn.functional.cross_entropy(_x(2, 3), _x(2, 3), label_smoothing=-0.1),
    ),
    (
        r"weight has shape \(2,\), wanted one a class, \(3,\)", ValueError,
        lambda: bp.nn.CrossEntropyLoss(weight=_x(2))(_x(4, 3), bp.zeros(4, dtype="int64")),
    ),
    (
        r"weight has shape \(2,\), wanted one a class, \(3,\)", ValueError,
        lambda: bp.nn.CrossEntropyLoss(weight=_x(2))(_x(4, 3), _x(4, 3)),
    ),
    (
        r"weight has shape \(1, 3\), wanted one a class", ValueError,
        lambda: bp.nn.NLLLoss(weight=_x(1, 3))(_x(4, 3), bp.zeros(4, dtype="int64")),
    ),
    (
        r"weight has shape \(4, 1\)", ValueError,
        lambda: bp.nn.BCELoss(weight=_x(4, 1))(_x(4), _x(4)),
    ),
    (
        r"weight has shape \(4, 1\)", ValueError,
        lambda: bp.nn.BCEWithLogitsLoss(weight=_x(4, 1))(_x(4), _x(4)),
    ),
    (
        r"pos_weight has shape \(4, 1\)", ValueError,
        lambda: bp.nn.BCEWithLogitsLoss(pos_weight=_x(4, 1))(_x(4), _x(4)),
    ),
    (
        "ignore_index", ValueError,
        lambda: bp.nn.CrossEntropyLoss(ignore_index=0)(_x(4, 3), _x(4, 3)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("message", "error", "call"), BAD)
def test_bad_arguments(message: str, error: Any, call: Any) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("loss", PAIR_LOSSES + CLASS_LOSSES[:1] + CLASS_LOSSES[-1:], ids=str)
def test_an_unknown_reduction_is_an_error(loss: Any) -> None:
    with pytest.raises(ValueError, match="reduction: got 'avg', wanted 'mean', 'sum' or 'none'"):
        type(loss)(reduction="avg")
    loss = type(loss)()
    loss.reduction = "avg"
    target = _x(4, 3) if not isinstance(loss, bp.nn.NLLLoss) else bp.zeros(4, dtype="int64")
    with pytest.raises(ValueError, match="reduction: got 'avg'"):
        loss(_x(4, 3), target)


def test_class_weights_move_with_a_loss_and_are_its_state() -> None:
    loss = bp.nn.CrossEntropyLoss(weight=bp.asarray([1.0, 2.0]))
    assert [(k, v.tolist()) for k, v in loss.state_dict().items()] == [("weight", [1.0, 2.0])]
    assert list(loss.parameters()) == []
    both = bp.nn.BCEWithLogitsLoss([1.0], pos_weight=[2.0])
    assert list(both.state_dict()) == ["weight", "pos_weight"]
    assert loss.weight is not None
    assert loss.to("strict").weight.device == "strict"
    assert loss.double().weight.dtype == bp.float64


@pytest.mark.parametrize("target_dtype", ["int32", "uint8", "int64"])
def test_class_indices_of_any_integer_dtype(target_dtype: str, backend: Any) -> None:
    x = np.random.default_rng(0).standard_normal((4, 3))
    t = np.array([0, 2, 1, 2])
    wanted = -np.mean((x - np.log(np.exp(x).sum(1, keepdims=True)))[np.arange(4), t])
    for kw in ({}, {"ignore_index": 100}, {"label_smoothing": 1e-300}):
        target = bp.asarray(t.astype(target_dtype), device=backend.name)
        loss = bp.nn.CrossEntropyLoss(**kw)(bp.asarray(x, device=backend.name), target)
        assert loss.item() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.half_squared_error])
def test_a_mean_of_nothing_is_nan_and_a_sum_0(
    loss: Any, shape: tuple[int, ...], backend: Any
) -> None:
    x = bp.asarray(np.zeros(shape), device=backend.name, requires_grad=True)
    target = bp.asarray(np.zeros(shape), device=backend.name)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice|invalid value", RuntimeWarning)
        mean = loss(x, target, reduction="mean")
    samples = shape[0] if loss is F.half_squared_error else math.prod(shape)
    assert math.isnan(mean.item()) == (samples == 0)
    mean.backward()
    assert x.grad.shape == shape
    assert loss(x, target, reduction="sum").item() == 0
