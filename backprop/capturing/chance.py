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
        found["numpy.random"] = module.get_state(legacy=False)
    return found


def _drawn(name: str, before: Any, now: Any) -> bool:
    if name == "random":
        return bool(before != now)
    was, state = before["state"], now["state"]
    return was["pos"] != state["pos"] or was["key"].tobytes() != state["key"].tobytes()


def check(before: dict[str, Any]) -> None:
    """Raise if one of them has been drawn from since."""
    for name, now in states().items():
        if name in before and _drawn(name, before[name], now):
            raise CaptureError(
                f"the step drew random numbers from {name}, which would be the same at every replay"
                f"{where()}; draw by backprop.rand, randn or randint, or outside, and pass a Tensor"
            )


def put_back(before: dict[str, Any]) -> None:
    """Have them stand where they stood."""
    for name, state in before.items():
        module: Any = sys.modules[name]
        (module.setstate if name == "random" else module.set_state)(state)
