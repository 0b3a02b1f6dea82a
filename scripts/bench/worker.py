"""The process of one contender: builds and times steps when asked to, and sleeps meanwhile.

    python -m bench.worker NAME

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
from typing import Any

from .cases import CASES
from .contenders import Contender, load

Reply = dict[str, Any]


class Session:
    """A contender and the step it has built."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.step: Callable[[], Any] | None = None

    def build(self, case: str, block: float) -> Reply:
        """Build a case's step and warm it up, until two blocks in a row of `block` seconds agree
        to 10 % (at most ten). Compilation and first-use costs end here. A step that still takes
        seconds the third time is warm.

        Returns seconds a step, or None where the contender takes no part.
        """
        self.step = self.contender.build(next(c for c in CASES if c.name == case))
        if self.step is None:
            return {"seconds": None}
        seconds = self.time(1)["seconds"]
        for i in range(10):
            steps = max(1, round(block / seconds))
            before, seconds = seconds, self.time(steps)["seconds"] / steps
            if abs(seconds - before) < 0.1 * before or (i > 0 and seconds > 10 * block):
                break
        return {"seconds": seconds}

    def time(self, steps: int) -> Reply:
        """Seconds that so many steps take, one after another."""
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
        """Versions, threads, kernel sets and precision."""
        return self.contender.about()


def main(name: str) -> None:
    """Serve requests until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(reply: Reply) -> None:
        print(json.dumps(reply), file=replies, flush=True)

    try:
        session = Session(load(name))
    except ImportError as error:
        send({"missing": str(error)})
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
    main(sys.argv[1])
