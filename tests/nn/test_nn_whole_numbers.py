"""NumPy's integers, which shapes and arg-results are often made of, serve wherever Python's do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp

nn, F = bp.nn, bp.nn.functional


def _kept(layer: Any) -> list[Any]:
    """What a layer keeps as whole numbers."""
    return [v for v in vars(layer).values() if isinstance(v, (int, np.integer))]


LAYERS = {
    "LSTM": lambda n: nn.LSTM(n(3), n(4), n(2), proj_size=n(2)),
    "GRU": lambda n: nn.GRU(n(3), n(4)),
    "RNNCell": lambda n: nn.RNNCell(n(3), n(4)),
    "Embedding": lambda n: nn.Embedding(n(5), n(3), padding_idx=n(1)),
    "PReLU": lambda n: nn.PReLU(n(2)),
    "CTCLoss": lambda n: nn.CTCLoss(n(1)),
    "Sequential": lambda n: nn.Sequential(nn.ReLU()) * n(2),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("number", [np.int64, np.uint8, lambda n: np.array(n)])
def test_layers(name: str, number: Any) -> None:
    layer, wanted = LAYERS[name](number), LAYERS[name](int)
    assert repr(layer) == repr(wanted)
    assert all(isinstance(n, int) for n in _kept(layer))
    shapes = {k: v.shape for k, v in wanted.state_dict().items()}
    assert {k: v.shape for k, v in layer.state_dict().items()} == shapes


def _ctc(n: Any) -> bp.Tensor:
    logs = bp.log(bp.asarray([[[0.2, 0.3, 0.5]], [[0.1, 0.6, 0.3]]]))
    return F.ctc_loss(logs, bp.asarray([[0]]), (n(2),), (n(1),), blank=n(1))


def _dirac(n: Any) -> bp.Tensor:
    return nn.init.dirac_(bp.zeros((4, 2, 3)), n(2))


FUNCTIONS = {
    "embedding": lambda n: F.embedding(bp.asarray([0, 1]), bp.eye(2), n(1)),
    "one_hot": lambda n: F.one_hot(bp.asarray([0, 1]), n(3)),
    "cross_entropy": lambda n: F.cross_entropy(bp.eye(3), bp.asarray([0, 1, 1]), ignore_index=n(0)),
    "nll_loss": lambda n: F.nll_loss(bp.eye(3), bp.asarray([0, 1, 2]), ignore_index=n(1)),
    "ctc_loss": _ctc,
    "pack_padded_sequence": lambda n: (
        nn.utils.rnn.pack_padded_sequence(bp.ones((3, 2)), [n(3), n(1)]).data
    ),
    "dirac_": _dirac,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    assert FUNCTIONS[name](np.int64).tolist() == FUNCTIONS[name](int).tolist()


BAD = [
    (lambda n: nn.LSTM(n, 4), ValueError, "LSTM: input_size: got"),
    (lambda n: nn.LSTM(3, 4, proj_size=n), ValueError, "LSTM: proj_size: got"),
    (lambda n: nn.GRUCell(3, n), ValueError, "GRUCell: hidden_size: got"),
    (lambda n: nn.Embedding(n, 3), ValueError, "Embedding: num_embeddings: got"),
    (lambda n: nn.Embedding(3, 3, n), ValueError, "Embedding: padding_idx: got"),
    (lambda n: nn.PReLU(n), ValueError, "PReLU: num_parameters: got"),
    (lambda n: nn.CTCLoss(n), ValueError, "CTCLoss: blank: got"),
    (lambda n: F.one_hot(bp.asarray([0]), n), ValueError, "one_hot: num_classes: got"),
    (lambda n: nn.init.dirac_(bp.zeros((4, 2, 3)), n), ValueError, "groups: got"),
    (
        lambda n: F.cross_entropy(bp.eye(3), bp.asarray([0, 1, 1]), ignore_index=n),
        TypeError, "cross_entropy: ignore_index: got",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[m for *_, m in BAD])
@pytest.mark.parametrize("number", [True, np.True_, 2.0, np.float64(2), "2"], ids=repr)
def test_what_is_no_whole_number(call: Any, error: Any, message: str, number: Any) -> None:
    with pytest.raises(error, match=message):
        call(number)
