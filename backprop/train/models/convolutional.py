"""Networks of convolutions, for images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import nn
from ..architecture import Architecture
from .images import Images

Activation = Callable[[], nn.Module]


def cnn(
    shape: tuple[int, ...], n_out: int, given: Architecture, activation: Activation,
    dropout: float, dtype: Any,
) -> nn.Sequential:  # fmt: skip
    """Blocks of a 3x3 convolution, batch norm, activation and 2x2 max pooling; then dense layers.

    An image whose side is 1 is not pooled further.
    """
    images = Images(shape)
    layers: list[nn.Module] = [images]
    channels, height, width = images.shape
    for size in given.sizes:
        layers += [
            nn.Conv2d(channels, size, 3, padding=1, bias=False, dtype=dtype),
            nn.BatchNorm2d(size, dtype=dtype), activation(),
        ]  # fmt: skip
        channels = size
        if min(height, width) > 1:
            layers.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
    layers.append(nn.Flatten())
    n_in = channels * height * width
    for size in given.dense:
        layers += [nn.Linear(n_in, size, dtype=dtype), activation()]
        if dropout:
            layers.append(nn.Dropout(dropout))
        n_in = size
    if dropout and not given.dense:
        layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers, nn.Linear(n_in, n_out, dtype=dtype))


def lenet(
    shape: tuple[int, ...], n_out: int, activation: Activation, dropout: float, dtype: Any
) -> nn.Sequential:
    """LeNet-5: two 5x5 convolutions with pooling, two hidden layers.

    Max pooling stands for the trainable averages of the original, and the last layer sees all
    maps.

    Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
    recognition" (1998), section II.
    """
    images = Images(shape)
    channels, height, width = images.shape
    if min(height, width) < 12:
        raise ValueError(
            f"model: 'lenet' needs images of at least 12x12, got {height}x{width}; for small ones "
            "use 'cnn:16,32'"
        )
    height, width = ((side // 2 - 4) // 2 for side in (height, width))
    hidden: list[nn.Module] = []
    for n_in, size in ((16 * height * width, 120), (120, 84)):
        hidden += [nn.Linear(n_in, size, dtype=dtype), activation()]
        if dropout:
            hidden.append(nn.Dropout(dropout))
    return nn.Sequential(
        images,
        nn.Conv2d(channels, 6, 5, padding=2, dtype=dtype), activation(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, dtype=dtype), activation(), nn.MaxPool2d(2),
        nn.Flatten(), *hidden, nn.Linear(84, n_out, dtype=dtype),
    )  # fmt: skip
