"""A comparison of devices as plots: time of a step, rate, speed-up, agreement."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from .figure import COLOURS, new_figure, plain, png

Row = dict[str, Any]
Line = tuple[str, str, str]
"""A device, a dtype and a mode."""
_PANELS = 4


def comparison_png(report: dict[str, Any]) -> bytes:
    """All plots of a comparison, one below the other, as a PNG file's bytes.

    Args:
        report: what `backprop.measure.compare` gives.
    """
    drawn = plots(report)
    figure = new_figure(10.5, 3.5 * len(drawn) + 0.4 + 0.2 * len(report["devices"]))
    names = [f"{d['name']}: {d['description']}" for d in report["devices"]]
    title = f"{report['data'].partition(':')[0]}, {report['plan']['optimizer']}"
    figure.suptitle("\n".join([title, *names]), fontsize=10)
    below = figure.subfigures(len(drawn), 1, squeeze=False)[:, 0]
    for part, (name, _, draw) in zip(below, drawn, strict=True):
        part.suptitle(name, fontsize=11, weight="bold")
        draw(part)
    return png(figure)


def plots(report: dict[str, Any]) -> list[tuple[str, str, Callable[[Any], None]]]:
    """(title, what it shows, function that draws it on a figure) of each plot there is."""
    out: list[tuple[str, str, Callable[[Any], None]]] = [
        ("Time of a training step",
         "Milliseconds a step against the batch size, both scales logarithmic; lower is better. "
         "The bars are the quartiles. Filled: captured, hollow: eager.",
         lambda figure: _panels(figure, report, "ms", "ms a step")),
        ("Rate of the matrix products",
         "GFLOP/s of the products of a step against the batch size; dotted: the rate the device "
         "itself reaches on large square matrices. Higher is better.",
         lambda figure: _panels(figure, report, "gflops", "GFLOP/s")),
    ]  # fmt: skip
    last = [part for part in (_speed(report), _parity(report)) if part is not None]
    for title, what, draw in last:
        out.append((title, what, draw))
    return out


# --------------------------------------------------------------------- time and rate, by width


def _measured(report: dict[str, Any]) -> list[Row]:
    return [r for r in report["rows"] if r["ms"] is not None]


def _some(values: Sequence[Any]) -> list[Any]:
    """At most so many as there are panels, the first and the last among them."""
    if len(values) <= _PANELS:
        return list(values)
    step = (len(values) - 1) / (_PANELS - 1)
    return [values[round(i * step)] for i in range(_PANELS)]


def _panels(figure: Any, report: dict[str, Any], what: str, label: str) -> None:
    """A panel for each network, a line for each device, dtype and mode."""
    rows = _measured(report)
    models = _some(list(dict.fromkeys(r["model"] for r in rows)))
    kinds = list(dict.fromkeys((r["device"], r["dtype"]) for r in rows))
    panels = figure.subplots(1, len(models), sharey=True, squeeze=False)[0]
    for axes, model in zip(panels, models, strict=True):
        for (device, dtype), colour in zip(kinds, _cycle(COLOURS), strict=False):
            for mode in ("eager", "captured"):
                line = [r for r in rows if r["model"] == model and r["mode"] == mode
                        and (r["device"], r["dtype"]) == (device, dtype)]  # fmt: skip
                _line(axes, line, what, colour, mode)
            if what == "gflops":
                _peak(axes, report, device, dtype, colour)
        axes.set_title(model, fontsize=10)
        _batches(axes, [r["batch"] for r in rows if r["model"] == model])
        axes.set_yscale("log")
        _plain_numbers(axes, (1.0,))
        plain(axes)
    panels[0].set_ylabel(label)
    there = {(r["device"], r["dtype"], r["mode"]) for r in rows}
    handles = _legend(kinds, _many(report), there, peak=what == "gflops")
    figure.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=9)


def _cycle(colours: Sequence[str]) -> Iterable[str]:
    while True:
        yield from colours


def _line(axes: Any, rows: Sequence[Row], what: str, colour: str, mode: str) -> None:
    if not rows:
        return
    x, y = [r["batch"] for r in rows], [r[what] for r in rows]
    error = None
    if what == "ms":
        low = [r["ms"] - r["ms_quartiles"][0] for r in rows]
        high = [r["ms_quartiles"][1] - r["ms"] for r in rows]
        error = [[max(0.0, v) for v in low], [max(0.0, v) for v in high]]
    axes.errorbar(x, y, error, color=colour, capsize=2, elinewidth=1, **_style(mode, colour))


def _style(mode: str, colour: str) -> dict[str, Any]:
    if mode == "eager":
        return {"linestyle": "--", "marker": "o", "markerfacecolor": "none", "linewidth": 1.4,
                "markersize": 4.5}  # fmt: skip
    return {"linestyle": "-", "marker": "o", "linewidth": 1.8, "markersize": 4.5}


def _peak(axes: Any, report: dict[str, Any], device: str, dtype: str, colour: str) -> None:
    for p in report["peaks"]:
        if (p["device"], p["dtype"]) == (device, dtype) and p["gflops"]:
            axes.axhline(p["gflops"], color=colour, linestyle=":", linewidth=1.4)


def _legend(
    kinds: Sequence[tuple[str, str]], many: bool, there: Collection[Line], peak: bool = False
) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = []
    for (device, dtype), colour in zip(kinds, _cycle(COLOURS), strict=False):
        name = f"{device}, {dtype}" if many else device
        for mode in ("captured", "eager"):
            if (device, dtype, mode) in there:
                style = _style(mode, colour)
                handles.append(Line2D([], [], color=colour, label=f"{name}, {mode}", **style))
        if peak:
            handles.append(Line2D([], [], color=colour, linestyle=":", label=f"{name}, peak"))
    return handles


def _many(report: dict[str, Any]) -> bool:
    return len(report["dtypes"]) > 1


def _batches(axes: Any, sizes: Sequence[int]) -> None:
    """A logarithmic axis with the sizes that were measured, and no other ticks."""
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log", base=2)
    shown = sorted(set(sizes))
    while len(shown) > 6:
        shown = shown[::2]
    axes.set_xticks(shown, [str(n) for n in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("batch (samples a step)")


# ------------------------------------------------------------------------ speed-up, agreement


def _speed(report: dict[str, Any]) -> tuple[str, str, Callable[[Any], None]] | None:
    """Of the other devices over the first; with one device, of captured steps over eager ones."""
    several = len(report["devices"]) > 1
    lines: dict[str, list[tuple[int, float]]] = {}
    if several:
        for r in report["best"]:
            if r["speedup"] and r["device"] != report["reference"]:
                name = f"{r['device']}, {r['model']}" + (f", {r['dtype']}" if _many(report) else "")
                lines.setdefault(name, []).append((r["batch"], r["speedup"]))
    else:
        rows = _measured(report)
        eager = {(r["dtype"], r["model"], r["batch"]): r["ms"]
                 for r in rows if r["mode"] == "eager"}  # fmt: skip
        for r in rows:
            key = (r["dtype"], r["model"], r["batch"])
            if r["mode"] == "captured" and key in eager:
                name = r["model"] + (f", {r['dtype']}" if _many(report) else "")
                lines.setdefault(name, []).append((r["batch"], eager[key] / r["ms"]))
    if not lines:
        return None
    over = f"{report['reference']}, each in its faster mode" if several else "eager steps"
    who = "the other devices" if several else "captured steps"
    title = "Speed-up" if several else "Gain of capturing"
    what = (
        f"How many times as fast {who} are as {over}, against the batch size. Above the line at 1 "
        + ("the other device wins." if several else "the captured step wins.")
    )
    label = f"times as fast as {report['reference'] if several else 'eager'}"
    return title, what, lambda figure: _ratios(figure, lines, label)


def _ratios(figure: Any, lines: dict[str, list[tuple[int, float]]], label: str) -> None:
    axes = figure.subplots()
    names = list(lines)
    for i, name in enumerate(names):
        x, y = zip(*sorted(lines[name]), strict=True)
        colour = COLOURS[i % len(COLOURS)] if len(names) <= len(COLOURS) else None
        style = ("-", "--", "-.", ":")[i // len(COLOURS) % 4]
        axes.plot(x, y, style, marker="o", markersize=4.5, linewidth=1.8, label=name, color=colour)
    axes.axhline(1.0, color="0.5", linewidth=1.2)
    axes.set_yscale("log")
    _plain_numbers(axes, (1.0, 2.0, 5.0))
    _batches(axes, [n for line in lines.values() for n, _ in line])
    axes.set_ylabel(label)
    plain(axes)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)


def _plain_numbers(axes: Any, digits: Sequence[float]) -> None:
    """Ticks at these digits, as 0.1 and 100 instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.yaxis.set_major_locator(LogLocator(base=10, subs=digits))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _parity(report: dict[str, Any]) -> tuple[str, str, Callable[[Any], None]] | None:
    worst: dict[Line, tuple[list[float], list[float]]] = {}
    for p in report["parity"]:
        for a in p["against"]:
            key = (a["device"], p["dtype"], a["mode"])
            losses, parameters = worst.setdefault(key, ([], []))
            _raise(losses, a["losses"])
            _raise(parameters, a["parameters"])
    if not any(0 < v < math.inf for both in worst.values() for line in both for v in line):
        return None  # a table says it shorter
    reference = report["parity"][0]["reference"]
    what = (
        f"The largest difference from {reference}, at each step from the same weights on the same "
        "batches, over all networks and batch sizes. What is not drawn is exactly 0."
    )
    return "Agreement", what, lambda figure: _differences(figure, worst, _many(report))


