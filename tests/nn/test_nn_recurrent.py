"""Recurrent layers: by hand, by each other, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import nn

KINDS = ["RNN", "LSTM", "GRU"]


def _tensor(values: Any, device: str, **more: Any) -> bp.Tensor:
    return bp.asarray(np.asarray(values, "float64"), device=device, **more)


def _filled(layer: nn.Module, **values: Any) -> nn.Module:
    """The layer with these parameters, and zeros for the others."""
    for name, parameter in layer.named_parameters():
        given = np.asarray(values.get(name, np.zeros(parameter.shape)), "float64")
        parameter.copy_(bp.asarray(given.reshape(parameter.shape), device=parameter.device))
    return layer


def _double(kind: str, *args: Any, device: str = "cpu", **kwargs: Any) -> Any:
    return getattr(nn, kind)(*args, **kwargs, device=device, dtype="float64")


# ------------------------------------------------------------------------------ by hand


def test_rnn_by_hand(backend: Any) -> None:
    """h = relu(x + h/2) over x = 1, 2, -3: 1, 2 + 1/2, relu(-3 + 5/4) = 0.

    Of the sum of all h, with d the gradient before relu: d_3 = 0, d_2 = 1, d_1 = 1 + d_2/2 = 3/2.
    So W_ih gets d_1·1 + d_2·2 + d_3·(-3) = 7/2, W_hh gets d_1·0 + d_2·1 + d_3·5/2 = 1, each bias
    d_1 + d_2 + d_3 = 5/2.
    """
    layer = _double("RNN", 1, 1, nonlinearity="relu", device=backend.name)
    _filled(layer, weight_ih_l0=[1.0], weight_hh_l0=[0.5])
    x = _tensor([[[1]], [[2]], [[-3]]], backend.name, requires_grad=True)
    output, h_n = layer(x)
    assert output.tolist() == [[[1.0]], [[2.5]], [[0.0]]]
    assert h_n.tolist() == [[[0.0]]]
    output.sum().backward()
    assert x.grad.tolist() == [[[1.5]], [[1.0]], [[0.0]]]
    slopes = {k: p.grad.tolist() for k, p in layer.named_parameters()}
    assert slopes == {
        "weight_ih_l0": [[3.5]], "weight_hh_l0": [[1.0]], "bias_ih_l0": [2.5], "bias_hh_l0": [2.5],
    }  # fmt: skip


def test_lstm_by_hand(backend: Any) -> None:
    """All gates half open, and 1/2 = tanh(b) offered each time: from c = 1, c_1 = 1/2 + 1/4 = 3/4
    and c_2 = 3/8 + 1/4 = 5/8, each shown as h = tanh(c) / 2."""
    layer = _double("LSTM", 1, 1, device=backend.name)
    _filled(layer, bias_ih_l0=[0, 0, math.atanh(0.5), 0])
    start = _tensor([[[0]]], backend.name), _tensor([[[1]]], backend.name)
    output, (h_n, c_n) = layer(_tensor([[[7]], [[8]]], backend.name), start)
    expected = [math.tanh(0.75) / 2, math.tanh(0.625) / 2]
    np.testing.assert_allclose(output.detach().numpy().ravel(), expected, rtol=1e-14)
    assert h_n.shape == c_n.shape == (1, 1, 1)
    np.testing.assert_allclose(float(h_n), expected[1], rtol=1e-14)
    np.testing.assert_allclose(float(c_n), 0.625, rtol=1e-14)


def test_each_gate_of_the_lstm_does_its_own(backend: Any) -> None:
    """Wide open or shut by a bias of ±800: written (i), kept (f), shown (o)."""
    x = _tensor([[[0]]], backend.name)
    start = _tensor([[[0]]], backend.name), _tensor([[[1]]], backend.name)
    for i, f, o in np.ndindex(2, 2, 2):
        layer = _double("LSTM", 1, 1, device=backend.name)
        gates = [1600 * i - 800, 1600 * f - 800, math.atanh(0.5), 1600 * o - 800]
        _, (h_n, c_n) = _filled(layer, bias_hh_l0=gates)(x, start)
        np.testing.assert_allclose(float(c_n), f + i / 2, rtol=1e-14)
        np.testing.assert_allclose(float(h_n), o * math.tanh(f + i / 2), rtol=1e-14)


def test_gru_by_hand(backend: Any) -> None:
    """r = z = 1/2 and n = tanh(r b) = 1/2 with b = 2 atanh(1/2): from h = 1, h_1 = 1/4 + 1/2 = 3/4,
    h_2 = 1/4 + 3/8 = 5/8. The bias of the input's side is not under r: with b there, n = 4/5."""
    start, x = _tensor([[[1]]], backend.name), _tensor([[[7]], [[8]]], backend.name)
    bias = [0, 0, 2 * math.atanh(0.5)]
    inner = _filled(_double("GRU", 1, 1, device=backend.name), bias_hh_l0=bias)
    output, _ = inner(x, start)
    np.testing.assert_allclose(output.detach().numpy().ravel(), [0.75, 0.625], rtol=1e-14)
    outer = _filled(_double("GRU", 1, 1, device=backend.name), bias_ih_l0=bias)
    output, _ = outer(x, start)
    np.testing.assert_allclose(output.detach().numpy().ravel(), [0.9, 0.85], rtol=1e-14)


