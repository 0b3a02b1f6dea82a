"""Embedding: a learned vector for each of finitely many things."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor, asarray
from ...xp import empty
from .. import functional as F
from .. import init
from ..functional._checks import whole
from ..functional.embedding import padding, refuse_sparse
from ..module import Module, Parameter, factory

__all__ = ["Embedding"]


class Embedding(Module):
    """weight[n] for each number n: a table of vectors.

    Args:
        num_embeddings: how many vectors.
        embedding_dim: how long each is.
        padding_idx: the number of a row that starts as 0 and is not learned.
        max_norm: rows that are looked up are first brought to at most this norm, in place.
        norm_type: the p of that norm.
        scale_grad_by_freq: divide a row's gradient by how often its number is in the input.
        sparse: must be False: gradients are dense arrays here.

    Shape: integers (...) -> (..., embedding_dim). `weight` is (num_embeddings, embedding_dim) and
    starts as standard normal numbers.

    Raises:
        IndexError: a number outside 0 .. num_embeddings - 1. On a GPU, where looking would make
            the host wait, such a number is not found out.

    >>> import backprop as bp
    >>> words = bp.nn.Embedding(10, 3, padding_idx=0)
    >>> words(bp.asarray([[1, 2, 0]])).shape
    (1, 3, 3)
    >>> words(bp.asarray([0])).tolist()
    [[0.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        num_embeddings = whole("Embedding", "num_embeddings", num_embeddings)
        embedding_dim = whole("Embedding", "embedding_dim", embedding_dim)
        refuse_sparse("Embedding", sparse)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding("Embedding", padding_idx, num_embeddings)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        shape = (num_embeddings, embedding_dim)
        if _weight is None:
            weight = empty(shape, **factory(dtype, device))
        else:
            weight = asarray(_weight)
            if weight.shape != shape:
                raise ValueError(f"Embedding: _weight: got shape {weight.shape}, wanted {shape}")
        self.weight = Parameter(weight, requires_grad=not _freeze)
        if _weight is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            init.zeros_(self.weight.detach()[self.padding_idx])

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An Embedding with this table (num_embeddings, embedding_dim), not to be learned unless
        `freeze` is False.

        >>> import backprop as bp
        >>> table = bp.asarray([[1.0, 2.0], [3.0, 4.0]])
        >>> bp.nn.Embedding.from_pretrained(table)(bp.asarray([1])).tolist()
        [[3.0, 4.0]]
        """
        if embeddings.ndim != 2:
            raise ValueError(
                f"Embedding: embeddings: got shape {embeddings.shape}, wanted a matrix "
                "(num_embeddings, embedding_dim)"
            )
        rows, columns = embeddings.shape
        return cls(
            rows, columns, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
            _weight=embeddings, _freeze=freeze,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.sparse,
        )  # fmt: skip

    def extra_repr(self) -> str:
        usual = {
            "padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False,
        }  # fmt: skip
        more = [f", {k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v]
        return f"{self.num_embeddings}, {self.embedding_dim}{''.join(more)}"
