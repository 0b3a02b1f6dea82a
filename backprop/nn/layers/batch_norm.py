"""Batch normalisation: each channel brought to mean 0 and variance 1 over the batch."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ...xp import ones, zeros
from .. import functional as F
from .. import init
from ..functional._checks import whole
from ..functional.normalization import floating
from ..module import Module, Parameter, factory

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]


class NormBase(Module):
    """The parameters and buffers of batch and instance norm; subclasses say which inputs fit."""

    ndims: tuple[int, ...] = ()
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Any  # Buffers, or None
    running_var: Any
    num_batches_tracked: Any

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        where, kw = type(self).__name__, factory(dtype, device)
        self.num_features = whole(where, "num_features", num_features)
        self.eps, self.momentum = eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        size = (num_features,)
        self.register_parameter("weight", Parameter(ones(size, **kw)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(size, **kw)) if affine and bias else None)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(size, **kw) if tracked else None)
        self.register_buffer("running_var", ones(size, **kw) if tracked else None)
        count = zeros((), dtype="int64", device=kw["device"]) if tracked else None
        self.register_buffer("num_batches_tracked", count)

    def reset_running_stats(self) -> None:
        """Forget the running statistics: mean 0, variance 1, no batches."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """weight 1, bias 0, and no running statistics."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def check(self, input: Any) -> None:
        """Raise unless the input is a Tensor with as many axes as this layer takes."""
        where = type(self).__name__
        if floating(where, input).ndim not in self.ndims:
            wanted = " or ".join(str(n) for n in self.ndims)
            raise ValueError(f"{where}: input: got shape {input.shape}, wanted {wanted} axes")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(NormBase):
    def forward(self, input: Tensor) -> Tensor:
        self.check(input)
        if (self.affine or self.track_running_stats) and input.shape[1] != self.num_features:
            raise ValueError(
                f"{type(self).__name__}: input: got {input.shape[1]} channels in shape "
                f"{input.shape}, wanted num_features = {self.num_features}"
            )
        momentum: Any = 0.0 if self.momentum is None else self.momentum
        mean, var = self.running_mean, self.running_var
        if not self.training:
            training = mean is None and var is None
        else:
            training = True
            if not self.track_running_stats:
                mean = var = None
            elif self.num_batches_tracked is not None:
                self.num_batches_tracked.copy_(self.num_batches_tracked + 1)
                if self.momentum is None:  # a Tensor: to read it would make a GPU wait
                    momentum = 1.0 / self.num_batches_tracked.astype(input.dtype)
        return F.batch_norm(input, mean, var, self.weight, self.bias, training, momentum, self.eps)


class BatchNorm1d(_BatchNorm):
    """Batch norm of (N, C) or (N, C, L); see `BatchNorm2d`.

    >>> import backprop as bp
    >>> bp.nn.BatchNorm1d(2)(bp.asarray([[0.0, 1.0], [2.0, 5.0]])).round()
    tensor([[-1., -1.],
            [ 1.,  1.]])
    """

    ndims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """y = (x - mean) / sqrt(var + eps) weight + bias, for each channel.

    In training, mean and (biased) variance are those of the channel over the batch and all
    positions, and the running statistics are moved towards them:

        running <- (1 - momentum) running + momentum batch

    with the unbiased variance. In use, the running statistics take their place.

    Args:
        num_features: the channels C.
        eps: what keeps the root away from 0.
        momentum: how fast running statistics move; None for the mean over all batches so far.
        affine: whether there are a weight and a bias.
        track_running_stats: if not, the batch's statistics serve in use as well.
        bias: whether there is a bias beside the weight.

    Shape: (N, C, H, W) -> the same. `weight`, `bias`, `running_mean` and `running_var` are (C,);
    `num_batches_tracked` is a whole number.

    Raises:
        ValueError: a training batch has one value a channel, whose variance is 0.

    >>> import backprop as bp
    >>> layer = bp.nn.BatchNorm2d(3)
    >>> layer(bp.ones((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    >>> layer.running_mean
    tensor([0.1, 0.1, 0.1])

    Source: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by
    reducing internal covariate shift" (2015).
    """

    ndims = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch norm of (N, C, D, H, W); see `BatchNorm2d`."""

    ndims = (5,)