# ------------------------------------------------------------------------ by each other


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_its_cell_step_after_step(kind: str) -> None:
    rng = np.random.default_rng(0)
    layer, cell = _double(kind, 3, 2), _double(f"{kind}Cell", 3, 2)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    x = bp.asarray(rng.normal(size=(5, 4, 3)))
    output, _ = layer(x)
    state = None
    for t in range(5):
        state = cell(x[t], state)
        h = state[0] if kind == "LSTM" else state
        np.testing.assert_allclose(output[t].detach().numpy(), h.detach().numpy(), rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_two_directions_are_two_layers(kind: str) -> None:
    both = _double(kind, 3, 2, bidirectional=True)
    state = both.state_dict()
    ends = {k.removesuffix("_reverse"): v for k, v in state.items() if k.endswith("_reverse")}
    one, other = _double(kind, 3, 2), _double(kind, 3, 2)
    one.load_state_dict({k: v for k, v in state.items() if not k.endswith("_reverse")})
    other.load_state_dict(ends)
    x = bp.asarray(np.random.default_rng(1).normal(size=(4, 2, 3)))
    out, last = both(x)
    forwards, backwards = one(x)[0], bp.flip(other(bp.flip(x, axis=0))[0], axis=0)
    wanted = bp.concat([forwards, backwards], axis=2).detach().numpy()
    np.testing.assert_array_equal(out.detach().numpy(), wanted)
    h_n = (last[0] if kind == "LSTM" else last).detach().numpy()
    np.testing.assert_array_equal(h_n[0], wanted[-1, :, :2])  # each where it ended
    np.testing.assert_array_equal(h_n[1], wanted[0, :, 2:])


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_in_two_pieces(kind: str) -> None:
    layer = _double(kind, 3, 2, num_layers=2)
    x = bp.asarray(np.random.default_rng(2).normal(size=(6, 2, 3)))
    whole, _ = layer(x)
    first, state = layer(x[:4])
    second, _ = layer(x[4:], state)
    pieces = bp.concat([first, second], axis=0)
    np.testing.assert_allclose(pieces.detach().numpy(), whole.detach().numpy(), rtol=1e-13)


def test_dropout_between_layers_while_training() -> None:
    """With p = 1 the second layer sees zeros; the first one's states, and its last, are whole."""
    bp.manual_seed(0)
    layer = _double("GRU", 3, 2, num_layers=2, dropout=1.0)
    below, above = _double("GRU", 3, 2), _double("GRU", 2, 2)
    state = layer.state_dict()
    below.load_state_dict({k: v for k, v in state.items() if k.endswith("_l0")})
    above.load_state_dict({k[:-1] + "0": v for k, v in state.items() if k.endswith("_l1")})
    x = bp.asarray(np.random.default_rng(3).normal(size=(4, 5, 3)))
    out, h_n = layer(x)
    states, last = below(x)
    np.testing.assert_array_equal(h_n[0].detach().numpy(), last[0].detach().numpy())
    np.testing.assert_array_equal(out.detach().numpy(), above(states * 0)[0].detach().numpy())
    layer.eval()
    np.testing.assert_array_equal(layer(x)[0].detach().numpy(), above(states)[0].detach().numpy())


def test_dropout_comes_from_the_seed() -> None:
    layer = _double("LSTM", 3, 8, num_layers=2, dropout=0.5)
    x = bp.asarray(np.random.default_rng(4).normal(size=(4, 5, 3)))
    runs = []
    for seed in (0, 0, 1):
        bp.manual_seed(seed)
        runs.append(layer(x)[0].detach().numpy())
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_only_what_is_asked_for_gets_a_gradient() -> None:
    """The last cell alone, of a layer whose input and states are constants."""
    layer = _double("LSTM", 3, 2)
    x = bp.asarray(np.random.default_rng(5).normal(size=(3, 2, 3)))
    _, (_, c_n) = layer(x)
    c_n.sum().backward()
    rows = np.split(layer.weight_ih_l0.grad.numpy(), 4)
    assert all((part != 0).any() for part in rows[:3])
    # The last step's o does not reach the cell, those before do by the state.
    layer.zero_grad()
    _, (_, c_n) = layer(x[:1])
    c_n.sum().backward()
    assert not np.split(layer.weight_ih_l0.grad.numpy(), 4)[3].any()
    assert not layer.weight_hh_l0.grad.numpy().any()  # h_0 is 0


def test_it_learns_to_remember() -> None:
    """The first of six numbers is what counts: only the state can carry it to the end."""
    bp.manual_seed(0)
    rng = np.random.default_rng(6)
    x = rng.choice([-1.0, 1.0], (6, 64, 1)).astype("float32")
    wanted = bp.asarray(x[0])
    layer, head = nn.GRU(1, 8), nn.Linear(8, 1)
    optimizer = bp.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.03)
    for _ in range(100):
        loss = ((head(layer(bp.asarray(x))[1][0]) - wanted) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss) < 0.05


