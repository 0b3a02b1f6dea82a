"""Statistics of the rounds; tables, JSON and a plot of them."""

from __future__ import annotations

import json
import math
import os
import platform
from pathlib import Path
from statistics import geometric_mean, median, quantiles
from typing import Any

from .cases import TRAINING
from .contenders import BASELINE, TABLE

Result = dict[str, Any]


def machine() -> dict[str, Any]:
    """Processor, cores, system, Python, and what else keeps the machine busy."""
    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = [ln.partition(":")[2].strip() for ln in lines if ln.startswith("model name")]
        processor = models[0] if models else processor
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "processor": processor,
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def summarise(times: dict[str, list[float]]) -> Result:
    """Of each contender: the median of its rounds, and of the rounds' ratios to the baseline,
    both with their quartiles. A ratio is taken within a round, so that slow drift cancels."""
    base = times.get(BASELINE)
    found: Result = {}
    for name, rounds in times.items():
        result = found[name] = {
            "median_us": median(rounds), "quartiles_us": _quartiles(rounds), "rounds_us": rounds,
            "ratio": None, "ratio_quartiles": None,
        }  # fmt: skip
        if base:
            ratios = [a / b for a, b in zip(rounds, base, strict=True)]
            result["ratio"], result["ratio_quartiles"] = median(ratios), _quartiles(ratios)
    return found


def _quartiles(values: list[float]) -> list[float]:
    if len(values) < 2:
        return values * 2
    low, _, high = quantiles(values, n=4, method="inclusive")
    return [low, high]


def geometric_means(cases: dict[str, Result]) -> dict[str, Result]:
    """Of each contender: the geometric mean of its ratios over the training cases it ran, and how
    many these are. Only means over the same cases compare."""
    ratios: dict[str, list[float]] = {}
    for case in cases.values():
        if case["kind"] in TRAINING:
            for name, result in case["contenders"].items():
                if result.get("ratio"):
                    ratios.setdefault(name, []).append(result["ratio"])
    return {n: {"ratio": geometric_mean(r), "cases": len(r)} for n, r in ratios.items()}


# ------------------------------------------------------------------------------ tables


def number(x: float) -> str:
    """Three digits or more: 0.123, 1.23, 12.3, 123, 1234."""
    digits = 2 - math.floor(math.log10(x)) if x > 0 else 0
    return f"{x:.{min(max(digits, 0), 4)}f}"


def case_table(name: str, case: Result) -> str:
    """One case: a line a contender."""
    lines = [
        f"\n{name}",
        f"  {'microseconds ' + case['unit']:<24}{'median':>9}  {'quartiles':<17}"
        f"{'to PyTorch eager':>17}  quartiles",
    ]
    for contender, r in case["contenders"].items():
        title = TABLE[contender].title
        if "error" in r:
            lines.append(f"  {title:<24}failed: {r['error'].splitlines()[0][:160]}")
            continue
        spread = " – ".join(number(q) for q in r["quartiles_us"])
        line = f"  {title:<24}{number(r['median_us']):>9}  {spread:<17}"
        if r["ratio"] is not None:
            line += f"{number(r['ratio']):>17}  {' – '.join(map(number, r['ratio_quartiles']))}"
        if r.get("bytes"):
            line += f"   {r['bytes'] / 1e6:.0f} MB installed"
        lines.append(line.rstrip())
    return "\n".join(lines)


def closing_table(cases: dict[str, Result], means: dict[str, Result]) -> str:
    """Ratios to the baseline of all training cases, and their geometric means."""
    names = list(means)
    if not names:
        return f"\n(no ratios: {BASELINE} took no part in a training case)"
    width = max(len(c) for c in cases) + 2
    lines = [
        f"\nTime to that of {TABLE[BASELINE].title} (below 1 is faster)",
        " " * width + "".join(f"{n:>14}" for n in names),
    ]
    for case_name, case in cases.items():
        if case["kind"] in TRAINING:
            row = [case["contenders"].get(n, {}).get("ratio") for n in names]
            cells = [f"{number(r) if r else '-':>14}" for r in row]
            lines.append(f"{case_name:<{width}}" + "".join(cells))
    cells = [f"{number(means[n]['ratio']):>14}" for n in names]
    lines.append(f"{'geometric mean':<{width}}" + "".join(cells))
    counts = [f"{'of ' + str(means[n]['cases']):>14}" for n in names]
    if len(set(counts)) > 1:
        lines.append(" " * width + "".join(counts))
    return "\n".join(lines)


def overheads(cases: dict[str, Result]) -> str:
    """What recording an operation costs: backprop's time to NumPy's for the same operation."""
    lines = []
    for name, case in cases.items():
        rounds = [case["contenders"].get(n, {}).get("rounds_us") for n in ("backprop", "floor")]
        if case["kind"] in ("multiply", "exp") and all(rounds):
            ratios = [a / b for a, b in zip(*rounds, strict=True)]
            low, high = _quartiles(ratios)
            lines.append(
                f"{name}, recorded: {number(median(ratios))} times NumPy's own "
                f"(quartiles {number(low)} – {number(high)})"
            )
    return "\n".join(lines)


# ------------------------------------------------------------------------------- files


def write(out: Path, results: Result) -> list[Path]:
    """bench.json and, where matplotlib is installed, bench.png."""
    out.mkdir(parents=True, exist_ok=True)
    written = [out / "bench.json"]
    written[0].write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    try:
        import matplotlib
    except ImportError:
        return written
    matplotlib.use("Agg")
    if _plot(results, out / "bench.png"):
        written.append(out / "bench.png")
    return written


def _plot(results: Result, path: Path) -> bool:
    """Ratios of the training cases on a logarithmic axis, their quartiles as bars."""
    from matplotlib import pyplot as plt

    cases = {n: c for n, c in results["cases"].items() if c["kind"] in TRAINING}
    names = list(results["geometric_mean"])
    if not names:
        return False
    figure, axes = plt.subplots(figsize=(9, 1.5 + 0.45 * len(cases)), layout="constrained")
    markers = "osD^vP*X"
    for i, name in enumerate(names):
        at, ratios, low, high = [], [], [], []
        for row, case in enumerate(cases.values()):
            r = case["contenders"].get(name, {})
            if r.get("ratio"):
                at.append(row)
                ratios.append(r["ratio"])
                low.append(r["ratio"] - r["ratio_quartiles"][0])
                high.append(r["ratio_quartiles"][1] - r["ratio"])
        label = f"{TABLE[name].title}: {number(results['geometric_mean'][name]['ratio'])}"
        axes.errorbar(
            ratios, at, xerr=(low, high), fmt=markers[i % len(markers)], label=label, alpha=0.8,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.set_xlabel(f"time a step, {TABLE[BASELINE].title} = 1 (logarithmic; left is faster)")
    axes.set_yticks(range(len(cases)), list(cases))
    axes.invert_yaxis()
    axes.axvline(1.0, color="grey", linewidth=0.8)
    axes.grid(axis="x", which="both", alpha=0.2)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title="geometric mean")
    m = results["machine"]
    axes.set_title(f"Training steps on {m['processor']}, {m['cores']} cores", fontsize=10)
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return True
