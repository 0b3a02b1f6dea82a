"""What follows from the figures: speed-ups, break-even points, a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from .break_even import break_even
from .plan import base

Row = dict[str, Any]


def conclude(report: dict[str, Any]) -> dict[str, Any]:
    """The report with speed-ups, shares of the peak, break-even points and a verdict."""
    peaks = {(p["device"], p["dtype"]): p["gflops"] for p in report["peaks"]}
    rows = [r for r in report["rows"] if r["ms"] is not None]
    times = {(*_place(r, r["dtype"]), r["device"], r["mode"]): r["ms"] for r in rows}
    for r in rows:
        peak = peaks.get((r["device"], r["dtype"]))
        r["peak_share"] = r["gflops"] / peak if peak else None
        key = (*_place(r, base(r["dtype"])), report["reference"], r["mode"])
        r["speedup"] = times[key] / r["ms"] if key in times else None
    report["dtypes"] = list(dict.fromkeys(r["dtype"] for r in rows))
    report["best"] = _best(rows, report["reference"])
    report["break_even"] = list(_break_even(report))
    report["break_even_words"] = _shortly(report["break_even"])
    report["notes"] += _unrest(rows)
    report["verdict"] = verdict(report)
    return report


def _place(row: Row, dtype: str) -> tuple[Any, ...]:
    return row["model"], row["width"], row["batch"], dtype


def _best(rows: Sequence[Row], reference: str) -> list[Row]:
    """The faster mode of each device, and its speed-up over the reference's faster one."""
    found: dict[tuple[Any, ...], Row] = {}
    for r in rows:
        key = (*_place(r, r["dtype"]), r["device"])
        if key not in found or r["ms"] < found[key]["ms"]:
            found[key] = r
    out = []
    for r in found.values():
        against = found.get((*_place(r, base(r["dtype"])), reference))
        names = ("model", "width", "batch", "dtype", "device", "mode", "ms")
        row = {k: r[k] for k in names}
        out.append(row | {"speedup": None if against is None else against["ms"] / r["ms"]})
    return out


