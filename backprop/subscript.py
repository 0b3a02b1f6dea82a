"""Reading and setting parts of a Tensor: `x[index]`."""

from __future__ import annotations

from typing import Any

import numpy as np

import backends

from . import rules
from .graph import Box
from .methods import Methods

Tensor = Any  # what these return; tensor.py makes it of this class


class Subscript(Methods):
    """`x[1:]`, `x[mask]`, `x[rows]`."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Tensor:
        if isinstance(index, (Box, np.ndarray, list)):
            index = self._bare(index)
            if "int" in str(index.dtype):
                rows = rules.take(self, Box.make(_flat(index), None), axis=0)
                shape = tuple(index.shape)
                return rows if len(shape) == 1 else rows.reshape(*shape, *self.data.shape[1:])
        return rules.getitem(self, index=self._bare(index))

    def _bare(self, index: Any) -> Any:
        """The index with bare arrays of this tensor's library, on its device."""
        if isinstance(index, tuple):
            return tuple(self._bare(i) for i in index)
        if isinstance(index, Box):
            return index.data
        if isinstance(index, (np.ndarray, list)):
            return backends.of(self.data).from_host(np.asarray(index))
        return index


def _flat(index: Any) -> Any:
    return backends.namespace(index).reshape(index, (-1,))
