"""backprop devices, and the line about the device that training begins with."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from typing import Annotated, Any

import typer

import backends

from ..train.result import Data
from ..train.settings import Settings
from .show import console, on_terminal, say


def device_line(wanted: str) -> str:
    """The device that is taken, and why, in one line.

    Raises:
        backends.BackendError: it cannot be used; the message says why.
        ValueError: there is no such device.
    """
    try:
        backends.get(wanted)
    except ValueError:
        names = ["auto", *backends.available()]
        raise ValueError(
            f"device: got {wanted!r}, wanted one of {', '.join(names)} (see backprop devices)"
        ) from None
    if wanted != "auto":
        return f"device: {backends.explain(wanted)}, as asked"
    more = "" if backends.problem("cuda") is None else " (see backprop devices)"
    return f"device: {backends.explain()}{more}"


def decided(settings: Settings) -> tuple[Settings, Data | None]:
    """The settings with the device that `auto` stands for, and the data where they had to be read.

    Where there are several devices, a few steps of the training on each decide.

    Raises:
        backends.BackendError, ValueError, FileNotFoundError: what was asked for cannot be had.
    """
    from ..measure import choose

    if settings.device != "auto" or len(choose.candidates()) < 2:
        say(device_line(settings.device))
        return settings, None
    data = Data.read(settings)
    with console().status("measuring the devices") if on_terminal() else nullcontext():
        choice = choose.choose_device(settings, data)
    say(f"device: {backends.explain(choice.device)}: {choice.why}")
    return replace(settings, device=choice.device), data


def _size(count: int | None) -> str:
    return "?" if count is None else f"{count / 2**30:.1f} GiB"


def devices(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show what there is to compute with, what is missing, and how to get it."""
    from .machine import machine

    found = machine()
    if as_json:
        print(json.dumps(found, indent=2))
        return
    _show_cpu(found["cpu"])
    _show_cuda(found["cuda"])
    say(f"auto takes {found['auto']}")


def _show_cpu(cpu: dict[str, Any]) -> None:
    usable = "" if cpu["usable_cores"] == cpu["cores"] else f", {cpu['usable_cores']} usable"
    level = f", {cpu['instructions']}" if cpu["instructions"] else ""
    say(f"cpu     {cpu['name']}: {cpu['cores']} cores{usable}{level}, {_size(cpu['memory'])}")
    blas = cpu["blas"]
    if blas is None:
        said = "BLAS not recognised"
    else:
        kernels = f", {blas['kernels']} kernels" if blas["kernels"] else ""
        version = f" {blas['version']}" if blas["version"] else ""
        said = f"{blas['library']}{version}{kernels}, {blas['threads']} threads"
    say(f"        NumPy {cpu['numpy']}; {said}")
    for note in cpu["notes"]:
        say(f"        note: {note}", "yellow")


def _show_cuda(cuda: dict[str, Any]) -> None:
    for d in cuda["devices"]:
        say(f"{d['name']:<7} {d['description']}, {_size(d['free'])} free")
    cupy = ", ".join(f"{name} {version}" for name, version in cuda["cupy"].items())
    driver = cuda["driver_cuda"]
    say(
        f"cuda    CuPy: {cupy or 'not installed'}; NVIDIA driver: "
        + (f"for CUDA {driver}" if driver else "none")
    )
    if cuda["problem"]:
        say(f"        missing: {cuda['problem'].removeprefix('cuda:0').lstrip(': ')}", "yellow")
