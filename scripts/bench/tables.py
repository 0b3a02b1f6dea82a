"""The tables in the terminal."""

from __future__ import annotations

import math

from .case import TRAINING
from .contenders import BASELINE, TABLE
from .stats import Result, overhead

_UNITS = (("microseconds", 1.0), ("milliseconds", 1e3), ("seconds", 1e6))


def number(x: float) -> str:
    """Three digits or more: 0.123, 1.23, 12.3, 123, 1,234."""
    digits = 2 - math.floor(math.log10(x)) if x > 0 else 0
    return f"{x:,.{min(max(digits, 0), 4)}f}"


def contender(name: str, about: Result) -> str:
    """What a contender is, in this run."""
    versions = ", ".join(f"{p} {v}" for p, v in about["versions"].items())
    pools = about["pools"]
    return (
        f"{TABLE[name].title}: {versions}; on {about['device']}; {about['float32']}\n"
        f"    {'; '.join(pools) if pools else 'kernel sets unknown (install threadpoolctl)'}"
    )


def case_table(name: str, case: Result) -> str:
    """One case: a line a contender."""
    medians = [r["median_us"] for r in case["contenders"].values() if "median_us" in r]
    slowest = max(medians, default=1.0)
    unit, scale = _UNITS[0 if slowest < 1e5 else 1 if slowest < 1e7 else 2]
    measured = f"{unit} {case['unit']}"
    lines = [
        f"\n{name}",
        f"  {measured:<26}{'median':>9}  {'quartiles':<19}"
        f"{'to PyTorch':>10}  {'quartiles':<17}{'prepare, s':>10}",
    ]
    for key, r in case["contenders"].items():
        title = TABLE[key].title
        if "error" in r:
            lines.append(f"  {title:<26}failed: {r['error'].splitlines()[0][:160]}")
            continue
        spread = " – ".join(number(q / scale) for q in r["quartiles_us"])
        line = f"  {title:<26}{number(r['median_us'] / scale):>9}  {spread:<19}"
        if r["ratio"] is not None:
            quartiles = " – ".join(map(number, r["ratio_quartiles"]))
            line += f"{number(r['ratio']):>10}  {quartiles:<17}"
        if r.get("prepare_s", 0) >= 0.01:
            line = f"{line:<85}{r['prepare_s']:>10.2f}"
        if r.get("bytes"):
            line += f"   {r['bytes'] / 1e6:.0f} MB installed"
        lines.append(line.rstrip())
    if found := overhead(case):
        low, high = map(number, found[1])
        lines.append(
            f"  recorded by backprop: {number(found[0])} times the bare operation's time "
            f"({low} – {high})"
        )
    return "\n".join(lines)


def ratios(cases: dict[str, Result], means: dict[str, Result]) -> str:
    """Ratios to the baseline of all training cases, and their geometric means."""
    names = [n for n in TABLE if n in means]
    if not names:
        return f"\n(no ratios: {BASELINE} took no part in a training case)"
    width = max(len(c) for c in cases) + 2
    columns = {n: max(len(n), 6) + 2 for n in names}

    def row(title: str, cells: dict[str, str]) -> str:
        return f"{title:<{width}}" + "".join(f"{cells[n]:>{w}}" for n, w in columns.items())

    lines = [
        f"\nTime to that of {TABLE[BASELINE].title} (below 1 is faster)",
        row("", {n: n for n in names}),
    ]
    for title, case in cases.items():
        if case["kind"] in TRAINING:
            found = {n: case["contenders"].get(n, {}).get("ratio") for n in names}
            lines.append(row(title, {n: number(r) if r else "-" for n, r in found.items()}))
    lines.append("geometric mean")
    for group, title in (("mlp", "  perceptrons"), ("networks", "  networks"), ("all", "  all")):
        found = {n: means[n].get(group) for n in names}
        counts = {n: f"{r['cases']}" if r else "" for n, r in found.items()}
        if any(found.values()):
            lines.append(
                row(title, {n: number(r["ratio"]) if r else "-" for n, r in found.items()})
            )
            if len(set(counts.values())) > 1:
                lines.append(row("    of cases", counts))
    return "\n".join(lines)


def against(name: str, found: dict[str, Result]) -> str:
    """The time of a contender to each other's: geometric means and the range of the cases."""
    title = TABLE[name].title
    lines = [
        f"\nTime of {title} to that of each (below 1: {title} is faster), geometric mean (range)",
        f"{'':<22}{'perceptrons':>26}{'networks':>26}{'all training':>26}",
    ]
    for other in TABLE:
        if other in found and other != name:
            cells = [found[other].get(group) for group in ("mlp", "networks", "all")]
            texts = [_ranged(cell) if cell else "-" for cell in cells]
            lines.append(f"{TABLE[other].title:<22}" + "".join(f"{t:>26}" for t in texts))
    return "\n".join(lines) if len(lines) > 2 else ""


def _ranged(cell: Result) -> str:
    return f"{number(cell['ratio'])} ({number(cell['least'])} – {number(cell['largest'])})"
