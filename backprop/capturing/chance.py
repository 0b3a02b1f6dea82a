"""Random numbers from elsewhere: a recording would keep them."""

from __future__ import annotations

import sys
from typing import Any

from backends.record import CaptureError, where


def states() -> dict[str, Any]:
    """Where the global generators of Python and NumPy stand, as far as they are in use."""
    found: dict[str, Any] = {}
    if (module := sys.modules.get("random")) is not None:
        found["random"] = module.getstate()
    if (module := sys.modules.get("numpy.random")) is not None:
        state = module.get_state(legacy=False)["state"]
        found["numpy.random"] = (state["key"].tobytes(), state["pos"])
    return found


def check(before: dict[str, Any]) -> None:
    """Raise if one of them has been drawn from since."""
    for name, now in states().items():
        if name in before and before[name] != now:
            raise CaptureError(
                f"the step drew from {name}, and a replay would have the same numbers every time"
                f"{where()}; draw by backprop.rand, randn or randint, or outside, and pass a Tensor"
            )
