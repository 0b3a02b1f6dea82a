"""The lecture's network of three layers, worked by hand.

    x -> h1 = W1 x + b1 -> a1 = sigmoid(h1) -> h2 = W2 a1 + b2 -> a2 = sigmoid(h2)
      -> h3 = W3 a2 + b3
    E = 1/2 ||h3 - t||²

Weights are chosen so that the numbers can be followed with a pocket calculator:

    x  = (1, 2),  t = (1, 0)
    W1 = [[1, -1], [0, 1]]     b1 = (1, -2)
         h1 = (1 - 2 + 1, 0 + 2 - 2)                    = (0, 0)
         a1 = (sigmoid 0, sigmoid 0)                    = (1/2, 1/2)
    W2 = [[2, 4], [-2, 2]]     b2 = (-3, ln 3)
         h2 = (1 + 2 - 3, -1 + 1 + ln 3)                = (0, ln 3)
         a2 = (1/2, 3/4),  since 1 / (1 + 1/3) = 3/4
    W3 = [[2, 4], [1, -2]]     b3 = (-1, 0)
         h3 = (1 + 3 - 1, 1/2 - 3/2)                    = (3, -1)

    E     = 1/2 (2² + (-1)²)                            = 5/2

    eps_3 = dE/dh3 = h3 - t                             = (2, -1)
    W3' eps_3 = (2·2 + 1·(-1), 4·2 + (-2)·(-1))         = (3, 10)
    a2 (1 - a2) = (1/4, 3/16)
    eps_2 = (3/4, 30/16)                                = (3/4, 15/8)
    W2' eps_2 = (2·3/4 - 2·15/8, 4·3/4 + 2·15/8)        = (-9/4, 27/4)
    a1 (1 - a1) = (1/4, 1/4)
    eps_1                                               = (-9/16, 27/16)

    dE/dW3 = eps_3 a2' = [[1, 3/2], [-1/2, -3/4]]             dE/db3 = eps_3
    dE/dW2 = eps_2 a1' = [[3/8, 3/8], [15/16, 15/16]]         dE/db2 = eps_2
    dE/dW1 = eps_1 x'  = [[-9/16, -9/8], [27/16, 27/8]]       dE/db1 = eps_1
    dE/dx  = W1' eps_1 = (-9/16, 9/16 + 27/16)                = (-9/16, 9/4)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import backprop as bp
from backprop import rules
from backprop.autodiff import gradients

x, t = [1.0, 2.0], [1.0, 0.0]
W1, b1 = [[1.0, -1.0], [0.0, 1.0]], [1.0, -2.0]
W2, b2 = [[2.0, 4.0], [-2.0, 2.0]], [-3.0, math.log(3)]
W3, b3 = [[2.0, 4.0], [1.0, -2.0]], [-1.0, 0.0]

h1, a1 = [0.0, 0.0], [1 / 2, 1 / 2]
h2, a2 = [0.0, math.log(3)], [1 / 2, 3 / 4]
h3 = [3.0, -1.0]
eps_3, eps_2, eps_1 = [2.0, -1.0], [3 / 4, 15 / 8], [-9 / 16, 27 / 16]
dW3 = [[1.0, 3 / 2], [-1 / 2, -3 / 4]]
dW2 = [[3 / 8, 3 / 8], [15 / 16, 15 / 16]]
dW1 = [[-9 / 16, -9 / 8], [27 / 16, 27 / 8]]
dx = [-9 / 16, 9 / 4]


def close(got: bp.Tensor, expected: Any) -> None:
    np.testing.assert_allclose(got.detach().numpy(), expected, rtol=1e-12, atol=1e-12)


def _forward(make: Any, inputs: Any, target: Any) -> Any:
    """Rows of `inputs` are samples, so a layer is a Wᵀ + b."""
    p = {
        n: make(v)
        for n, v in zip(["W1", "b1", "W2", "b2", "W3", "b3"], (W1, b1, W2, b2, W3, b3), strict=True)
    }
    start = make(inputs)
    h = [None, *[None] * 3]
    a: list[Any] = [start, None, None]
    for layer in (1, 2, 3):
        h[layer] = a[layer - 1] @ p[f"W{layer}"].T + p[f"b{layer}"]
        if layer < 3:
            a[layer] = rules.sigmoid(h[layer])
    error = 0.5 * ((h[3] - make(target).detach()) ** 2).sum()
    return p, h, a, error


def test_forward_pass(make: Any) -> None:
    _, h, a, error = _forward(make, x, t)
    for got, expected in [
        (h[1], h1),
        (a[1], a1),
        (h[2], h2),
        (a[2], a2),
        (h[3], h3),
        (error, 5 / 2),
    ]:
        close(got, expected)


def test_errors_of_the_layers(make: Any) -> None:
    """eps_l = dE/dh_l, asked of the intermediate results themselves."""
    _, h, _, error = _forward(make, x, t)
    for got, expected in zip(gradients([error], h[1:]), (eps_1, eps_2, eps_3), strict=True):
        close(got, expected)


def test_gradients_of_the_parameters(make: Any) -> None:
    p, _, a, error = _forward(make, x, t)
    error.backward()
    for name, expected in [
        ("W1", dW1),
        ("b1", eps_1),
        ("W2", dW2),
        ("b2", eps_2),
        ("W3", dW3),
        ("b3", eps_3),
    ]:
        close(p[name].grad, expected)
    close(a[0].grad, dx)


def test_a_batch_sums_over_its_samples(make: Any) -> None:
    """The same sample three times: every parameter's gradient is three times as large, the error
    of each sample the same."""
    p, h, _, error = _forward(make, [x] * 3, [t] * 3)
    for got, expected in zip(
        gradients([error], h[1:], retain_graph=True), (eps_1, eps_2, eps_3), strict=True
    ):
        close(got, [expected] * 3)
    error.backward()
    close(error, 15 / 2)
    for name, expected in [
        ("W1", dW1),
        ("b1", eps_1),
        ("W2", dW2),
        ("b2", eps_2),
        ("W3", dW3),
        ("b3", eps_3),
    ]:
        close(p[name].grad, 3 * np.array(expected))


def test_one_step_against_the_gradient_lowers_the_error(make: Any) -> None:
    """E falls by eta ||dE||² to first order: the sum of squares of every number above."""
    p, _, _, error = _forward(make, x, t)
    error.backward()
    eta = 1e-6
    square = sum(float(np.sum(np.square(d))) for d in (dW1, dW2, dW3, eps_1, eps_2, eps_3))
    with bp.no_grad():
        for v in p.values():
            v.copy_(v - eta * v.grad)
        h = make(x).detach()
        for layer in (1, 2, 3):
            h = h @ p[f"W{layer}"].T + p[f"b{layer}"]
            h = rules.sigmoid(h) if layer < 3 else h
        after = 0.5 * ((h - make(t)) ** 2).sum()
    fall = 5 / 2 - float(after)
    assert abs(fall - eta * square) < 1e-4 * eta * square
