"""A plan that is compiled when it has turned out to be worth it."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ...record.tape import Tape
from ..compiled import available
from .build import compiled, plan, prepared

PATIENCE = 2.0
"""Seconds of replaying after which loops are compiled in the background."""


class Tiers:
    """Replays by NumPy's functions first, and by compiled loops once there are any.

    Both give the same bits. `tape.compile` says when to compile: True at once, False never, None
    after PATIENCE.
    """

    def __init__(self, tape: Tape, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        self._given: Any = (tape, inputs, outputs)
        self._spent, self._compiling = 0.0, False
        self._finish: Callable[[], Any] | None = None
        if tape.compile:
            self.run: Any = compiled(*self._given)
        else:
            self._plain = plan(*self._given)
            self.run = None if tape.compile is None and available() else self._plain
        if self.run is not None:
            self._given = None  # the recording itself is not needed any more

    def __call__(self, arrays: Sequence[Any]) -> list[Any]:
        return self.run(arrays) if self.run is not None else self._timed(arrays)

    def _timed(self, arrays: Sequence[Any]) -> list[Any]:
        if self._finish is not None:
            try:
                self.run = self._finish()
            except Exception as error:
                self._stay(error)
            del self._finish, self._given, self._plain  # and the memory they planned
            return self.run(arrays)
        start = time.perf_counter()
        out = self._plain(arrays)
        self._spent += time.perf_counter() - start
        if self._spent > PATIENCE and not self._compiling:
            self._compiling = True
            threading.Thread(target=self._compile, name="backprop-compile", daemon=True).start()
        return out

    def _compile(self) -> None:
        try:
            self._finish = prepared(*self._given)
        except Exception as error:
            self._stay(error)

    def _stay(self, error: Exception) -> None:
        """Let the plan that runs go on running."""
        self.run = self._plain
        warnings.warn(f"capture: loops could not be compiled: {error!r}", stacklevel=1)
