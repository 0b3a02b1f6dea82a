"""The rounds: each contender in a process of its own, asked in turn for a block of steps."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .case import TRAINING, Case
from .contenders import BASELINE

SCRIPTS = Path(__file__).resolve().parent.parent
PAUSE = 0.05
"""Seconds between two blocks. BLAS and OpenMP threads spin for up to 25 ms after their last
job before they sleep; the next contender must not find them at it."""

_PINS = (
    "PYTHONDONTWRITEBYTECODE",
    "OPENBLAS_",
    "GOTO_",
    "OMP_",
    "GOMP_",
    "KMP_",
    "MKL_",
    "BLIS_",
    "NUMEXPR_",
    "XLA_",
    "NPROC",
    "PJRT_NPROC",
    "NUM_CPU_THREADS",
    "NVIDIA_TF32_",
    "CUPY_TF32",
    "ALLOW_TF32",
)
_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUM_CPU_THREADS",  # tinygrad's
    "NPROC",  # XLA's; its flag xla_cpu_multi_thread_eigen leaves matrix products on all cores
)


def environment(
    threads: int | None = None, device: str = "cpu", tf32: bool = False
) -> dict[str, str]:
    """This process's environment without what would pin a contender's threads or instruction
    sets; with this checkout first on the path, and all kept to the device. `threads` gives all the
    same number of threads."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(_PINS)}
    path = [str(SCRIPTS.parent), env.get("PYTHONPATH", "")]
    env["PYTHONPATH"] = os.pathsep.join(p for p in path if p)
    env["JAX_PLATFORMS"] = device
    env["DEV"] = device.upper()  # tinygrad's
    if device == "cuda":
        env["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # the others need memory too
        env["CUPY_TF32"] = env["ALLOW_TF32"] = str(int(tf32))
    if threads:
        for name in _THREADS:
            env[name] = str(threads)
    return env


class WorkerError(RuntimeError):
    """A contender could not do what it was asked."""


class Worker:
    """The process of one contender.

    Attributes:
        missing: why it cannot run here (its library is not installed), or None.
    """

    def __init__(
        self,
        name: str,
        python: str,
        threads: int | None = None,
        device: str = "cpu",
        tf32: bool = False,
    ) -> None:
        self.name = name
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [python, "-m", "bench.worker", name, device, *(["tf32"] if tf32 else [])],
            cwd=SCRIPTS, env=environment(threads, device, tf32), text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        self.missing: str | None = self._reply().get("missing")

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The worker's reply to one request (see `worker.Session`)."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died: the empty reply says so
            print(json.dumps({"do": do, **arguments}), file=self._process.stdin, flush=True)
        reply = self._reply()
        if "error" in reply:
            raise WorkerError(reply["error"])
        return reply

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            reply: dict[str, Any] = json.loads(line)
            return reply
        status = self._process.wait()
        self._log.seek(0)
        last = self._log.read().strip().splitlines()[-3:]
        raise WorkerError(f"its process ended with status {status}: {' | '.join(last)}")

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        except BrokenPipeError:
            pass
        self._log.close()


AGREE = 1e-3
"""The largest relative difference between first losses of the same network; with TF32 20 times
as much."""


@dataclass
class Timing:
    """What was measured of a case.

    Attributes:
        times: microseconds an operation, of each round, by contender.
        prepare: seconds by which the first three steps took longer than three later ones.
        failures: what went wrong with a contender.
    """

    times: dict[str, list[float]] = field(default_factory=dict)
    prepare: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def fail(self, name: str, why: str) -> None:
        """Take a contender out."""
        self.failures[name] = why
        self.times.pop(name, None)


def time_case(
    case: Case,
    workers: list[Worker],
    rounds: int,
    block: float,
    folder: str = "",
    agree: float = AGREE,
) -> Timing:
    """The times of every contender that takes part.

    All build and warm up first, and their first losses must agree: a contender that computes
    something else is taken out. Then, A B C A B C, each times one block of steps a round, so that
    what slows the machine down for a while slows all alike. A block is as many steps as take
    `block` seconds, at least one.
    """
    timing, steps, losses = Timing(), {}, {}
    for worker in workers:
        try:
            reply = worker.ask("build", case=case.name, block=block, folder=folder)
        except WorkerError as error:
            timing.fail(worker.name, str(error))
            continue
        if reply["seconds"] is None:
            continue
        steps[worker.name] = max(1, round(block / reply["seconds"]))
        timing.times[worker.name], timing.prepare[worker.name] = [], reply["prepare"]
        if reply["loss"] is not None:
            losses[worker.name] = reply["loss"]
    if case.kind in TRAINING:
        for name, why in disagreements({n: [v] for n, v in losses.items()}, agree).items():
            timing.fail(name, why)
    for _ in range(min(rounds, case.most_rounds)):
        for worker in [w for w in workers if w.name in timing.times]:
            n = steps[worker.name]
            time.sleep(PAUSE)
            try:
                seconds = worker.ask("block", steps=n)["seconds"]
            except WorkerError as error:
                timing.fail(worker.name, str(error))
                continue
            timing.times[worker.name].append(1e6 * seconds / (n * case.count))
    for worker in workers:
        if worker.name in steps and worker.alive():
            worker.ask("drop")
    return timing


def disagreements(losses: dict[str, list[float]], agree: float) -> dict[str, str]:
    """Who computes something else than the baseline (without it: than the first), by the losses."""
    if not losses:
        return {}
    of = BASELINE if BASELINE in losses else next(iter(losses))
    found = {}
    for name, values in losses.items():
        for i, (got, wanted) in enumerate(zip(values, losses[of], strict=False)):
            if not abs(got - wanted) <= agree * abs(wanted):
                found[name] = f"its loss number {i + 1} is {got:.6g}, that of {of} {wanted:.6g}"
                break
    return found
