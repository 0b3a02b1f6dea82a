"""A comparison of devices as tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .show import number, rows_table, say

Row = dict[str, Any]


def show(report: dict[str, Any]) -> None:
    """All of a comparison: what was measured, on what, the tables, and the verdict."""
    plan = report["plan"]
    say(f"data: {report['data']}")
    for device in report["devices"]:
        say(f"{device['name']}: {device['description']}")
    for note in report["cpu"]["notes"]:
        say(f"  note: {note}", "yellow")
    _missing(report)
    _peaks(report)
    say()
    say(f"a training step: {plan['optimizer']}, seed {plan['seed']}; median (quartiles) in ms")
    rows_table(*_times(report))
    say()
    say("in the faster of the two modes")
    rows_table(*_use(report))
    _accuracy_note(report)
    for note in report["notes"]:
        say(note)
    if report["break_even"]:
        say()
        for words in report["break_even_words"]:
            say(words)
    _parity(report)
    say()
    say(report["verdict"], "bold")


def _missing(report: dict[str, Any]) -> None:
    if len(report["devices"]) > 1:
        return
    only, reasons = report["devices"][0]["name"], dict.fromkeys(report["missing_devices"].values())
    more = "" if reasons else ", as asked; backprop devices lists the others"
    say(f"only {only} is measured{more}", "yellow")
    for reason in reasons:
        say(f"  to get the other: {reason}", "yellow")


def _peaks(report: dict[str, Any]) -> None:
    for p in report["peaks"]:
        said = f"{p['device']}, {p['dtype']}: "
        if p["missing"]:
            say(f"{said}not on this device: {p['missing']}", "yellow")
        else:
            say(f"{said}{number(p['gflops'])} GFLOP/s in products of {p['size']}x{p['size']}")


def _cells(report: dict[str, Any]) -> list[tuple[Row, Row | None, Row | None]]:
    """(names, eager, captured) of each network, batch, dtype and device that was measured."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    refused = {(p["device"], p["dtype"]) for p in report["peaks"] if p["missing"]}
    for r in report["rows"]:
        if (r["device"], r["dtype"]) not in refused:
            key = (r["dtype"], r["model"], r["batch"], r["device"])
            found.setdefault(key, []).append(r)
    out = []
    for rows in found.values():
        modes = {r["mode"]: r for r in rows}
        out.append((rows[0], modes.get("eager"), modes.get("captured")))
    return out


def _head(row: Row, many: bool) -> list[str]:
    return [row["model"], str(row["batch"]), row["device"], *([row["dtype"]] if many else [])]


def _columns(report: dict[str, Any]) -> tuple[list[tuple[str, Any]], bool]:
    many = len(report["dtypes"]) > 1
    names: list[tuple[str, Any]] = [("model", "left"), ("batch", "right"), ("device", "left")]
    return names + ([("dtype", "left")] if many else []), many


def _times(report: dict[str, Any]) -> tuple[Sequence[tuple[str, Any]], list[list[str]]]:
    header, many = _columns(report)
    others = len(report["devices"]) > 1
    header += [("eager", "right"), ("captured", "right"), ("gain", "right")]
    header += [("first step", "right"), ("batch to device", "right")]
    header += [("speed-up", "right")] if others else []
    best = {(b["dtype"], b["model"], b["batch"], b["device"]): b for b in report["best"]}
    rows = []
    for names, eager, captured in _cells(report):
        key = (names["dtype"], names["model"], names["batch"], names["device"])
        both = eager and captured and eager["ms"] and captured["ms"]
        gain = f"{eager['ms'] / captured['ms']:.2f}x" if both and eager and captured else "-"
        speed = best.get(key, {}).get("speedup")
        row = [*_head(names, many), _median(eager), _median(captured), gain]
        row += [_ms((eager or {}).get("first_ms")), _ms(names["transfer_ms"])]
        rows.append(row + ([f"{speed:.2f}x" if speed else "-"] if others else []))
    return header, rows


def _use(report: dict[str, Any]) -> tuple[Sequence[tuple[str, Any]], list[list[str]]]:
    header, many = _columns(report)
    header += [("samples/s", "right"), ("GFLOP/s", "right"), ("of peak", "right")]
    header += [("memory eager", "right"), ("captured", "right")]
    wanted = report["plan"]["accuracy"]
    header += [(f"to {wanted:.0%}", "right")] if report["accuracy"] else []
    runs = {(a["dtype"], a["model"], a["batch"], a["device"]): a for a in report["accuracy"]}
    rows = []
    for names, eager, captured in _cells(report):
        measured = [r for r in (eager, captured) if r is not None and r["ms"]]
        row = _head(names, many)
        if measured:
            r = min(measured, key=lambda r: r["ms"])
            share = "-" if r["peak_share"] is None else f"{r['peak_share']:.1%}"
            row += [f"{r['samples_per_second']:,.0f}", number(r["gflops"]), share]
        else:
            row += ["-", "-", "-"]
        row += [_memory(eager), _memory(captured)]
        if report["accuracy"]:
            key = (names["dtype"], names["model"], names["batch"], names["device"])
            row.append(_run(runs.get(key)))
        rows.append(row)
    return header, rows


def _median(row: Row | None) -> str:
    if row is None:
        return "-"
    if row["missing"]:
        return str(row["missing"])
    low, high = row["ms_quartiles"]
    return f"{_ms(row['ms'])} ({_ms(low)} .. {_ms(high)})"


def _ms(value: float | None) -> str:
    """Three digits.

    >>> _ms(0.01234), _ms(12.34), _ms(1234.5), _ms(None)
    ('0.0123', '12.3', '1234', '-')
    """
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def _memory(row: Row | None) -> str:
    if row is None or row["peak_bytes"] is None:
        return "-"
    size = row["peak_bytes"] / 2**20
    return f"{size:.3g} MiB" if size < 1000 else f"{size / 1024:.3g} GiB"


def _run(run: Row | None) -> str:
    if run is None:
        return "-"
    if not run["reached"]:
        return f"not in {run['seconds']:.3g} s ({run['accuracy']:.1%})"
    return f"{run['seconds']:.3g} s, {run['steps']} steps"


def _accuracy_note(report: dict[str, Any]) -> None:
    if report["accuracy"]:
        say(
            f"to {report['plan']['accuracy']:.0%}: time of the steps until that accuracy on the "
            "validation part (or how far it came)"
        )


def _parity(report: dict[str, Any]) -> None:
    worst: dict[tuple[str, str, str], list[float]] = {}
    for p in report["parity"]:
        for a in p["against"]:
            found = worst.setdefault((a["device"], a["mode"], p["dtype"]), [0.0, 0.0, 0])
            found[0] = max(found[0], *a["losses"])
            found[1] = max(found[1], *a["parameters"])
            found[2] = max(found[2], p["steps"])
    if worst:
        say()
        say(f"largest differences from {report['parity'][0]['reference']}, of any step")
        header: list[tuple[str, Any]] = [
            ("device", "left"), ("mode", "left"), ("dtype", "left"), ("steps", "right"),
            ("loss", "right"), ("parameter", "right"),
        ]  # fmt: skip
        rows_table(
            header,
            [[*key, str(n), f"{loss:.1e}", f"{w:.1e}"] for key, (loss, w, n) in worst.items()],
        )