# ------------------------------------------------------------------------------ the class


def test_parameters_start_within_their_bound() -> None:
    for kind in KINDS:
        layer = getattr(nn, kind)(3, 16)
        for _, p in layer.named_parameters():
            values = p.detach().numpy()
            assert np.abs(values).max() <= 0.25
            assert values.std() > 0.1  # 1/4 / sqrt 3 = 0.144


def test_repr_and_weights() -> None:
    assert repr(nn.RNN(3, 4)) == "RNN(3, 4)"
    layer = nn.LSTM(3, 4, 2, bias=False, batch_first=True, dropout=0.5, bidirectional=True,
                    proj_size=2)  # fmt: skip
    assert repr(layer) == (
        "LSTM(3, 4, proj_size=2, num_layers=2, bias=False, batch_first=True, dropout=0.5, "
        "bidirectional=True)"
    )
    assert [len(part) for part in layer.all_weights] == [3] * 4
    assert layer.all_weights[1][2] is layer.weight_hr_l0_reverse
    layer.flatten_parameters()
    assert repr(nn.RNNCell(3, 4, bias=False, nonlinearity="relu")) == (
        "RNNCell(3, 4, bias=False, nonlinearity=relu)"
    )
    assert repr(nn.GRUCell(3, 4)) == "GRUCell(3, 4)"