def _break_even(report: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Along batches for each width, and along widths for each batch, for each other device."""
    others = [r for r in report["best"] if (r["device"], r["dtype"]) != _reference(report, r)]
    for device, dtype in dict.fromkeys((r["device"], r["dtype"]) for r in others):
        mine = [r for r in others if (r["device"], r["dtype"]) == (device, dtype)]
        for along, fixed in (("batch", "width"), ("width", "batch")):
            for value in dict.fromkeys(r[fixed] for r in mine):
                line = sorted(
                    (r for r in mine if r[fixed] == value and r[along] is not None),
                    key=lambda r: r[along],
                )
                found = break_even([r[along] for r in line], [r["speedup"] for r in line])
                if found is None:
                    continue
                words = found.words(_named(report, device, dtype), along)
                if value is not None:
                    words += f", at a {fixed} of {value}"
                yield {
                    "device": device, "dtype": dtype, "along": along, "fixed": fixed,
                    "value": value, "words": words, **asdict(found),
                }  # fmt: skip


def _shortly(lines: Sequence[dict[str, Any]]) -> list[str]:
    """The words, with one line for all where all are "always" or "never"."""
    out: list[str] = []
    for line in lines:
        names = ("device", "dtype", "along")
        alike = [b for b in lines if all(b[k] == line[k] for k in names)]
        words = line["words"]
        kinds = {(b["kind"], b["low"], b["high"]) for b in alike}
        if len(alike) > 1 and len(kinds) == 1 and line["kind"] in ("always", "never"):
            words = f"{words.rpartition(', at ')[0]}, at every {line['fixed']} measured"
        if words not in out:
            out.append(words)
    return out


_CALM = 1.5
"""The third quartile over the first, of times on a machine that does nothing else."""


def _unrest(rows: Sequence[Row]) -> list[str]:
    """A note where most times vary much."""
    spreads = [r["ms_quartiles"][1] / r["ms_quartiles"][0] for r in rows]
    typical = median(spreads) if spreads else 1.0
    if typical <= _CALM:
        return []
    return [
        f"the times vary much (a third quartile is typically {_two(typical)} times the first): "
        "something else keeps this machine busy, so take the figures with care"
    ]


def _named(report: dict[str, Any], device: str, dtype: str) -> str:
    return f"{device} in {dtype}" if _many(report) else device


def _many(report: dict[str, Any]) -> bool:
    return len(report["dtypes"]) > 1


def _reference(report: dict[str, Any], row: Row) -> tuple[str, str]:
    return report["reference"], base(row["dtype"])


def verdict(report: dict[str, Any]) -> str:
    """The whole in one sentence."""
    reference = report["reference"]
    parts = []
    for device, dtype in dict.fromkeys((r["device"], r["dtype"]) for r in report["best"]):
        if device == reference:
            continue
        mine = [r for r in report["best"] if (r["device"], r["dtype"]) == (device, dtype)]
        ratios = [r["speedup"] for r in mine if r["speedup"]]
        if ratios:
            parts.append(_of_device(_named(report, device, dtype), reference, ratios))
            parts += _from(report, device, dtype)
    if not parts:
        parts.append(_alone(report))
    agreement = _agreement(report)
    return "; ".join([*parts, *([agreement] if agreement else [])]) + "."


def _of_device(device: str, reference: str, ratios: Sequence[float]) -> str:
    low, high = min(ratios), max(ratios)
    middle = math.exp(sum(map(math.log, ratios)) / len(ratios))
    if len(ratios) == 1:
        return f"{device} trains {_times(low)} as fast as {reference}"
    return (
        f"{device} trains {_two(low)} to {_times(high)} as fast as {reference} "
        f"(geometric mean {_two(middle)})"
    )


def _times(ratio: float) -> str:
    return f"{_two(ratio)} times"


def _two(ratio: float) -> str:
    """Two digits, and no powers of ten.

    >>> _two(0.0213), _two(1.0), _two(857.0)
    ('0.021', '1', '860')
    """
    return f"{float(f'{ratio:.2g}'):g}"


def _from(report: dict[str, Any], device: str, dtype: str) -> list[str]:
    """Where it wins: along batches at the largest width, else along widths."""
    for along in ("batch", "width"):
        lines = [b for b in report["break_even"]
                 if (b["device"], b["dtype"], b["along"]) == (device, dtype, along)]  # fmt: skip
        if lines:
            return ["it" + str(lines[-1]["words"]).removeprefix(_named(report, device, dtype))]
    return []


def _alone(report: dict[str, Any]) -> str:
    """With one device: what capturing gives on it."""
    reference = report["reference"]
    ratios = []
    for r in report["rows"]:
        if r["mode"] == "captured" and r["ms"]:
            ratios += [
                e["ms"] / r["ms"] for e in report["rows"]
                if e["mode"] == "eager" and e["ms"] and e["device"] == r["device"]
                and _place(e, e["dtype"]) == _place(r, r["dtype"])
            ]  # fmt: skip
    only = f"Only {reference} was measured"
    if not ratios:
        return only
    middle = math.exp(sum(map(math.log, ratios)) / len(ratios))
    if len(ratios) == 1:
        return f"{only}, where a captured step is {_two(middle)} times as fast as an eager one"
    low, high = _two(min(ratios)), _two(max(ratios))
    return (
        f"{only}, where a captured step is {low} to {high} times as fast as an eager one "
        f"(geometric mean {_two(middle)})"
    )


def _agreement(report: dict[str, Any]) -> str:
    against = [(p, a) for p in report["parity"] for a in p["against"]]
    if not against:
        return ""
    loss = max(max(a["losses"]) for _, a in against)
    parameter = max(max(a["parameters"]) for _, a in against)
    steps = max(p["steps"] for p, _ in against)
    wild = [i for p, _ in against for i, v in enumerate(p["losses"], 1) if not math.isfinite(v)]
    if wild:
        return (
            f"whether they agree is open, since the loss is not finite from step {min(wild)} on: "
            "take a smaller learning rate"
        )
    if loss == parameter == 0.0:
        return f"all give the same bits in {steps} steps"
    if not math.isfinite(loss + parameter):
        return f"they do NOT agree: within {steps} steps a loss or parameter is not finite in one"
    return (
        f"in {steps} steps from the same weights the losses differ by at most {loss:.1e} and the "
        f"parameters by {parameter:.1e}"
    )
