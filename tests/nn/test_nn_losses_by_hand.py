"""Losses of probabilities, counts, margins and distances: worked by hand, without PyTorch."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

nn = bp.nn
L2, L3 = math.log(2), math.log(3)
PI2 = math.log(2 * math.pi)

ONE_INPUT: list[tuple[Any, Any, Any, Any, Any]] = [
    # (loss, input, target, value, gradient by the input)
    # |d| < 1/2: d² ; else |d| - 1/4
    (nn.SmoothL1Loss(reduction="sum", beta=0.5), [0.25, -3.0], [0.0, 0.0], 0.0625 + 2.75,
     [0.5, -1.0]),
    # 1 log 1 - 1 log 1/2, and 0 log 0 - 0 = 0; the gradient is -q
    (nn.KLDivLoss(reduction="sum"), [[-L2, -L2]], [[1.0, 0.0]], L2, [[-1.0, 0.0]]),
    (nn.KLDivLoss(reduction="batchmean"), [[-L2], [-L2]], [[1.0], [1.0]], L2, [[-0.5], [-0.5]]),
    (nn.KLDivLoss(reduction="sum", log_target=True), [[-L2, -L2]], [[-L2, -L3]],
     (L2 - L3) / 3, [[-1 / 2, -1 / 3]]),
    # e^0 - 3 0, e^log2 - 1 log 2; the gradient is rate - count
    (nn.PoissonNLLLoss(reduction="sum"), [0.0, L2], [3.0, 1.0], 3 - L2, [-2.0, 1.0]),
    (nn.PoissonNLLLoss(log_input=False, eps=0.0), [2.0], [4.0], 2 - 4 * L2, [-1.0]),
    # log 4! by Stirling is 4 log 4 - 4 + log(8 pi) / 2; log 1! and log 0! are 0
    (nn.PoissonNLLLoss(full=True, reduction="sum"), [0.0, 0.0, 0.0], [4.0, 1.0, 0.0],
     3 + 8 * L2 - 4 + (PI2 + 2 * L2) / 2, [-3.0, 0.0, 1.0]),
    (nn.HingeEmbeddingLoss(reduction="sum"), [2.0, 0.25, 3.0], [1, -1, -1], 2.75,
     [1.0, -1.0, 0.0]),
    # sigma(log 3) = 3/4
    (nn.SoftMarginLoss(reduction="sum"), [L3, L3], [1, -1], math.log(4 / 3) + math.log(4),
     [-0.25, 0.75]),
    # margins of class 0: 1 - 3 + 2.5 = 1/2 and 1 - 3 + 1 < 0
    (nn.MultiMarginLoss(), [[3.0, 2.5, 1.0]], [0], 0.5 / 3, [[-1 / 3, 1 / 3, 0.0]]),
    (nn.MultiMarginLoss(p=2), [[3.0, 2.5, 1.0]], [0], 0.25 / 3, [[-1 / 3, 1 / 3, 0.0]]),
    (nn.MultiMarginLoss(weight=[6.0, 0.0, 0.0]), [[3.0, 2.5, 1.0]], [0], 1.0, [[-2.0, 2.0, 0.0]]),
    # labels 0 and 2 against class 1: 1 - 1 + 2 = 2 and 1 - 0 + 2 = 3
    (nn.MultiLabelMarginLoss(), [[1.0, 2.0, 0.0]], [[0, 2, -1]], 5 / 3,
     [[-1 / 3, 2 / 3, -1 / 3]]),
    (nn.MultiLabelSoftMarginLoss(), [[L3, 0.0]], [[0, 1]], (math.log(4) + L2) / 2,
     [[0.375, -0.25]]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "x", "target", "value", "gradient"), ONE_INPUT, ids=[str(h[0]) for h in ONE_INPUT]
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


SEVERAL: list[tuple[Any, list[Any], Any, list[Any]]] = [
    # (loss, inputs, value, gradients by the floating ones)
    # (log 4 + (1 - 3)² / 4) / 2; by the mean -2/4, by the variance (1/4 - 4/16) / 2
    (nn.GaussianNLLLoss(), [[1.0], [3.0], [4.0]], L2 + 0.5, [[-0.5], [0.5], [0.0]]),
    (nn.GaussianNLLLoss(full=True), [[1.0], [3.0], [1.0]], 2 + PI2 / 2, [[-2.0], [2.0], [-1.5]]),
    # below eps the variance is eps, and its gradient that at eps: (1/4 - 1/16) / 2
    (nn.GaussianNLLLoss(eps=4.0), [[1.0], [2.0], [0.5]], L2 + 1 / 8, [[-0.25], [0.25], [3 / 32]]),
    # one variance for each row
    (nn.GaussianNLLLoss(reduction="sum"), [[[1.0, 3.0]], [[3.0, 3.0]], [4.0]], 2 * L2 + 0.5,
     [[[-0.5, 0.0]], [[0.5, 0.0]], [0.125]]),
    # max(0, 1/2 - (2 - 1)) = 0 and max(0, 1/2 + (2 - 1)); by t it is x2 - x1
    (nn.MarginRankingLoss(margin=0.5, reduction="sum"), [[2.0, 2.0], [1.0, 1.0], [1, -1]], 1.5,
     [[0.0, 1.0], [0.0, -1.0]]),
    # cos = 24/25; its derivative by x1 is (x2 - 24/25 x1) / 25
    (nn.CosineEmbeddingLoss(), [[[3.0, 4.0]], [[4.0, 3.0]], [1]], 1 / 25,
     [[[-1.12 / 25, 0.84 / 25]], [[0.84 / 25, -1.12 / 25]]]),
    (nn.CosineEmbeddingLoss(margin=0.46), [[3.0, 4.0], [4.0, 3.0], -1], 0.5,
     [[1.12 / 25, -0.84 / 25], [-0.84 / 25, 1.12 / 25]]),
    # d(a, p) = 5, d(a, n) = 2: 5 - 2 + 1
    (nn.TripletMarginLoss(eps=0.0), [[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]], 4.0,
     [[[-0.6, 0.2]], [[0.6, 0.8]], [[0.0, -1.0]]]),
    (nn.TripletMarginLoss(eps=0.0, p=1.0), [[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]], 6.0,
     [[[-1.0, 0.0]], [[1.0, 1.0]], [[0.0, -1.0]]]),
    # d(p, n) = 2 is less than d(a, n) = 5: 3 - 2 + 1
    (nn.TripletMarginLoss(eps=0.0, swap=True), [[[0.0]], [[3.0]], [[5.0]]], 2.0,
     [[[-1.0]], [[2.0]], [[-1.0]]]),
    (nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: ((x - y) ** 2).sum(-1)),
     [[[0.0]], [[3.0]], [[1.0]]], 9.0, [[[-4.0]], [[6.0]], [[-2.0]]]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "inputs", "value", "gradients"), SEVERAL, ids=[str(h[0]) for h in SEVERAL]
)
def test_loss_of_several_inputs_by_hand(
    loss: Any, inputs: Any, value: float, gradients: Any, backend: Any
) -> None:
    arrays = [np.array(x) for x in inputs]
    tensors = [
        bp.asarray(a, device=backend.name, requires_grad=a.dtype.kind == "f") for a in arrays
    ]
    out = loss(*tensors)
    assert out.item() == pytest.approx(value, rel=1e-11)
    out.backward()
    for tensor, gradient in zip(tensors, gradients, strict=False):
        np.testing.assert_allclose(tensor.grad.numpy(), gradient, atol=1e-11)


def test_a_variance_given_as_a_number() -> None:
    x, t = bp.asarray([1.0]), bp.asarray([3.0])
    for var in (4, 4.0):
        assert nn.GaussianNLLLoss()(x, t, var).item() == pytest.approx(L2 + 0.5)
    assert nn.GaussianNLLLoss(eps=8.0)(x, t, 0.0).item() == pytest.approx((3 * L2 + 0.5) / 2)


# ----------------------------------------------------- connectionist temporal classification


def _by_all_alignments(logs: np.ndarray, labels: list[int], blank: int) -> float:
    """-log of the sum over every sequence of symbols that leaves the labels."""
    total = 0.0
    for path in itertools.product(range(logs.shape[1]), repeat=len(logs)):
        if [c for c, _ in itertools.groupby(path) if c != blank] == labels:
            total += math.exp(sum(logs[t, c] for t, c in enumerate(path)))
    return -math.log(total) if total else math.inf


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_ctc_is_the_sum_over_all_alignments(blank: int, dtype: str, backend: Any) -> None:
    rng = np.random.default_rng(blank)
    logs = rng.standard_normal((5, 6, 3)).astype(dtype)
    a, b = [c for c in range(3) if c != blank]
    rows = [[a, b], [a, a], [b], [], [a, b, a], [a, a, a]]
    steps = [5, 4, 3, 5, 3, 4]  # the last one has no alignment: a - a - a takes five
    width = max(map(len, rows))
    targets = np.array([row + [blank] * (width - len(row)) for row in rows])
    lengths = tuple(map(len, rows))
    wanted = [
        _by_all_alignments(logs[:n, i].astype("float64"), row, blank)
        for i, (n, row) in enumerate(zip(steps, rows, strict=True))
    ]
    for given in (targets, np.array([c for row in rows for c in row])):
        out = nn.CTCLoss(blank, "none")(
            bp.asarray(logs, device=backend.name), bp.asarray(given, device=backend.name),
            bp.asarray(np.array(steps), device=backend.name), lengths,
        )  # fmt: skip
        assert out.dtype == dtype
        np.testing.assert_allclose(out.numpy(), wanted, rtol=1e-12 if dtype == "float64" else 1e-5)


def test_ctc_by_hand(backend: Any) -> None:
    """Two steps, a blank and one symbol: the label 1 is 11, 1- or -1, together 1 - p(-) p'(-)."""
    p = np.array([[0.25, 0.75], [0.5, 0.5]])
    logs = bp.asarray(np.log(p)[:, None], device=backend.name, requires_grad=True)
    out = nn.CTCLoss()(logs, bp.asarray([[1]], device=backend.name), (2,), (1,))
    assert out.item() == pytest.approx(-math.log(7 / 8))
    out.backward()
    # The alignments have 3/8, 3/8 and 1/8; a step is a blank in one of the three.
    np.testing.assert_allclose(logs.grad.numpy()[:, 0], [[-1 / 7, -6 / 7], [-3 / 7, -4 / 7]])


