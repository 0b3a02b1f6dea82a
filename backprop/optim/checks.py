"""Checks of settings that optimizers share."""

from __future__ import annotations

import math
from typing import Any


def refuse(where: str, **flags: bool | None) -> None:
    """Raise if one of PyTorch's arguments for how a step is run is set: here there is one way."""
    for name, value in flags.items():
        if value:
            raise ValueError(
                f"{where}: {name}: got {value!r}, wanted None or False: here every step is one "
                "fused pass, changes the parameters in place and is not recorded"
            )


def number(value: Any) -> bool:
    """Whether it is a finite number (True and False are none)."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return real and math.isfinite(value)


def check_range(where: str, settings: dict[str, Any], *names: str, high: float = math.inf) -> None:
    """Raise unless each of these settings is a finite number from 0 to `high`."""
    for name in names:
        value = settings[name]
        if not number(value) or not 0.0 <= value <= high:
            text = "at least 0" + (f" and at most {high:g}" if high != math.inf else "")
            raise ValueError(f"{where}: {name}: got {value!r}, wanted a number of {text}")


def check_betas(where: str, settings: dict[str, Any]) -> None:
    """Raise unless `betas` is two numbers in [0, 1)."""
    betas = settings["betas"]
    pair = isinstance(betas, (tuple, list)) and len(betas) == 2
    if not pair or not all(number(b) and 0.0 <= b < 1.0 for b in betas):
        raise ValueError(
            f"{where}: betas: got {betas}, wanted two numbers of at least 0 and below 1"
        )
