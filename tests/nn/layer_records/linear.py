"""Linear maps."""

from __future__ import annotations

from .record import Record

RECORDS = [
    Record("Linear", (5, 3), inputs=((4, 5),)),
    Record("Linear", (5, 3), {"bias": False}, inputs=((2, 4, 5),)),
    Record("Linear", (1, 1), inputs=((0, 1),)),
    Record("functional.linear", inputs=((4, 5), (3, 5), (3,))),
    Record("stack", make=lambda nn: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
           inputs=((5, 3),)),
]  # fmt: skip
