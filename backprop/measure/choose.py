"""Which device a training is faster on: a short measurement of its own steps."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import backends
from backends.folders import cache_dir

from ..capturing import CaptureError
from ..io import write_text
from ..train import bundle
from ..train.result import Data
from ..train.settings import Settings
from .timing import Stopwatch, take_turns
from .work import built, check_replayed, host_batches, moved, training_step

SECONDS, WARMUP, SAMPLES = 0.2, 4, 3
_THREADS = ("OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Choice:
    """A device, and the reason in words.

    Attributes:
        device: its name.
        why: a clause for the user; empty where there was nothing to choose.
        ms: milliseconds of a step on each device that was measured.
    """

    device: str
    why: str
    ms: Mapping[str, float]


def candidates() -> list[str]:
    """What `auto` chooses from: the CPU, and the first CUDA device where one works."""
    return backends.available()[:2]


def choose_device(settings: Settings, data: Data, names: Sequence[str] | None = None) -> Choice:
    """The device on which the steps of this training are fastest.

    A few steps of the real network on real batches are timed on each device, and the times are
    remembered in the user's cache folder for this network, batch, machine and these versions.
    With one device nothing is measured.

    Args:
        settings: the training's.
        data: its data.
        names: the devices; default: see `candidates`.

    Raises:
        ValueError: the settings make no sense for the data.

    >>> settings = Settings("digits", model="mlp:8")
    >>> choose_device(settings, Data.read(settings), ["cpu"]).device
    'cpu'
    """
    names = candidates() if names is None else list(names)
    if len(names) == 1:
        return Choice(names[0], "", {})
    pre = data.prepared.preprocessor
    settings = settings.completed(pre.task, data.kind, len(data.prepared.train))
    key = _key(settings, data, names)
    path = cache_dir() / "devices" / f"{_digest(key)}.json"
    times = _remembered(path, names)
    if times is not None:
        return _chosen(times, f"measured before, in {path}")
    times, failed = {}, {}
    for name in names:
        try:
            times[name] = step_ms(settings, data, name)
        except (MemoryError, RuntimeError) as error:  # BackendError and CUDA's own among them
            failed[name] = str(error).partition("\n")[0]
    said = "".join(f"; on {name} it failed: {why}" for name, why in failed.items())
    if not times:
        return Choice(backends.get("auto").name, f"could not be measured{said}", {})
    return _chosen(times, _remember(path, key, times) + said if not failed else f"measured{said}")


def step_ms(settings: Settings, data: Data, device: str) -> float:
    """Milliseconds of a training step, captured where it can be."""
    backend = backends.get(device)
    rows = len(data.prepared.train)
    size = rows if settings.batch_size == "full" else min(int(settings.batch_size or 1), rows)
    pairs = host_batches(data, size, settings.seed)
    settings = replace(settings, device=backend.name)
    batches, _ = moved(backend, pairs, data)
    for mode in ("eager",) if settings.capture is False else ("captured", "eager"):
        step = training_step(built(settings, data).trainer, mode)
        try:
            watch = Stopwatch(backend, step, batches)
            with np.errstate(all="ignore"):  # the training will tell of what overflows
                watch.warm_up(WARMUP)
                check_replayed(step)
                take_turns([watch], SECONDS, SAMPLES)
            return watch.timing().ms
        except CaptureError:
            continue
    raise AssertionError("an eager step is never captured")


def _chosen(times: Mapping[str, float], how: str) -> Choice:
    first, *others = sorted(times, key=lambda name: times[name])
    said = f"a step takes {_ms(times[first])} there"
    said += "".join(f", {_ms(times[name])} on {name}" for name in others)
    return Choice(first, f"{said} ({how})", dict(times))


def _ms(value: float) -> str:
    return f"{value:.3g} ms"


# ---------------------------------------------------------------------------- the memory of it


def _key(settings: Settings, data: Data, names: Sequence[str]) -> dict[str, Any]:
    """All that the times depend on."""
    pre, s = data.prepared.preprocessor, settings
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    for package in ("backprop-array", "numba"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = ""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        cores = os.cpu_count() or 1
    return {
        "network": s.network(), "row": list(bundle.row_shape(pre)),
        "outputs": bundle.outputs(s, pre), "optimizer": s.optimizer, "batch_size": s.batch_size,
        "rows": len(data.prepared.train) if s.batch_size == "full" else None,
        "penalties": [s.l1 > 0, s.l2 > 0], "clipped": s.clip_norm is not None,
        "captured": s.capture,
        "devices": {name: backends.get(name).describe() for name in names}, "cores": cores,
        "threads": {name: os.environ.get(name) for name in _THREADS}, "versions": versions,
    }  # fmt: skip


def _digest(key: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]


def _remembered(path: Path, names: Sequence[str]) -> dict[str, float] | None:
    """The times in a file; None where there is none, or it is not what `_remember` writes."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["ms"]
        times = {name: float(found[name]) for name in names}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return times if all(math.isfinite(t) and t > 0 for t in times.values()) else None


def _remember(path: Path, key: Mapping[str, Any], times: Mapping[str, float]) -> str:
    """Write the times whole or not at all; in words, whether they are kept."""
    content = {"ms": dict(times), "when": time.strftime("%Y-%m-%d"), "of": dict(key)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(content, indent=1) + "\n")
    except OSError as error:
        return f"measured; not kept: {error.strerror or error}"
    return f"measured, and kept in {path}"
