"""Activations in which the input passes a gate that it sets itself."""

from __future__ import annotations

from ....tensor import Tensor
from ... import functional as F
from ...module import Module

__all__ = ["GELU", "GLU", "Mish", "SiLU"]


class GELU(Module):
    """x Φ(x), Φ the normal distribution function. Source: Hendrycks and Gimpel (2016).

    Args:
        approximate: "none", or "tanh" for x/2 (1 + tanh(sqrt(2/π) (x + 0.044715 x³))).
    """

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: approximate: got {approximate!r}, wanted 'none' or 'tanh'")
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """x σ(x), also called swish. Source: Elfwing, Uchibe, Doya (2017)."""

    def __init__(self, inplace: bool = False) -> None: ...

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input)


class Mish(Module):
    """x tanh(log(1 + e^x)). Source: Misra, "Mish" (2019)."""

    def __init__(self, inplace: bool = False) -> None: ...

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input)


class GLU(Module):
    """a σ(b), a and b the halves of the input along the axis `dim`.

    Shape: (..., 2 N, ...) -> (..., N, ...).

    Source: Dauphin et al., "Language modeling with gated convolutional networks" (2017).

    >>> import backprop as bp
    >>> bp.nn.GLU()(bp.asarray([[4.0, 6.0, 0.0, 0.0]])).tolist()
    [[2.0, 3.0]]
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
