"""A comparison of devices as one HTML page that needs nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

from .comparison import plots
from .figure import new_figure

_INK, _PALE = "#010203", "#040506"
"""Stand for the page's own colours in a drawing: of text and lines, of what is less important."""


def comparison_html(report: dict[str, Any]) -> str:
    """The verdict, the plots and all figures of a comparison, legible in light and dark.

    Args:
        report: what `backprop.measure.compare` gives.
    """
    title = f"Devices compared: {report['data'].partition(':')[0]}"
    parts = [f"<h1>{escape(title)}</h1>", f'<p class="verdict">{escape(report["verdict"])}</p>']
    if report["interrupted"]:
        parts.append('<p class="note">Interrupted: this is what was measured by then.</p>')
    parts += [_machine(report), _missing(report), _break_even(report)]
    for name, what, draw in plots(report):
        parts.append(
            f"<h2>{escape(name)}</h2><p>{escape(what)}</p>"
            f'<div class="plot">{_svg(draw, name)}</div>'
        )
    parts += [_table(report), _accuracy(report), _parity(report), _how(report)]
    body = "\n".join(p for p in parts if p)
    return _PAGE.replace("TITLE", escape(title)).replace("BODY", body)


def _svg(draw: Callable[[Any], None], name: str) -> str:
    """A drawing that takes the page's colours and its font."""
    import matplotlib

    ink = dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor",
         "axes.titlecolor"), _INK,
    )  # fmt: skip
    pale = dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color", "grid.color"), _PALE)
    style: Any = {"svg.fonttype": "none", "svg.hashsalt": name, "axes.facecolor": "none",
             "figure.facecolor": "none", **ink, **pale}  # fmt: skip
    out = io.StringIO()
    with matplotlib.rc_context(style):
        figure = new_figure(10.5, 3.4)
        draw(figure)
        figure.savefig(out, format="svg", metadata={"Date": None}, transparent=True)
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = text.replace(_INK, "currentColor").replace(_PALE, "var(--pale)")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(name)}"', 1)


# ----------------------------------------------------------------------------- text and tables


def _machine(report: dict[str, Any]) -> str:
    lines = [f"<b>{escape(d['name'])}</b> {escape(d['description'])}" for d in report["devices"]]
    cpu = report.get("cpu")
    if cpu:
        blas = cpu.get("blas") or {}
        library = " ".join(str(blas[k]) for k in ("library", "version") if blas.get(k))
        kernels = f", {blas['kernels']} kernels" if blas.get("kernels") else ""
        threads = f", {blas['threads']} threads" if blas.get("threads") else ""
        lines.append(escape(f"BLAS of the CPU: {library or 'not recognised'}{kernels}{threads}"))
        lines += [f'<span class="note">{escape(note)}</span>' for note in cpu.get("notes", [])]
    for p in report["peaks"]:
        if p["missing"]:
            said = f"{p['device']}, {p['dtype']}: not on this device: {p['missing']}"
        else:
            said = (
                f"{p['device']}, {p['dtype']}: {p['gflops']:,.0f} GFLOP/s measured in products of "
                f"{p['size']}x{p['size']} matrices"
            )
        lines.append(escape(said))
    lines.append(escape(f"{report['data']}; {report['plan']['optimizer']}, seed "
                        f"{report['plan']['seed']}"))  # fmt: skip
    lines.append(escape(f"{report['system']} {report['machine']}, Python {report['python']}, NumPy "
                        f"{report['numpy']}, {report['when']}"))  # fmt: skip
    return "<h2>Machine and data</h2><ul>" + "".join(f"<li>{x}</li>" for x in lines) + "</ul>"


def _missing(report: dict[str, Any]) -> str:
    if len(report["devices"]) > 1:
        return ""
    only = report["devices"][0]["name"]
    reasons = dict.fromkeys(report["missing_devices"].values())
    more = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    listed = f" To get the other:</p><ul>{more}</ul>" if more else "</p>"
    return f'<p class="note">Only {escape(only)} was measured.{listed}'


def _break_even(report: dict[str, Any]) -> str:
    lines = "".join(f"<li>{escape(words)}</li>" for words in report["break_even_words"])
    return f"<h2>Break-even</h2><ul>{lines}</ul>" if lines else ""


def _rows(header: list[str], rows: list[list[str]], words: int) -> str:
    """A table; the first columns are words, the others numbers. A short row ends in words."""

    def line(cells: list[str], tag: str) -> str:
        kinds = ["word" if i < words else "number" for i in range(len(cells))]
        if len(cells) < len(header):
            kinds[-1] = f'word" colspan="{len(header) - len(cells) + 1}'
        inner = (f'<{tag} class="{k}">{escape(c)}</{tag}>'
                 for k, c in zip(kinds, cells, strict=True))  # fmt: skip
        return f"<tr>{''.join(inner)}</tr>"

    body = "".join(line(r, "td") for r in rows)
    return f'<div class="table"><table>{line(header, "th")}{body}</table></div>'


