"""The operations of matrix products, against sums done by hand."""

from __future__ import annotations

import backprop as bp
from backprop.measure.flops import step_flops

nn = bp.nn


def test_linear_layers() -> None:
    """Forward and by weights for both; by inputs for the second alone."""
    model = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3))
    assert step_flops(model, bp.zeros((4, 5))) == (2 * 4 * (2 * 5 * 7 + 3 * 7 * 3), [])


def test_an_input_that_learns_counts() -> None:
    x = bp.zeros((4, 5), requires_grad=True)
    assert step_flops(nn.Linear(5, 7), x)[0] == 3 * 2 * 4 * 5 * 7


def test_frozen_weights_have_no_gradient() -> None:
    model = nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 3))
    for p in model[1].parameters():
        p.requires_grad = False
    assert step_flops(model, bp.zeros((1, 5)))[0] == 2 * 2 * 5 * 7 + 2 * 2 * 7 * 3


def test_convolutions() -> None:
    """8 maps of 6x6 from 2 groups of 2 channels with 3x3; back to 4 channels of 12x12."""
    model = nn.Sequential(
        nn.Conv2d(4, 8, 3, padding=1, groups=2), nn.ConvTranspose2d(8, 4, 2, stride=2)
    )
    first = 2 * (8 * 6 * 6) * (2 * 3 * 3)
    second = 2 * (8 * 6 * 6) * (4 * 2 * 2)
    assert step_flops(model, bp.zeros((1, 4, 6, 6)))[0] == 2 * first + 3 * second


def test_an_lstm() -> None:
    """4 gates from 3 inputs and 5 states, at each of 2 x 7 steps; the states' part three times."""
    model = nn.LSTM(3, 5, batch_first=True)
    inputs, states = 2 * 14 * 20 * 3, 2 * 14 * 20 * 5
    assert step_flops(model, bp.zeros((2, 7, 3)))[0] == 2 * inputs + 3 * states


def test_attention() -> None:
    """Four projections of 6 to 6 at 2 x 5 places, and 5x5 scores made and used: 6 each, twice."""
    model = nn.TransformerEncoderLayer(6, 2, 8, 0.0, batch_first=True)
    x = bp.zeros((2, 5, 6), requires_grad=True)
    attention = 4 * 2 * 10 * 36 + 4 * 2 * 5 * 5 * 6
    dense = 2 * 10 * (6 * 8 + 8 * 6)
    # The layer's output projection is part of the attention's own count.
    assert step_flops(model, x) == (3 * (attention + dense), [])


def test_what_is_not_known_is_named() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            self.weight = nn.Parameter(bp.ones((3, 3)))

        def forward(self, x: bp.Tensor) -> bp.Tensor:
            return x @ self.weight

    model = nn.Sequential(Own(), nn.Linear(3, 2))
    found, unknown = step_flops(model, bp.zeros((1, 3)))
    assert unknown == ["Own"]
    assert found == 3 * 2 * 3 * 2


def test_the_model_is_left_as_it_was() -> None:
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    before = model[0].running_mean.tolist()
    step_flops(model, bp.ones((2, 3)))
    assert model.training
    assert model[0].running_mean.tolist() == before
    assert all(p.grad is None for p in model.parameters())
