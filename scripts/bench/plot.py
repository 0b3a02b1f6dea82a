"""One picture: the ratios of the training cases, and how the cost of a step grows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from . import machine
from .case import TRAINING
from .contenders import BASELINE, TABLE
from .stats import Result
from .tables import number

_MARKERS = "oHDsd^vP*Xh"
_COLOURS = ("C0", "navy", *(f"C{i}" for i in range(1, 10)))
SWEEPS = {
    "batch-sweep": ("784-256-128-10, momentum SGD: batch size", "-b"),
    "width-sweep": ("784-w-w-10, batch 128, momentum SGD: width w", "-w"),
}


def draw(results: Result, path: Path) -> bool:
    """Write the picture; False where there is nothing to draw."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    cases = results["cases"]
    training = {
        n: c for n, c in cases.items() if c["kind"] in TRAINING and c["group"] not in SWEEPS
    }
    compared = any(r.get("ratio") for c in training.values() for r in c["contenders"].values())
    sweeps = [s for s in SWEEPS if sum(c["group"] == s for c in cases.values()) > 1]
    panels: list[tuple[float, Callable[[Any], None]]] = []
    if compared:
        height = 1.4 + 0.4 * len(training)
        panels.append((height, partial(_ratios, results=results, cases=training)))
    panels += [(3.6, partial(_growth, cases=cases, group=s)) for s in sweeps]
    if not panels:
        return False
    heights = [h for h, _ in panels]
    figure, grid = plt.subplots(
        len(panels), 1, figsize=(10.5, sum(heights) + 0.6), layout="constrained", squeeze=False,
        height_ratios=heights,
    )  # fmt: skip
    for axes, (_, panel) in zip(grid[:, 0], panels, strict=True):
        panel(axes)
    settings = results["settings"]
    n = settings["threads"]
    threads = f", {n} thread{'s' if n > 1 else ''} each" if n else ""
    tf32 = ", TF32 allowed" if settings["tf32"] else ""
    figure.suptitle(
        f"Training steps on {settings['device'].upper()}: {machine.describe(results['machine'])}"
        f"{threads}, float32{tf32}",
        fontsize=10,
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return True


def _style(name: str) -> dict[str, Any]:
    """The colour and marker of a contender, the same in every panel and run."""
    i = list(TABLE).index(name)
    return {"color": _COLOURS[i], "marker": _MARKERS[i], "markersize": 6, "alpha": 0.85}


def _ratios(axes: Any, results: Result, cases: dict[str, Result]) -> None:
    """Ratios to the baseline on a logarithmic axis, their quartiles as bars; contenders a little
    below one another, so that equal ones can be told apart."""
    means = results["geometric_mean"]
    for i, name in enumerate(TABLE):
        at, ratios, low, high = [], [], [], []
        for row, case in enumerate(cases.values()):
            r = case["contenders"].get(name, {})
            if r.get("ratio"):
                at.append(row + 0.055 * (i - len(TABLE) / 2))
                ratios.append(r["ratio"])
                low.append(r["ratio"] - r["ratio_quartiles"][0])
                high.append(r["ratio_quartiles"][1] - r["ratio"])
        if not at:
            continue
        group = "mlp" if "mlp" in means[name] else "all"
        label = f"{TABLE[name].title}: {number(means[name][group]['ratio'])}"
        axes.errorbar(ratios, at, xerr=(low, high), linestyle="", label=label, **_style(name))
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.set_xlabel(f"time a step / that of {TABLE[BASELINE].title} (logarithmic; left is faster)")
    axes.set_yticks(range(len(cases)), list(cases))
    axes.invert_yaxis()
    axes.axvline(1.0, color="grey", linewidth=0.8)
    axes.grid(axis="x", which="both", alpha=0.2)
    axes.grid(axis="y", alpha=0.2)
    only = any(c["group"] == "mlp" for c in cases.values())
    title = "geometric mean,\nperceptrons" if only else "geometric mean"
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title=title, fontsize=9)


def _growth(axes: Any, cases: dict[str, Result], group: str) -> None:
    """Microseconds a step over the size, both logarithmic, quartiles as bands."""
    label, mark = SWEEPS[group]
    rows = {int(n.rpartition(mark)[2]): c for n, c in cases.items() if c["group"] == group}
    for name in TABLE:
        found = {
            n: r for n, c in rows.items() if "median_us" in (r := c["contenders"].get(name, {}))
        }
        if found:
            medians = [r["median_us"] for r in found.values()]
            low, high = zip(*(r["quartiles_us"] for r in found.values()), strict=True)
            axes.plot(list(found), medians, label=TABLE[name].title, **_style(name))
            color = _style(name)["color"]
            axes.fill_between(list(found), low, high, color=color, alpha=0.15, linewidth=0)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(list(rows), [str(n) for n in rows])
    axes.minorticks_on()
    axes.xaxis.minorticks_off()
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:,.0f}")
    axes.set_xlabel(label)
    axes.set_ylabel("microseconds a step")
    axes.grid(which="both", alpha=0.2)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)
