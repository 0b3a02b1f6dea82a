"""Statistics of the rounds."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import geometric_mean, median, quantiles
from typing import Any

from .case import TRAINING
from .contenders import BASELINE

Result = dict[str, Any]
Rounds = list[float]
GROUPS = ("mlp", "networks")
"""The groups that have geometric means of their own, beside the one over all training cases."""


def summarise(times: dict[str, list[float]], prepare: dict[str, float] | None = None) -> Result:
    """Of each contender: the median of its rounds, and of the rounds' ratios to the baseline,
    both with their quartiles. A ratio is taken within a round, so that slow drift cancels."""
    base = times.get(BASELINE)
    found: Result = {}
    for name, rounds in times.items():
        result = found[name] = {
            "median_us": median(rounds), "quartiles_us": quartiles(rounds), "rounds_us": rounds,
            "ratio": None, "ratio_quartiles": None,
        }  # fmt: skip
        if base:
            result["ratio"], result["ratio_quartiles"] = ratio(rounds, base)
        if prepare and name in prepare:
            result["prepare_s"] = prepare[name]
    return found


def ratio(rounds: list[float], base: list[float]) -> tuple[float, list[float]]:
    """The median of the ratios within each round, and their quartiles."""
    ratios = [a / b for a, b in zip(rounds, base, strict=True)]
    return median(ratios), quartiles(ratios)


def quartiles(values: list[float]) -> list[float]:
    """The first and the third."""
    if len(values) < 2:
        return values * 2
    low, _, high = quantiles(values, n=4, method="inclusive")
    return [low, high]


def geometric_means(cases: dict[str, Result]) -> dict[str, Result]:
    """Of each contender, by group and over all: the geometric mean of its ratios to the baseline
    over the training cases it ran, and how many these are. Only means over the same cases
    compare."""
    return against(cases, BASELINE, inverse=True)


def against(cases: dict[str, Result], of: str, inverse: bool = False) -> dict[str, Result]:
    """The time of one contender to that of each other (or inverse), by group and over all: the
    geometric mean over the training cases both ran, the least, the largest, and how many."""
    found: dict[str, dict[str, list[float]]] = {}
    for group, name, own, rounds in _pairs(cases, of):
        value, _ = ratio(rounds, own) if inverse else ratio(own, rounds)
        by_group = found.setdefault(name, {})
        for key in ("all", *([group] if group in GROUPS else [])):
            by_group.setdefault(key, []).append(value)
    return {name: {key: _mean(v) for key, v in groups.items()} for name, groups in found.items()}


def _pairs(cases: dict[str, Result], of: str) -> Iterator[tuple[str, str, Rounds, Rounds]]:
    for case in cases.values():
        own = case["contenders"].get(of, {}).get("rounds_us")
        if case["kind"] not in TRAINING or not own:
            continue
        for name, result in case["contenders"].items():
            if result.get("rounds_us"):
                yield case["group"], name, own, result["rounds_us"]


def _mean(values: list[float]) -> Result:
    return {
        "ratio": geometric_mean(values), "least": min(values), "largest": max(values),
        "cases": len(values),
    }  # fmt: skip


def overhead(case: Result) -> tuple[float, list[float]] | None:
    """What recording an operation costs: backprop's time to the array library's for the same."""
    rounds = [case["contenders"].get(n, {}).get("rounds_us") for n in ("backprop", "floor")]
    if case["kind"] not in ("multiply", "exp") or not all(rounds):
        return None
    return ratio(*rounds)
