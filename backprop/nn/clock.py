"""A clock that ticks whenever a module is changed: while it stands still, all are as they were."""

from __future__ import annotations


class Clock:
    """How often an attribute or a hook of any module was set or taken away."""

    __slots__ = ("ticks",)

    def __init__(self) -> None:
        self.ticks = 0


clock = Clock()
