"""Instance normalisation: each channel of each sample brought to mean 0 and variance 1."""

from __future__ import annotations

import warnings
from typing import Any

from ...tensor import Tensor
from .. import functional as F
from .batch_norm import NormBase

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _InstanceNorm(NormBase):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        self.check(input)
        single = input.ndim == self.ndims[0]
        channels = input.shape[0 if single else 1]
        if channels != self.num_features:
            message = (
                f"{type(self).__name__}: input: got {channels} channels in shape {input.shape}, "
                f"wanted num_features = {self.num_features}"
            )
            if self.affine or self.track_running_stats:
                raise ValueError(message)
            warnings.warn(message + " (which makes no difference without affine)", stacklevel=3)
        out = F.instance_norm(
            input.unsqueeze(0) if single else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return out.squeeze(0) if single else out


class InstanceNorm1d(_InstanceNorm):
    """Instance norm of (C, L) or (N, C, L); see `InstanceNorm2d`."""

    ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """y = (x - mean) / sqrt(var + eps) weight + bias, for each channel of each sample.

    Mean and (biased) variance are taken over the positions of one channel of one sample, in
    training and in use. With `track_running_stats`, running ones are kept in training, by the
    samples' mean statistics, and take their place in use.

    Args:
        num_features: the channels C.
        eps: what keeps the root away from 0.
        momentum: how fast running statistics move.
        affine: whether there are a weight and a bias.
        track_running_stats: whether there are running statistics.
        bias: whether there is a bias beside the weight.

    Shape: (N, C, H, W) or (C, H, W) -> the same; parameters and buffers as `BatchNorm2d`.

    >>> import backprop as bp
    >>> bp.nn.InstanceNorm2d(3)(bp.ones((2, 3, 4, 4))).shape
    (2, 3, 4, 4)

    Source: Ulyanov, Vedaldi, Lempitsky, "Instance normalization: the missing ingredient for fast
    stylization" (2016).
    """

    ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance norm of (C, D, H, W) or (N, C, D, H, W); see `InstanceNorm2d`."""

    ndims = (4, 5)
