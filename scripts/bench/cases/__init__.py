"""What is timed: a table of cases, a module a kind."""

from __future__ import annotations

from fnmatch import fnmatch

from ..case import Case
from . import cnn, epoch, imports, lenet, lstm, micro, mlp, resnet, sweeps, transformer

CASES: tuple[Case, ...] = (
    *mlp.CASES,
    *lenet.CASES,
    *cnn.CASES,
    *resnet.CASES,
    *lstm.CASES,
    *transformer.CASES,
    *sweeps.CASES,
    *micro.CASES,
    *epoch.CASES,
    *imports.CASES,
)
GROUPS = tuple(dict.fromkeys(c.group for c in CASES))


def find(name: str) -> Case:
    """The case of that name."""
    return next(c for c in CASES if c.name == name)


def choose(run: str, patterns: list[str] | None) -> list[Case]:
    """The cases of a run ("quick", "normal" or "full"), or those that match the patterns.

    A pattern is a group, which chooses those of its cases that the run has (all, if it has
    none), or else a case's name, a part of one, or has wildcards; each must match something.
    """
    runs = ("quick", "normal", "full")
    usual = [c for c in CASES if runs.index(c.when) <= runs.index(run)]
    chosen: list[Case] = [] if patterns else usual
    for pattern in patterns or ():
        if pattern in GROUPS:
            group = [c for c in CASES if c.group == pattern]
            found = [c for c in group if c in usual] or group
        else:
            found = [c for c in CASES if c.name == pattern]
            found = found or [c for c in CASES if pattern in c.name or fnmatch(c.name, pattern)]
        if not found:
            names = "\n  ".join(c.name for c in CASES)
            raise ValueError(
                f"--cases: no case matches {pattern!r}; there are the groups "
                f"{', '.join(GROUPS)} and the cases\n  {names}"
            )
        chosen += found
    return [c for c in CASES if c in chosen]