def test_ctc_of_impossible_symbols(backend: Any) -> None:
    """Probabilities of 0: some alignments drop out, or all."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.array([[[0.5, 0.5, 0.0]], [[0.25, 0.75, 0.0]]]))
    there = bp.asarray(logs, device=backend.name, requires_grad=True)
    loss = nn.CTCLoss(reduction="sum")
    out = loss(there, bp.asarray([[1]], device=backend.name), (2,), (1,))
    assert out.item() == pytest.approx(-math.log(7 / 8))
    out.backward()
    assert np.isfinite(there.grad.numpy()).all()
    none = loss(there, bp.asarray([[2]], device=backend.name), (2,), (1,))
    assert none.item() == math.inf


def test_ctc_of_likelihoods_far_below_what_a_float_can_hold(backend: Any) -> None:
    """2000 steps of probability 1/1000 each: the likelihood itself would be 0."""
    logs = bp.full((2000, 1, 2), -math.log(1000), dtype="float64", device=backend.name)
    out = nn.CTCLoss(reduction="sum")(logs, bp.asarray([[1]], device=backend.name), (2000,), (1,))
    alignments = 2000 * 2001 / 2  # one run of 1s, from anywhere to anywhere
    wanted = 2000 * math.log(1000) - math.log(alignments)
    assert out.item() == pytest.approx(wanted, rel=1e-12)


def test_the_gradient_of_ctc_in_float32_for_many_steps(backend: Any) -> None:
    """Rounding errors add up to 0.4 in the logarithm, but a step's probabilities still add to 1."""
    logs = bp.full((1000, 1, 2), -math.log(1000), dtype="float32", device=backend.name)
    logs.requires_grad_()
    labels = bp.asarray([[1]], device=backend.name)
    nn.CTCLoss(reduction="sum")(logs, labels, (1000,), (1,)).backward()
    found = -logs.grad.numpy()[:, 0]
    np.testing.assert_allclose(found.sum(1), 1.0, rtol=1e-5)
    # Step t (from 1) is in t (1001 - t) of the 1000 1001 / 2 runs of labels.
    t = np.arange(1, 1001)
    np.testing.assert_allclose(found[:, 1], t * (1001 - t) / (1000 * 1001 / 2), rtol=0.01)


def test_ctc_gives_the_same_bits_again(backend: Any) -> None:
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((20, 3, 5)), rng.integers(1, 5, (3, 6))
    runs = []
    for _ in range(2):
        logs = bp.asarray(x, device=backend.name, requires_grad=True)
        nn.CTCLoss()(logs, bp.asarray(t, device=backend.name), (20,) * 3, (6,) * 3).backward()
        runs.append(logs.grad.numpy())
    np.testing.assert_array_equal(*runs)


def test_the_third_derivative_of_ctc() -> None:
    def loss(x: bp.Tensor) -> bp.Tensor:
        return nn.functional.ctc_loss(x, bp.asarray([1]), (3,), (1,), reduction="sum")

    x = bp.asarray(np.random.default_rng(0).standard_normal((3, 2)))
    assert bp.gradcheck(bp.grad(loss), [x], order=2)
