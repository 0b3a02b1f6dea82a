"""The rounds: each contender in a process of its own, asked in turn for a block of steps."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from .cases import Case

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
)


def environment(threads: int | None = None) -> dict[str, str]:
    """This process's environment without what would pin a contender's threads or instruction
    sets; with this checkout first on the path, and JAX kept to the CPU. `threads` gives all the
    same number of threads (XLA knows one or all only)."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(_PINS)}
    path = [str(SCRIPTS.parent), env.get("PYTHONPATH", "")]
    env["PYTHONPATH"] = os.pathsep.join(p for p in path if p)
    env["JAX_PLATFORMS"] = "cpu"
    if threads:
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            env[name] = str(threads)
        if threads == 1:
            env["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return env


class WorkerError(RuntimeError):
    """A contender could not do what it was asked."""


class Worker:
    """The process of one contender.

    Attributes:
        missing: why it cannot run here (its library is not installed), or None.
    """

    def __init__(self, name: str, python: str, threads: int | None = None) -> None:
        self.name = name
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [python, "-m", "bench.worker", name],
            cwd=SCRIPTS, env=environment(threads), text=True, encoding="utf-8",
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


Times = dict[str, list[float]]
Failures = dict[str, str]


def time_case(
    case: Case, workers: list[Worker], rounds: int, block: float
) -> tuple[Times, Failures]:
    """Microseconds an operation, of each round, for every contender that takes part; and what
    went wrong with the others.

    All build and warm up first. Then, A B C A B C, each times one block of steps a round, so that
    what slows the machine down for a while slows all alike. A block is as many steps as take
    `block` seconds, at least one.
    """
    times: Times = {}
    failures: Failures = {}
    steps: dict[str, int] = {}
    for worker in workers:
        try:
            seconds = worker.ask("build", case=case.name, block=block)["seconds"]
        except WorkerError as error:
            failures[worker.name] = str(error)
            continue
        if seconds is not None:
            steps[worker.name] = max(1, round(block / seconds))
            times[worker.name] = []
    for _ in range(min(rounds, case.most_rounds)):
        for worker in [w for w in workers if w.name in times]:
            n = steps[worker.name]
            time.sleep(PAUSE)
            try:
                seconds = worker.ask("block", steps=n)["seconds"]
            except WorkerError as error:
                failures[worker.name] = str(error)
                del times[worker.name]
                continue
            times[worker.name].append(1e6 * seconds / (n * case.count))
    for worker in [w for w in workers if w.name in times]:
        worker.ask("drop")
    return times, failures
