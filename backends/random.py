"""One random generator for every device.

A counter-based generator computes the n-th number from the seed and n alone, so the stream is
the same whichever library draws it, in whatever portions: the same seed gives the same network
on a CPU and on a GPU, and a run can be resumed from two integers.
"""

from __future__ import annotations

import math
from typing import Any

from .dispatch import dtype_name, kernels
from .protocol import Backend
from .record.tape import current
from .registry import get

_MASK = 2**64 - 1


def _mix(word: int) -> int:
    """SplitMix64's finaliser: keys from neighbouring numbers that have nothing in common."""
    word &= _MASK
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    word = (word ^ word >> 27) * 0x94D049BB133111EB & _MASK
    return word ^ word >> 31


class Generator:
    """Random arrays from a seed, by Philox4x64-10; the stream does not depend on the device.

    Args:
        seed: any integer.
        backend: where to draw when a call names no backend (default: the CPU).

    >>> Generator(0).words(2).tolist() == Generator(0).words(2).tolist()
    True
    """

    def __init__(self, seed: int = 0, backend: Backend | str = "cpu") -> None:
        self.backend = get(backend)
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of `seed` from its beginning."""
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise TypeError(f"seed: got {seed!r}, wanted an integer")
        if (tape := current()) is not None:
            tape.seeded(self, new=not hasattr(self, "seed"))
        self.seed, self._key, self.offset = seed, (seed & _MASK, (seed >> 64) & _MASK), 0
        return self

    def get_state(self) -> dict[str, int]:
        """The seed, which of its streams this is, and how many blocks of it are used up."""
        return {"seed": self.seed, "stream": self._key[1], "offset": self.offset}

    def set_state(self, state: dict[str, int]) -> None:
        """Continue where `get_state` was taken."""
        if (tape := current()) is not None:
            tape.returned(self, state)
        if state["seed"] != self.seed:
            self.manual_seed(state["seed"])
        self._key = (self._key[0], state["stream"])
        self.offset = state["offset"]

    def spawn(self, stream: int) -> Generator:
        """An independent generator: the same seed, another key."""
        child = Generator(self.seed, self.backend)
        child._key = (self._key[0], _mix(self._key[1] + (stream + 1) * 0x9E3779B97F4A7C15))
        return child

    def words(self, count: int, backend: Backend | None = None) -> Any:
        """`count` random 64-bit words."""
        backend = backend or self.backend
        blocks = -(-count // 4)
        with backend.on_device():
            like = backend.xp.zeros(0, dtype=backend.xp.uint64, device=backend.device)
            words = self._draw(like, blocks)
        self.offset += blocks
        return words[:count]

    def _draw(self, like: Any, blocks: int) -> Any:
        tape = current()
        if tape is None:
            return kernels.philox(like, self._key, self.offset, blocks)
        draws = tape.drawn(self)
        at = draws.moved()
        return kernels.philox(  # at a replay the generator will stand elsewhere
            tape.lift(like), blocks=blocks,
            live=lambda: {"key": self._key, "start": draws.offset + at},
        )  # fmt: skip

    def halves(self, count: int, backend: Backend | None = None) -> Any:
        """`count` random 32-bit words."""
        backend = backend or self.backend
        with backend.on_device():
            return kernels.split_words(self.words(-(-count // 2), backend))[:count]

    def uniform(self, shape: Any, dtype: Any = "float32", backend: Backend | None = None) -> Any:
        """Numbers spread evenly over [0, 1): 24 random bits for float32, 53 for float64."""
        backend = backend or self.backend
        xp, shape = backend.xp, (shape,) if isinstance(shape, int) else tuple(shape)
        name, count = dtype if isinstance(dtype, str) else dtype_name(dtype), math.prod(shape)
        with backend.on_device():
            if name == "float64":
                u = xp.astype(self.words(count, backend) >> 11, xp.float64) * 2.0**-53
            elif name == "float32":
                u = xp.astype(self.halves(count, backend) >> 8, xp.float32) * 2.0**-24
            else:
                raise TypeError(f"dtype: got {name}, wanted float32 or float64")
            return xp.reshape(u, shape)

    def normal(self, shape: Any, dtype: Any = "float32", backend: Backend | None = None) -> Any:
        """Standard normal numbers (Box and Muller 1958), computed in float64 and then rounded.

        Logarithm and cosine differ between libraries in the last bit of float64; rounding to
        float32 hides that but in rare ties.
        """
        backend = backend or self.backend
        xp, shape = backend.xp, (shape,) if isinstance(shape, int) else tuple(shape)
        name, count = dtype if isinstance(dtype, str) else dtype_name(dtype), math.prod(shape)
        with backend.on_device():
            u = self.uniform((2, count), "float64", backend)
            z = xp.sqrt(xp.log1p(-u[0, :]) * -2.0) * xp.cos(u[1, :] * (2.0 * math.pi))
            return xp.reshape(xp.astype(z, getattr(xp, name)), shape)

    def permutation(self, n: int, backend: Backend | None = None) -> Any:
        """0, 1, ..., n - 1 in random order (the order of n random words)."""
        backend = backend or self.backend
        with backend.on_device():
            return backend.xp.argsort(self.words(n, backend), stable=True)

    def integers(self, low: int, high: int, shape: Any, backend: Backend | None = None) -> Any:
        """Whole numbers from low to high - 1."""
        if not low < high:
            raise ValueError(f"high: got {high}, wanted more than low = {low}")
        backend = backend or self.backend
        xp = backend.xp
        with backend.on_device():
            u = self.uniform(shape, "float64", backend)
            return xp.astype(xp.floor(u * (high - low)), xp.int64) + low

    def dropout_mask(self, shape: Any, keep: float, dtype: Any, backend: Backend) -> Any:
        """1 / keep with probability keep, else 0."""
        bits = self.halves(math.prod(shape), backend)
        threshold = min(round(keep * 2**32), 2**32 - 1)
        with backend.on_device():
            mask = kernels.dropout_mask(bits, threshold, 1.0 / keep, dtype)
            return backend.xp.reshape(mask, tuple(shape))