# ------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: nn.RNN(0, 4), ValueError, "RNN: input_size: got 0, wanted a whole number"),
        (lambda: nn.GRU(3, 2.0), ValueError, "GRU: hidden_size: got 2.0"),
        (lambda: nn.LSTM(3, 4, 0), ValueError, "LSTM: num_layers: got 0"),
        (lambda: nn.LSTM(3, 4, dropout=1.5), ValueError, "LSTM: dropout: got 1.5, wanted a prob"),
        (lambda: nn.GRU(3, 4, dropout=-0.1), ValueError, "GRU: dropout: got -0.1"),
        (lambda: nn.RNN(3, 4, nonlinearity="selu"), ValueError, "nonlinearity: got 'selu', wanted"),
        (lambda: nn.RNNCell(3, 4, nonlinearity="x"), ValueError, "RNNCell: nonlinearity: got 'x'"),
        (lambda: nn.RNN(3, 4, bias=1), TypeError, "RNN: bias: got 1, wanted True or False"),
        (lambda: nn.GRU(3, 4, batch_first=0), TypeError, "GRU: batch_first: got 0"),
        (lambda: nn.LSTM(3, 4, proj_size=4), ValueError, "proj_size: got 4, wanted 0 for none"),
        (lambda: nn.RNNBase("GRU", 3, 4, proj_size=2), ValueError, "only an LSTM has one"),
        (lambda: nn.RNNBase("RNN", 3, 4), ValueError, "mode: got 'RNN', wanted one of LSTM"),
        (lambda: nn.LSTMCell(3, -1), ValueError, "LSTMCell: hidden_size: got -1"),
        (lambda: nn.GRUCell(3, 4, "no"), TypeError, "GRUCell: bias: got 'no'"),
    ],
)  # fmt: skip
def test_arguments_that_are_refused(make: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        make()


X = np.zeros((5, 2, 3), "float32")


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: nn.RNN(3, 4)(X), TypeError, "RNN: input is a ndarray, wanted a Tensor"),
        (lambda: nn.RNN(3, 4)(bp.zeros(3)), ValueError, r"RNN: input: got shape \(3,\), wanted"),
        (lambda: nn.GRU(3, 4)(bp.zeros((0, 2, 3))), ValueError, "got a sequence of length 0"),
        (lambda: nn.LSTM(3, 4, proj_size=2)(bp.zeros((0, 2, 3))), ValueError, "of length 0"),
        (lambda: nn.LSTM(4, 4)(bp.asarray(X)), ValueError, "wanted 4 features in its last axis"),
        (lambda: nn.GRU(3, 4)(bp.asarray(X).astype("float64")), TypeError,
         "input is float64 and the weights float32"),
        (lambda: nn.GRU(3, 4)(bp.asarray(X), bp.zeros((1, 4))), ValueError,
         r"GRU: h_0: got \(1, 4\), wanted \(1, 2, 4\): \(layers x directions, batch, features\)"),
        (lambda: nn.RNN(3, 4)(bp.zeros((5, 3)), bp.zeros((2, 4))), ValueError,
         r"h_0: got \(2, 4\), wanted \(1, 4\): \(layers x directions, features\)"),
        (lambda: nn.LSTM(3, 4)(bp.asarray(X), bp.zeros((1, 2, 4))), TypeError,
         r"LSTM: hx is a Tensor, wanted the tuple \(h_0, c_0\)"),
        (lambda: nn.LSTM(3, 4)(bp.asarray(X), (bp.zeros((1, 2, 4)), bp.zeros((1, 2, 5)))),
         ValueError, r"c_0: got \(1, 2, 5\), wanted \(1, 2, 4\)"),
        (lambda: nn.LSTM(3, 4, proj_size=2)(bp.asarray(X), (bp.zeros((1, 2, 4)),) * 2),
         ValueError, r"h_0: got \(1, 2, 4\), wanted \(1, 2, 2\)"),
        (lambda: nn.RNN(3, 4)(bp.asarray(X), bp.zeros((1, 2, 4), dtype="float64")), TypeError,
         "h0 is float64 and the weights float32"),
        (lambda: nn.RNNCell(3, 4)(bp.asarray(X)), ValueError, "RNNCell: input: got"),
        (lambda: nn.GRUCell(3, 4)(bp.zeros((2, 4))), ValueError, "wanted 3 features"),
        (lambda: nn.GRUCell(3, 4)(bp.zeros((2, 3)), bp.zeros((3, 4))), ValueError,
         r"GRUCell: h_0: got \(3, 4\), wanted a Tensor of shape \(2, 4\)"),
        (lambda: nn.LSTMCell(3, 4)(bp.zeros(3), bp.zeros(4)), TypeError, "LSTMCell: hx is a Tens"),
        (lambda: nn.functional.gru_cell(bp.zeros(3), *[bp.zeros((1, 1))] * 3), ValueError,
         "gru_cell: input: got shape"),
        (lambda: nn.functional.rnn_layer(*[bp.zeros((1, 1, 1))] + [bp.zeros((1, 1))] * 3,
                                         nonlinearity="no"), ValueError, "nonlinearity: got 'no'"),
        (lambda: nn.functional.lstm_layer(bp.zeros((1, 1, 1)), *[bp.zeros((1, 1))] * 4), ValueError,
         "weight_hh: got shape"),
    ],
)  # fmt: skip
def test_calls_that_are_refused(call: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        call()


def test_dropout_with_one_layer_warns() -> None:
    with pytest.warns(UserWarning, match="LSTM: dropout=0.5 acts between layers"):
        nn.LSTM(3, 4, dropout=0.5)
