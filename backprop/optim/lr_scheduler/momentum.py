"""Momentum that moves against the rate: what the cyclic schedules share.

A momentum is a group's setting "momentum", or the first of its "betas".
"""

from __future__ import annotations

from typing import Any

from ..optimizer import Optimizer


def has_momentum(schedule: str, optimizer: Optimizer) -> None:
    """Raise unless the optimizer has a momentum that can be set."""
    if not {"momentum", "betas"} & set(optimizer.defaults):
        raise ValueError(
            f"{schedule}: cycle_momentum: {type(optimizer).__name__} has no momentum and no betas; "
            "pass cycle_momentum=False"
        )


def set_momentum(group: dict[str, Any], value: float) -> None:
    """Set a group's momentum."""
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value
