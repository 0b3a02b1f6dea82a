"""backprop compare-devices"""

from __future__ import annotations

import json
import math
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from ..io import check_place, write_bytes, write_text
from . import options as o
from .errors import INTERRUPTED, Stop
from .show import console, on_terminal, say

JSON, PNG, HTML = "compare.json", "compare.png", "compare.html"
_MEASURE = "Measurement"


def _option(*names: str, meta: str, help: str) -> Any:
    return typer.Option(
        *names, metavar=meta, help=help, rich_help_panel=_MEASURE, show_default=False
    )


Numbers = str | None


def compare_devices(
    data: o.Data = None,
    target: o.Target = None,
    task: o.Task = None,
    model: o.Model = None,
    optimizer: o.OptimizerName = None,
    lr: o.Lr = None,
    seed: o.Seed = None,
    batch_sizes: Annotated[
        Numbers,
        _option("--batch-sizes", meta="N,N,...", help="Samples a step. Default: 1,32,256,2048."),
    ] = None,
    widths: Annotated[
        Numbers,
        _option("--widths", meta="N,N,...",
                help="What the sizes in the model's name become, one after another. Default: the "
                "model's own; without --model 32,128,512,2048 (two hidden layers)."),
    ] = None,
    dtypes: Annotated[
        Numbers,
        _option("--dtypes", meta="TYPE,...",
                help="float32, float64, tf32 and bf16 (float32, its products on tensor cores). "
                "Default: float32."),
    ] = None,
    devices: Annotated[
        Numbers,
        _option("--devices", meta="DEVICE,...",
                help="cpu, cuda, cuda:1, ...; the others are compared with the first. Default: all "
                "that work here."),
    ] = None,
    accuracy: Annotated[
        float | None,
        _option("--accuracy", meta="A",
                help="The validation accuracy to train for, as a share; 0: none. Default: 0.95."),
    ] = None,
    accuracy_seconds: Annotated[
        float | None,
        _option("--accuracy-seconds", meta="S", help="The most time for that. Default: 5."),
    ] = None,
    seconds: Annotated[
        float | None,
        _option("--seconds", meta="S", help="The time of each timing, about. Default: 0.3."),
    ] = None,
    warmup: Annotated[
        int | None,
        _option("--warmup", meta="N", help="Steps before each timing, not counted. Default: 5."),
    ] = None,
    parity_steps: Annotated[
        int | None,
        _option("--parity-steps", meta="N",
                help="Steps whose losses and parameters are compared. Default: 10."),
    ] = None,
    out: Annotated[
        str | None,
        _option("--out", meta="DIR", help=f"Where to write {JSON}, {PNG} and {HTML}."),
    ] = None,
) -> None:  # fmt: skip
    """Measure the same training on every device here: speed, memory, agreement.

    Every device begins with the same weights and sees the same batches, step by step (eager) and
    recorded once and replayed (captured). Ctrl-C keeps what was measured by then.

    Examples:

      backprop compare-devices

      backprop compare-devices mnist --model mlp:800 --batch-sizes 32,256 --out devices

      backprop compare-devices --dtypes float32,tf32 --devices cpu,cuda
    """
    from ..measure import Plan, compare
    from .machine import cpu

    here = {k: v for k, v in locals().items() if v is not None}
    given = {k: v for k, v in here.items() if k not in ("out", "Plan", "compare", "cpu")}
    for name in ("batch_sizes", "widths"):
        if name in given:
            given[name] = _numbers(name, given[name])
    for name in ("dtypes", "devices"):
        if name in given:
            given[name] = tuple(part.strip() for part in given[name].split(",") if part.strip())
    plan = Plan(**given)
    directory = None if out is None else _free(Path(out))
    watched = on_terminal()
    with console().status("measuring") if watched else nullcontext() as status:

        def notify(text: str) -> None:
            if status is not None:
                status.update(text)

        report = compare(plan, notify)
    report["cpu"] = cpu()
    from .comparison import show

    show(report)
    if directory is not None:
        _write(directory, report)
    if report["interrupted"]:
        say("interrupted: this is what was measured by then", "yellow")
        raise Stop(INTERRUPTED)


def _numbers(name: str, text: str) -> tuple[int, ...]:
    parts = [p.strip() for p in text.split(",") if p.strip()]
    if not parts or not all(p.isascii() and p.isdecimal() and int(p) for p in parts):
        raise ValueError(
            f"{name}: got {text!r}, wanted whole numbers of at least 1 with commas between, such "
            "as 1,32,256"
        )
    return tuple(map(int, parts))


def _free(directory: Path) -> Path:
    """The directory, if nothing would be lost by writing there."""
    if directory.exists() and not directory.is_dir():
        raise ValueError(f"out: {directory} is a file, wanted a directory")
    held = [name for name in (JSON, PNG, HTML) if (directory / name).exists()]
    if held:
        raise ValueError(
            f"out: {directory} holds {', '.join(held)} already, which would be lost; name another "
            "directory"
        )
    check_place(directory)
    return directory


def _write(directory: Path, report: dict[str, Any]) -> None:
    from ..viz import comparison_html, comparison_png

    directory.mkdir(parents=True, exist_ok=True)
    write_text(directory / JSON, json.dumps(_finite(report), indent=1, allow_nan=False) + "\n")
    write_bytes(directory / PNG, comparison_png(report))
    write_text(directory / HTML, comparison_html(report))
    say(f"written: {JSON}, {PNG} and {HTML} in {directory}")


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity: null."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
