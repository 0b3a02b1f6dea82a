"""Residual networks, for images.

Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2016), section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import nn
from ...tensor import Tensor
from .images import Images

Activation = Callable[[], nn.Module]


class Block(nn.Module):
    """x + f(x), f two 3x3 convolutions with batch norm; where the shape changes, x goes through
    a 1x1 convolution."""

    def __init__(
        self, n_in: int, n_out: int, stride: int, activation: Activation, dtype: Any
    ) -> None:
        self.first = _convolution(n_in, n_out, 3, stride, dtype)
        self.first_norm = nn.BatchNorm2d(n_out, dtype=dtype)
        self.activation = activation()
        self.second = _convolution(n_out, n_out, 3, 1, dtype)
        self.second_norm = nn.BatchNorm2d(n_out, dtype=dtype)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or n_in != n_out:
            self.shortcut = nn.Sequential(
                _convolution(n_in, n_out, 1, stride, dtype), nn.BatchNorm2d(n_out, dtype=dtype)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.activation(self.first_norm(self.first(x)))
        return self.activation(self.second_norm(self.second(out)) + self.shortcut(x))


def resnet(
    shape: tuple[int, ...], n_out: int, layers: int, activation: Activation, dropout: float,
    dtype: Any,
) -> nn.Sequential:  # fmt: skip
    """A convolution, three groups of n = (layers - 2) / 6 blocks with 16, 32 and 64 channels, the
    second and third at half the resolution of the one before, the mean of each map, and a layer."""
    images = Images(shape)
    body: list[nn.Module] = [
        images, _convolution(images.channels, 16, 3, 1, dtype),
        nn.BatchNorm2d(16, dtype=dtype), activation(),
    ]  # fmt: skip
    n_in = 16
    for group, size in enumerate((16, 32, 64)):
        for number in range((layers - 2) // 6):
            stride = 2 if group and number == 0 else 1
            body.append(Block(n_in, size, stride, activation, dtype))
            n_in = size
    body += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    if dropout:
        body.append(nn.Dropout(dropout))
    return nn.Sequential(*body, nn.Linear(n_in, n_out, dtype=dtype))


def _convolution(n_in: int, n_out: int, size: int, stride: int, dtype: Any) -> nn.Conv2d:
    return nn.Conv2d(
        n_in, n_out, size, stride=stride, padding=size // 2, bias=False, dtype=dtype
    )  # fmt: skip
