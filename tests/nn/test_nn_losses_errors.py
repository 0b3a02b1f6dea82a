"""What losses refuse, and how they say it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

nn, F = bp.nn, bp.nn.functional


def _x(*shape: int) -> bp.Tensor:
    return bp.zeros(shape) + 0.5


def _t(*values: Any) -> bp.Tensor:
    return bp.asarray(np.array(values))


PAIRS = [
    nn.SmoothL1Loss(), nn.KLDivLoss(), nn.PoissonNLLLoss(), nn.HingeEmbeddingLoss(),
    nn.SoftMarginLoss(), nn.MultiLabelSoftMarginLoss(),
]  # fmt: skip


@pytest.mark.parametrize("loss", PAIRS, ids=str)
@pytest.mark.parametrize(("x", "target"), [((4, 1), (4,)), ((4, 3), (1, 3)), ((1,), ())])
def test_shapes_that_would_broadcast(loss: Any, x: Any, target: Any) -> None:
    with pytest.raises(ValueError, match="they are not broadcast"):
        loss(bp.ones(x), bp.ones(target))


@pytest.mark.parametrize("loss", PAIRS, ids=str)
def test_what_is_no_tensor_of_floats(loss: Any) -> None:
    with pytest.raises(TypeError, match="input is a ndarray, wanted a Tensor"):
        loss(np.ones(3), bp.ones(3))
    with pytest.raises(TypeError, match="input has dtype int64, wanted real floating-point"):
        loss(_t(1, 1), bp.ones(2))
    with pytest.raises(TypeError, match="target has dtype complex64, wanted real numbers"):
        loss(bp.ones(2), bp.ones(2, dtype="complex64"))


EVERY = [name for name in nn.__dict__ if name.endswith("Loss") and name not in ("Loss", "_Loss")]


def test_every_loss_is_asked() -> None:
    assert len(EVERY) == 22


@pytest.mark.parametrize("name", sorted(EVERY))
def test_reductions(name: str) -> None:
    make = getattr(nn, name)
    with pytest.raises(ValueError, match="reduction: got 'avg', wanted 'mean'"):
        make(reduction="avg")
    for reduction in ("mean", "sum", "none"):
        assert make(reduction=reduction).reduction == reduction


@pytest.mark.parametrize("name", sorted(EVERY))
@pytest.mark.parametrize("given", ["size_average", "reduce"])
def test_arguments_that_pytorch_gave_up(name: str, given: str) -> None:
    make = getattr(nn, name)
    code = make.__init__.__code__
    if given not in code.co_varnames[: code.co_argcount]:
        pytest.skip("it has none in PyTorch either")
    with pytest.raises(ValueError, match=f"{given}: got True, but PyTorch gave it up for reduc"):
        make(**{given: True})
    assert make(**{given: None}).reduction == "mean"


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"HalfSquaredErrorLoss"}))
def test_arguments_and_their_order_are_pytorchs(name: str, torch: Any) -> None:
    import inspect

    ours = inspect.signature(getattr(nn, name).__init__).parameters
    theirs = inspect.signature(getattr(torch.nn, name).__init__).parameters
    kinds = [[(p.name, p.kind, p.default) for p in s.values()] for s in (ours, theirs)]
    assert kinds[0] == kinds[1]


def test_functions_and_their_order_are_pytorchs(torch: Any) -> None:
    import inspect

    names = [n for n in F.__dict__ if n.endswith("_loss") or "cross_entropy" in n or n == "kl_div"]
    assert len(names) == 21
    for name in names:
        ours = inspect.signature(getattr(F, name)).parameters
        theirs = inspect.signature(getattr(torch.nn.functional, name)).parameters
        kinds = [[(p.name, p.kind, p.default) for p in s.values()] for s in (ours, theirs)]
        assert kinds[0] == kinds[1], name


BAD: list[tuple[str, Any, Any]] = [
    ("beta: got -1", ValueError, lambda: nn.SmoothL1Loss(beta=-1.0)),
    ("beta: got 'a', wanted a number", ValueError, lambda: nn.SmoothL1Loss(beta="a")),
    ("HuberLoss: delta: got 0", ValueError, lambda: nn.HuberLoss(delta=0)),
    (r"mse_loss: weight has shape \(3,\), wanted the input's, \(2, 3\)", ValueError,
     lambda: F.mse_loss(_x(2, 3), _x(2, 3), weight=_x(3))),
    ("kl_div: target has values below 0", ValueError, lambda: nn.KLDivLoss()(_x(1), _t(-0.1))),
    ("reduction: got 'batch', wanted 'mean', 'batchmean', 'sum' or 'none'", ValueError,
     lambda: nn.KLDivLoss(reduction="batch")),
    ("reduction: got 'batchmean'", ValueError, lambda: nn.MSELoss(reduction="batchmean")),
    ("eps: got -1", ValueError, lambda: nn.PoissonNLLLoss(eps=-1)),
    ("poisson_nll_loss: input has values below 0", ValueError,
     lambda: nn.PoissonNLLLoss(log_input=False)(_t(-1.0), _t(1.0))),
    ("eps: got 0", ValueError, lambda: nn.GaussianNLLLoss(eps=0)),
    ("var has values below 0", ValueError,
     lambda: nn.GaussianNLLLoss()(_x(2), _x(2), _t(1.0, -1.0))),
    ("var: got -1", ValueError, lambda: nn.GaussianNLLLoss()(_x(2), _x(2), -1.0)),
    ("var: got 'x', wanted a number", ValueError,
     lambda: nn.GaussianNLLLoss()(_x(2), _x(2), "x")),
    (r"var has shape \(3,\) and input \(2, 3\)", ValueError,
     lambda: nn.GaussianNLLLoss()(_x(2, 3), _x(2, 3), _x(3))),
    (r"var has shape \(1, 1\) and input \(2, 3\)", ValueError,
     lambda: nn.GaussianNLLLoss()(_x(2, 3), _x(2, 3), _x(1, 1))),
    ("hinge_embedding_loss: target has values other than 1 and -1; for targets 0 and 1 take 2 t",
     ValueError, lambda: nn.HingeEmbeddingLoss()(_x(2), _t(0, 1))),
    ("margin: got nan", ValueError, lambda: nn.HingeEmbeddingLoss(margin=math.nan)),
    ("MultiMarginLoss: p: got 3, wanted 1 or 2", ValueError, lambda: nn.MultiMarginLoss(p=3)),
    (r"MultiMarginLoss: weight has shape \(1, 3\)", ValueError,
     lambda: nn.MultiMarginLoss(weight=_x(1, 3))),
    (r"multi_margin_loss: weight has shape \(2,\), wanted one a class, \(3,\)", ValueError,
     lambda: nn.MultiMarginLoss(weight=_x(2))(_x(1, 3), _t(0))),
    ("multi_margin_loss: target holds class 3, wanted 0 to 2", ValueError,
     lambda: nn.MultiMarginLoss()(_x(2, 3), _t(0, 3))),
    ("multi_margin_loss: target has dtype float64", TypeError,
     lambda: nn.MultiMarginLoss()(_x(2, 3), _t(0.0, 1.0))),
    (r"input has shape \(2, 3, 4\) and target \(2,\)", ValueError,
     lambda: nn.MultiMarginLoss()(_x(2, 3, 4), _t(0, 1))),
    (r"multilabel_margin_loss: input has shape \(2, 3\) and target \(2,\)", ValueError,
     lambda: nn.MultiLabelMarginLoss()(_x(2, 3), _t(0, 1))),
    ("multilabel_margin_loss: target holds class 3, wanted -1 to 2", ValueError,
     lambda: nn.MultiLabelMarginLoss()(_x(3), _t(0, -1, 3))),
    ("multilabel_margin_loss: target holds class -2, wanted -1 to 2", ValueError,
     lambda: nn.MultiLabelMarginLoss()(_x(3), _t(0, -2, 1))),
    (r"multilabel_soft_margin_loss: input has shape \(\)", ValueError,
     lambda: nn.MultiLabelSoftMarginLoss()(bp.asarray(0.5), bp.asarray(1.0))),
    (r"input1 has shape \(2,\), input2 \(1,\) and target \(2,\)", ValueError,
     lambda: nn.MarginRankingLoss()(_x(2), _x(1), _t(1, -1))),
    ("cosine_embedding_loss: target has values other than 1 and -1", ValueError,
     lambda: nn.CosineEmbeddingLoss()(_x(2, 3), _x(2, 3), _t(0, 1))),
    (r"cosine_embedding_loss: input1 has shape \(2, 3\)", ValueError,
     lambda: nn.CosineEmbeddingLoss()(_x(2, 3), _x(2, 3), _t(1, 1, 1))),
    ("TripletMarginLoss: margin: got 0, wanted a positive number", ValueError,
     lambda: nn.TripletMarginLoss(margin=0)),
    ("margin: got -1", ValueError, lambda: nn.TripletMarginWithDistanceLoss(margin=-1.0)),
    ("distance_function: got 'cos', wanted a function of two", TypeError,
     lambda: nn.TripletMarginWithDistanceLoss(distance_function="cos")),
    (r"anchor has shape \(2, 3\), positive \(3,\)", ValueError,
     lambda: nn.TripletMarginLoss()(_x(2, 3), _x(3), _x(2, 3))),
    (r"anchor has shape \(2, 3\), positive \(2, 4\)", ValueError,
     lambda: nn.TripletMarginLoss()(_x(2, 3), _x(2, 4), _x(2, 3))),
    ("ignore_index: got 1.5, wanted a whole number", TypeError,
     lambda: nn.CrossEntropyLoss(ignore_index=1.5)(_x(2, 3), _t(0, 1))),
    ("cross_entropy: input has dtype int64", TypeError,
     lambda: nn.CrossEntropyLoss()(_t([1, 2]), _t(0))),
    ("cross_entropy: target holds class -1, wanted 0 to 2", ValueError,
     lambda: nn.CrossEntropyLoss()(_x(3, 3), _t(-100, -1, 1))),
    ("nll_loss: target holds class 5, wanted 0 to 2", ValueError,
     lambda: nn.NLLLoss()(_x(3, 3), _t(-100, 5, 1))),
]  # fmt: skip


@pytest.mark.parametrize(("message", "error", "call"), BAD)
def test_bad_arguments(message: str, error: Any, call: Any) -> None:
    with pytest.raises(error, match=message):
        call()


def _ctc(shape: Any = (4, 2, 3), targets: Any = ((1, 2), (1, 1)), steps: Any = (4, 4),
         lengths: Any = (2, 1), **kwargs: Any) -> bp.Tensor:  # fmt: skip
    return F.ctc_loss(bp.zeros(shape), bp.asarray(np.array(targets)), steps, lengths, **kwargs)


BAD_CTC: list[tuple[str, Any, dict[str, Any]]] = [
    ("blank: got 3, wanted a class, 0 to 2", ValueError, {"blank": 3}),
    ("blank: got -1", ValueError, {"blank": -1}),
    ("input_lengths holds 5, wanted 0 to 4, the steps of log_probs", ValueError, {"steps": (5, 4)}),
    ("input_lengths holds -1, wanted 0 to 4", ValueError, {"steps": (4, -1)}),
    ("target_lengths holds 3, wanted 0 to 2, the labels of a row", ValueError, {"lengths": (3, 1)}),
    (r"input_lengths has shape \(1,\), wanted \(2,\)", ValueError, {"steps": (4,)}),
    ("target_lengths: got 2, wanted a Tensor of integers, or a tuple", TypeError, {"lengths": 2}),
    ("input_lengths: got \\(4.0, 4\\)", TypeError, {"steps": (4.0, 4)}),
    ("input_lengths has dtype float64", TypeError, {"steps": bp.asarray(np.array([4.0, 4.0]))}),
    ("targets holds label 3, wanted 0 to 2", ValueError, {"targets": ((1, 3), (1, 1))}),
    ("targets holds label -1", ValueError, {"targets": ((1, -1), (1, 1))}),
    ("targets holds the blank, 0; leave it out", ValueError, {"targets": ((1, 0), (1, 1))}),
    ("targets holds the blank, 2", ValueError, {"blank": 2}),
    (r"targets has shape \(1, 2\), wanted \(2, S\)", ValueError, {"targets": ((1, 2),)}),
    ("targets holds 4 labels, wanted 3: the sum", ValueError, {"targets": (1, 2, 1, 1)}),
    ("targets has dtype float64, wanted integer", TypeError, {"targets": ((1.0, 2.0), (1.0, 1.0))}),
    (r"log_probs has shape \(4,\)", ValueError, {"shape": (4,)}),
    (r"log_probs has shape \(4, 0, 3\)", ValueError, {"shape": (4, 0, 3)}),
    (r"targets has shape \(2, 2\), wanted \(S,\)", ValueError, {"shape": (4, 3), "steps": (4,)}),
    ("targets holds 3 labels, wanted as many", ValueError,
     {"shape": (4, 3), "targets": (1, 2, 1), "steps": (4,), "lengths": (2,)}),
    ("reduction: got 'batchmean'", ValueError, {"reduction": "batchmean"}),
]  # fmt: skip


@pytest.mark.parametrize(("message", "error", "given"), BAD_CTC)
def test_bad_arguments_of_ctc(message: str, error: Any, given: Any) -> None:
    if given.get("lengths") is None and given.get("shape") == (4, 3):
        given = {**given, "lengths": (2,)}
    with pytest.raises(error, match=message):
        _ctc(**given)


def test_what_pads_a_row_of_targets_does_not_matter() -> None:
    wanted = _ctc(reduction="none").tolist()
    for padding in (0, -1, 99):
        assert _ctc(targets=((1, 2), (1, padding)), reduction="none").tolist() == wanted


# ------------------------------------------------------------------- applied twice

TWICE = [
    (nn.CrossEntropyLoss(), nn.Softmax(dim=1), "cross_entropy: input was made by softmax, wanted"),
    (nn.BCEWithLogitsLoss(), nn.Sigmoid(), "with_logits: input was made by sigmoid, wanted logits"),
    (nn.MultiLabelSoftMarginLoss(), nn.Sigmoid(), "loss: input was made by sigmoid, wanted logits"),
]


@pytest.mark.parametrize(("loss", "layer", "message"), TWICE)
def test_a_function_that_the_loss_applies_itself(loss: Any, layer: Any, message: str) -> None:
    x = bp.zeros((2, 3), requires_grad=True)
    target = bp.zeros((2, 3)) if "Cross" not in type(loss).__name__ else _t(0, 1)
    with pytest.raises(ValueError, match=message):
        loss(layer(x), target)
    loss(layer(x) * 5.0, target)  # of something else made of it
    with bp.no_grad():  # nothing is recorded: nothing can be seen
        loss(layer(x), target)


def test_log_softmax_may_come_before_cross_entropy() -> None:
    """softmax(log_softmax(x)) = softmax(x)."""
    x, target = bp.asarray([[0.0, 1.0, 3.0]], requires_grad=True), _t(1)
    once = nn.CrossEntropyLoss()(x, target).item()
    assert nn.CrossEntropyLoss()(nn.LogSoftmax(dim=1)(x), target).item() == pytest.approx(once)


@pytest.mark.parametrize(("loss", "layer", "message"), TWICE)
def test_a_trainer_sees_it_before_it_starts(loss: Any, layer: Any, message: str) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), layer))
    optimizer = bp.optim.SGD(model.parameters(), lr=0.1)
    name = type(layer).__name__
    with pytest.raises(ValueError, match=rf"itself, but the model ends in {name} \(layer 1.1\)"):
        bp.Trainer(model, loss, optimizer, device="cpu")
    bp.Trainer(model, nn.MSELoss(), optimizer, device="cpu")