def _table(report: dict[str, Any]) -> str:
    header = ["model", "dtype", "device", "mode", "batch", "ms a step", "quartiles, ms",
              "first step, ms", "warm-up, ms", "batch to device, ms", "samples/s", "GFLOP/s",
              "of peak", "memory, MiB", "speed-up"]  # fmt: skip
    refused = {(p["device"], p["dtype"]) for p in report["peaks"] if p["missing"]}
    rows = []
    for r in report["rows"]:
        if (r["device"], r["dtype"]) in refused:  # said above, once
            continue
        row = [r["model"], r["dtype"], r["device"], r["mode"], str(r["batch"])]
        if r["missing"]:
            rows.append([*row, f"not measured: {r['missing']}"])
            continue
        low, high = r["ms_quartiles"]
        rows.append([
            *row, _n(r["ms"]), f"{_n(low)} .. {_n(high)}", _n(r["first_ms"]), _n(r["warmup_ms"]),
            _n(r["transfer_ms"]), f"{r['samples_per_second']:,.0f}", _n(r["gflops"]),
            "" if r["peak_share"] is None else f"{r['peak_share']:.1%}",
            _n(None if r["peak_bytes"] is None else r["peak_bytes"] / 2**20), _n(r["speedup"]),
        ])  # fmt: skip
    said = (
        "Medians of steps after the warm-up, each sample until the device was done. Speed-up: over "
        f"{report['reference']} in the same mode."
    )
    return f"<h2>All figures</h2><p>{escape(said)}</p>{_rows(header, rows, 4)}"


def _n(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _accuracy(report: dict[str, Any]) -> str:
    if not report["accuracy"]:
        return ""
    header = ["model", "dtype", "device", "mode", "batch", "seconds", "steps", "accuracy", "there"]
    rows = [
        [a["model"], a["dtype"], a["device"], a["mode"], str(a["batch"]), _n(a["seconds"]),
         str(a["steps"]), f"{a['accuracy']:.2%}", "yes" if a["reached"] else "no"]
        for a in report["accuracy"]
    ]  # fmt: skip
    wanted = report["plan"]["accuracy"]
    said = (
        f"Seconds of training steps until {wanted:.0%} on the validation part, or how far it got."
    )
    return f"<h2>Time to {wanted:.0%}</h2><p>{escape(said)}</p>{_rows(header, rows, 4)}"


def _parity(report: dict[str, Any]) -> str:
    rows = [
        [p["model"], p["dtype"], a["device"], a["mode"], str(p["batch"]), str(p["steps"]),
         _largest(a["losses"]), _largest(a["parameters"])]
        for p in report["parity"] for a in p["against"]
    ]  # fmt: skip
    if not rows:
        return ""
    header = ["model", "dtype", "device", "mode", "batch", "steps", "largest difference of a loss",
              "of a parameter"]  # fmt: skip
    said = f"From {report['parity'][0]['reference']}; compare.json has every step."
    return f"<h2>Agreement in figures</h2><p>{escape(said)}</p>{_rows(header, rows, 4)}"


def _largest(values: list[float | None]) -> str:
    if any(v is None or v == float("inf") for v in values):
        return "not finite"
    return f"{max(v for v in values if v is not None):.1e}"


def _how(report: dict[str, Any]) -> str:
    notes = "".join(f"<li>{escape(n)}</li>" for n in report["notes"])
    return f"<h2>How it was measured</h2>{_HOW}" + (f"<ul>{notes}</ul>" if notes else "")


_HOW = """<ul>
<li>Weights are drawn on the CPU and moved, so every device begins with the same bits; batches are
the same rows in the same order. They lie on the device before the steps are timed; moving one
there is shown apart.</li>
<li>Eager: the operations run one by one. Captured: recorded once by <code>bp.capture</code>, then
replayed; the warm-up has the recording in it.</li>
<li>GFLOP/s count the matrix products of a step alone, from the layers' sizes: 2 n k m for (n, k)
times (k, m), forward, and again for the gradients by the weights and by the inputs (not in the
first layer). Share of peak: of the device's own rate on square matrices in the same dtype.</li>
<li>Memory: the most that a step takes, the network and its optimizer with it, the batches not: on
the CPU all arrays and Python's objects, on a GPU what is taken from the device.</li>
<li>Break-even sizes lie on a straight line between the two measured sizes around them, both scales
logarithmic.</li>
</ul>"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>TITLE</title>
<style>
:root { --ink: #1b1f24; --paper: #ffffff; --pale: #9aa3ad; --rule: #dde1e6; --mark: #f3f5f7;
  --note: #8a4b00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --paper: #15181c; --pale: #7d8794; --rule: #333a42; --mark: #1f242a;
    --note: #f0b060; }
  .plot svg { filter: brightness(1.35) saturate(1.1); }
}
body { color: var(--ink); background: var(--paper); margin: 2rem auto; padding: 0 1rem;
  max-width: 80rem; font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.verdict { font-size: 1.1rem; background: var(--mark); border-left: 4px solid #3f86c9;
  padding: .8rem 1rem; }
.note { color: var(--note); }
.plot { overflow-x: auto; }
.plot svg { width: 100%; min-width: 40rem; height: auto; }
.plot svg text { font-family: system-ui, sans-serif !important; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .45rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { background: var(--mark); white-space: normal; vertical-align: bottom; }
.word { text-align: left; } .number { text-align: right; }
code { font-size: .9em; }
</style>
</head>
<body>
BODY
</body>
</html>
"""
