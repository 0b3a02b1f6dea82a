"""The process of one contender: builds and times steps when asked to, and sleeps meanwhile.

    python -m bench.worker NAME DEVICE [tf32]

Requests come in on standard input, replies go out on standard output, one JSON object a line;
between them the process blocks on the pipe and takes no processor time. Whatever a library
prints goes to standard error.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .case import TRAINING
from .cases import find
from .contenders import Contender, load

Reply = dict[str, Any]


class Session:
    """A contender and the step it has built."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.step: Callable[[], Any] | None = None

    def build(self, case: str, block: float, folder: str = "") -> Reply:
        """Build a case's step and warm it up, until two blocks in a row of `block` seconds agree
        to 10 % (at most six). A step that still takes seconds the third time is warm.

        Returns seconds a step (None where the contender takes no part), the loss of the first
        step, and `prepare`: the seconds by which the first three steps, in which libraries
        compile or record, took longer than three later ones.
        """
        self.contender.folder = Path(folder)
        chosen = find(case)
        self.step = self.contender.build(chosen)
        if self.step is None:
            return {"seconds": None}
        start = time.perf_counter()
        result = self.step()
        self.contender.wait(result)
        first = time.perf_counter() - start
        loss = self.contender.loss(result) if chosen.kind in TRAINING else None
        del result
        times = [first, *(self.time(1)["seconds"] for _ in range(2))]
        seconds = times[-1]
        for i in range(6):
            steps = max(1, round(block / seconds))
            before, seconds = seconds, self.time(steps)["seconds"] / steps
            if abs(seconds - before) < 0.1 * before or (i > 0 and seconds > 10 * block):
                break
        return {"seconds": seconds, "loss": loss, "prepare": max(0.0, sum(times) - 3 * seconds)}

    def losses(self, case: str, lr: float, steps: int) -> Reply:
        """The losses of the first steps at a learning rate that changes them; None where the
        contender takes no part."""
        step = self.contender.build(replace(find(case), lr=lr))
        if step is None:
            return {"losses": None}
        return {"losses": [self.contender.loss(step()) for _ in range(steps)]}

    def time(self, steps: int) -> Reply:
        """Seconds that so many steps take, one after another, until the device has done them."""
        assert self.step is not None
        step, result = self.step, None
        start = time.perf_counter()
        for _ in range(steps):
            result = step()
        self.contender.wait(result)
        return {"seconds": time.perf_counter() - start}

    def block(self, steps: int) -> Reply:
        """`time`, after a tenth of the steps untimed: caches and threads may have gone cold."""
        if steps > 1:
            self.time(max(1, steps // 10))
        return self.time(steps)

    def drop(self) -> Reply:
        """Forget the step."""
        self.step = None
        gc.collect()
        return {}

    def about(self) -> Reply:
        """Versions, device, threads, kernel sets and precision."""
        return self.contender.about()


def main(name: str, device: str, *options: str) -> None:
    """Serve requests until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(reply: Reply) -> None:
        print(json.dumps(reply), file=replies, flush=True)

    try:
        session = Session(load(name, device, "tf32" in options))
    except ImportError as error:
        send({"missing": str(error).splitlines()[0]})
        return
    send({})
    for line in sys.stdin:
        request = json.loads(line)
        do = getattr(session, request.pop("do"))
        try:
            send(do(**request))
        except Exception as error:
            send({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main(*sys.argv[1:])
