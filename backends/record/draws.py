"""What a recording draws from a random generator, and what a replay draws in its place."""

from __future__ import annotations

from typing import Any

from .errors import CaptureError, where


class Draws:
    """The random numbers a recording takes from one generator.

    Attributes:
        offset: where the generator stood when the recording, or now the replay, began.
        total: how far one replay moves it.
    """

    def __init__(self, generator: Any, new: bool = False) -> None:
        self.generator, self._start, self._new = generator, generator.get_state(), new
        self.offset: int = self._start["offset"]
        self.total = 0

    def moved(self) -> int:
        """How far the generator has come in the recording."""
        now = self.generator.get_state()
        if {**now, "offset": 0} != {**self._start, "offset": 0}:
            raise CaptureError(
                "the random generator was seeded anew inside the recorded function, which would "
                f"draw the same numbers at every replay{where()}; seed it outside"
            )
        return int(now["offset"] - self._start["offset"])

    def begin(self) -> None:
        """A replay begins."""
        self.offset = self._start["offset"] if self._new else self.generator.offset

    def end(self) -> None:
        """A replay has drawn its numbers."""
        self.generator.offset = self.offset + self.total
