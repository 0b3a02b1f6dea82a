"""The same training on every device: how fast each is, and whether they agree."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

import backends

from ..capturing import CaptureError
from ..train.result import Data
from ..train.settings import Settings
from .accuracy import train_for
from .conclude import conclude
from .flops import step_flops
from .parity import Reference
from .plan import Plan, base
from .precision import products, refusal
from .timing import Stopwatch, peak_bytes, product_peak, take_turns
from .work import MODES, Batch, built, check_replayed, host_batches, moved, training_step

Notify = Callable[[str], None]
_FIRST_STEPS = 3
"""Before the memory of a step is looked at: one eager, one recorded, one replayed."""


def compare(plan: Plan, notify: Notify = lambda text: None) -> dict[str, Any]:
    """Measure what the plan says, on every device that works here.

    Ctrl-C ends it early: what was measured by then is given back, with `interrupted` set.

    Args:
        plan: what to measure.
        notify: told what is being done.

    Returns:
        what `compare.json` holds: numbers, strings, lists and dicts.

    Raises:
        BackendError, ValueError, FileNotFoundError: nothing of it can be had here.
        KeyboardInterrupt: nothing was measured yet.

    >>> plan = Plan(model="mlp:4", batch_sizes=(2,), devices=("cpu",), seconds=0.001, accuracy=0,
    ...             peak_seconds=0.001)
    >>> [(row["mode"], row["batch"]) for row in compare(plan)["rows"]]
    [('eager', 2), ('captured', 2)]
    """
    plan, missing = plan.found()
    trouble = backends.problem("cuda") if len(plan.devices) == 1 else None
    if trouble and trouble not in missing.values():
        missing["cuda"] = trouble
    measuring = _Measuring(plan, missing, notify)
    try:
        with np.errstate(all="ignore"):  # what overflows is seen in the losses
            measuring.all()
    except KeyboardInterrupt:
        if not measuring.report["rows"]:
            raise
        measuring.report["interrupted"] = True
    return conclude(measuring.report)


@dataclass(frozen=True)
class _Cell:
    """One network, batch size and dtype, on whatever device."""

    model: str
    width: int | None
    batch: int
    dtype: str

    def names(self) -> dict[str, Any]:
        return asdict(self)


class _Measuring:
    """A comparison in the making; `report` grows row by row."""

    def __init__(self, plan: Plan, missing: dict[str, str], notify: Notify) -> None:
        self.plan, self.notify = plan, notify
        self.backends = [backends.get(name) for name in plan.devices]
        self.reference = self.backends[0]
        self._data: dict[str, Data] = {}
        self._flops: dict[str, int] = {}
        first = self.data(base(plan.dtypes[0]))
        self.report: dict[str, Any] = {
            "format": 1, "when": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "machine": platform.machine(), "system": platform.system(),
            "python": platform.python_version(), "numpy": np.__version__,
            "devices": [{"name": b.name, "description": b.describe()} for b in self.backends],
            "reference": self.reference.name, "missing_devices": missing,
            "data": first.description, "plan": asdict(plan), "interrupted": False,
            "notes": [], "peaks": [], "rows": [], "parity": [], "accuracy": [],
        }  # fmt: skip

    def data(self, dtype: str) -> Data:
        if dtype not in self._data:
            plan = self.plan
            self._data[dtype] = Data.read(plan.settings("cpu", 1, plan.models()[0][1], dtype))
        return self._data[dtype]

    def settings(self, cell: _Cell, backend: backends.Backend) -> Settings:
        return self.plan.settings(backend.name, cell.batch, cell.model, cell.dtype)

    def cells(self) -> Iterator[_Cell]:
        for dtype in self.plan.dtypes:
            for width, model in self.plan.models():
                for batch in self.plan.batch_sizes:
                    yield _Cell(model, width, batch, dtype)

    def all(self) -> None:
        """Every figure, one after another."""
        for dtype in self.plan.dtypes:
            for backend in self.backends:
                self._peak(backend, dtype)
        cells = list(self.cells())
        for number, cell in enumerate(cells, 1):
            said = f"{cell.model}, batches of {cell.batch}, {cell.dtype} ({number}/{len(cells)})"
            pairs = host_batches(self._of(cell), cell.batch, self.plan.seed)
            batches: dict[str, list[Batch]] = {}
            self.notify(f"{said}: steps")
            self._rows(cell, pairs, batches)
            try:
                self._parity(cell, pairs, batches, said)
                self._accuracy(cell, said)
            except MemoryError as error:
                self.report["notes"].append(f"{said}: {_memory(error)}")

    # ------------------------------------------------------------------------- speed

    def _peak(self, backend: backends.Backend, dtype: str) -> None:
        row: dict[str, Any] = {"device": backend.name, "dtype": dtype, "missing": None}
        row |= {"gflops": None, "size": None}
        reason = refusal(backend, dtype)
        if reason is None:
            self.notify(f"products of square matrices on {backend.name}, {dtype}")
            with products(backend, dtype):
                rate, size = product_peak(backend, base(dtype), self.plan.peak_seconds)
            row |= {"gflops": rate, "size": size}
        self.report["peaks"].append(row | {"missing": reason})

    def _rows(self, cell: _Cell, pairs: Any, batches: dict[str, list[Batch]]) -> None:
        """The rows of all devices and both modes, timed in turn."""
        rows, watches = [], []
        for backend in self.backends:
            reason, transfer = refusal(backend, cell.dtype), None
            if reason is None:
                try:
                    batches[backend.name], transfer = moved(backend, pairs, self._of(cell))
                except MemoryError as error:
                    reason = _memory(error)
            for mode in MODES:
                row = cell.names() | {"device": backend.name, "mode": mode, "missing": reason}
                row |= {"transfer_ms": transfer, **dict.fromkeys(_FIGURES)}
                rows.append(row)
                if reason is None:
                    watch = self._begun(cell, backend, row, batches[backend.name])
                    if watch is not None:
                        watches.append((row, watch))
        if watches:
            take_turns([watch for _, watch in watches], self.plan.seconds)
        flops = self._step_flops(cell) if watches else 0
        for row, watch in watches:
            t = watch.timing()
            row |= {
                "ms": t.ms, "ms_quartiles": list(t.quartiles), "first_ms": t.first_ms,
                "warmup_ms": t.warmup_ms, "warmup_steps": self.plan.warmup, "samples": t.samples,
                "steps_a_sample": t.at_once, "samples_per_second": cell.batch / t.ms * 1e3,
                "flops": flops, "gflops": flops / t.ms * 1e-6,
            }  # fmt: skip
        self.report["rows"] += rows

    def _begun(
        self, cell: _Cell, backend: backends.Backend, row: dict[str, Any], batches: list[Batch]
    ) -> Stopwatch | None:
        """A stopwatch after the warm-up; None where the step cannot run, and then the row says
        why."""
        data, settings = self._of(cell), self.settings(cell, backend)

        def begun() -> Callable[[], Any]:
            step = training_step(built(settings, data).trainer, row["mode"])
            for i in range(_FIRST_STEPS):
                step(*batches[i % len(batches)])
            return lambda: step(*batches[0])

        try:
            with products(backend, cell.dtype):
                step = training_step(built(settings, data).trainer, row["mode"])
                around = partial(products, backend, cell.dtype)
                watch = Stopwatch(backend, step, batches, around)
                watch.warm_up(self.plan.warmup)
                check_replayed(step)
                row["peak_bytes"] = peak_bytes(backend, begun)
            return watch
        except MemoryError as error:
            row["missing"] = _memory(error)
        except CaptureError as error:
            row["missing"] = f"cannot be captured: {_first_line(error)}"
        return None

    def _of(self, cell: _Cell) -> Data:
        return self.data(base(cell.dtype))

    def _step_flops(self, cell: _Cell) -> int:
        """Of a step, from one row: products grow with the batch."""
        if cell.model not in self._flops:
            data = self._of(cell)
            settings = self.plan.settings("cpu", 1, cell.model, cell.dtype)
            batches, _ = moved(backends.get("cpu"), host_batches(data, 1, 0), data)
            model = built(settings, data).model
            self._flops[cell.model], unknown = step_flops(model, batches[0][0])
            if unknown:
                self.report["notes"].append(
                    f"{cell.model}: the products of {', '.join(unknown)} are not counted"
                )
        return self._flops[cell.model] * cell.batch

    # ---------------------------------------------------------------------- agreement

    def _works(self, cell: _Cell) -> list[dict[str, Any]]:
        wanted = cell.names()
        return [
            r for r in self.report["rows"]
            if r["missing"] is None and all(r[k] == v for k, v in wanted.items())
        ]  # fmt: skip

    def _parity(self, cell: _Cell, pairs: Any, batches: Any, said: str) -> None:
        first, data = self.reference, self._of(cell)
        rows = self._works(cell)
        if len(rows) < (2 if cell.dtype == base(cell.dtype) else 1):
            return
        self.notify(f"{said}: whether all agree")
        here = batches.get(first.name) or moved(first, pairs, data)[0]
        settings = self.settings(cell, first)
        reference = Reference.of(settings, data, here, self.plan.parity_steps)
        found: dict[str, Any] = cell.names() | {"steps": len(reference.losses)}
        found |= {"reference": f"{first.name}, eager, {base(cell.dtype)}", "against": []}
        found["losses"] = reference.losses
        found["largest_parameter"] = float(np.abs(reference.parameters[-1]).max(initial=0.0))
        for row in rows:
            backend = backends.get(row["device"])
            same = backend is first and row["mode"] == "eager" and cell.dtype == base(cell.dtype)
            if same:
                continue
            with products(backend, cell.dtype):
                losses, parameters = reference.differences(
                    self.settings(cell, backend), data, batches[backend.name], row["mode"]
                )
            found["against"].append(
                {"device": row["device"], "mode": row["mode"], "losses": losses,
                 "parameters": parameters}
            )  # fmt: skip
            row["loss_difference"], row["parameter_difference"] = max(losses), max(parameters)
        self.report["parity"].append(found)

    def _accuracy(self, cell: _Cell, said: str) -> None:
        """Of each device, in its faster mode."""
        plan, data = self.plan, self._of(cell)
        if not plan.accuracy or data.prepared.validation is None:
            return
        if data.prepared.preprocessor.classes is None and data.kind != "text":
            note = "time to an accuracy: none, since the data are a regression"
            if note not in self.report["notes"]:
                self.report["notes"].append(note)
            return
        rows = self._works(cell)
        for backend in self.backends:
            mine = [r for r in rows if r["device"] == backend.name]
            if not mine:
                continue
            mode = min(mine, key=lambda r: r["ms"])["mode"]
            self.notify(f"{said}: training for {plan.accuracy:.0%} on {backend.name}")
            with products(backend, cell.dtype):
                run = train_for(
                    self.settings(cell, backend), data, mode, plan.accuracy, plan.accuracy_seconds
                )
            found = cell.names() | {"device": backend.name, "mode": mode}
            self.report["accuracy"].append(found | asdict(run))


_FIGURES = (
    "ms", "ms_quartiles", "first_ms", "warmup_ms", "warmup_steps", "samples", "steps_a_sample",
    "samples_per_second", "flops", "gflops", "peak_bytes", "loss_difference",
    "parameter_difference", "peak_share", "speedup",
)  # fmt: skip
"""What a row has; None where it was not measured."""


def _memory(error: MemoryError) -> str:
    return f"not enough memory: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).partition("\n")[0]