def _raise(most: list[float], values: Sequence[float | None]) -> None:
    """Take the larger of each step."""
    for i, value in enumerate(values):
        value = math.inf if value is None else value
        if i == len(most):
            most.append(value)
        most[i] = max(most[i], value)


def _differences(
    figure: Any, worst: dict[Line, tuple[list[float], list[float]]], many: bool
) -> None:
    panels = figure.subplots(1, 2, squeeze=False)[0]
    names = list(dict.fromkeys((device, dtype) for device, dtype, _ in worst))
    for axes, place, label in zip(panels, (0, 1), ("of the loss", "of a parameter"), strict=True):
        seen: list[float] = []
        for (device, dtype, mode), both in worst.items():
            points = [v if 0 < v < math.inf else math.nan for v in both[place]]
            drawn = [v for v in points if not math.isnan(v)]
            if drawn:
                seen += drawn
                colour = COLOURS[names.index((device, dtype)) % len(COLOURS)]
                steps = range(1, len(points) + 1)
                axes.plot(steps, points, color=colour, **_style(mode, colour))
        if seen:
            axes.set_yscale("log")
            low, high = math.floor(math.log10(min(seen))), math.ceil(math.log10(max(seen)))
            axes.set_ylim(10.0**low, 10.0 ** max(high, low + 1))  # whole powers, to have ticks
        else:
            axes.text(0.5, 0.5, "exactly 0", ha="center", va="center", transform=axes.transAxes)
            axes.set_yticks([])
        axes.set_xlabel("step")
        axes.set_ylabel(f"largest difference\n{label}")
        plain(axes)
    handles = _legend(names, many, {(device, dtype, mode) for device, dtype, mode in worst})
    figure.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=9)
