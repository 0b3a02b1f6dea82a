"""Import time and installed size of a contender's library.

    python -m bench.footprint MODULE DISTRIBUTION

prints both as JSON: the seconds `import MODULE` takes in this fresh process, and the bytes of the
distribution's files with those of all installed distributions it requires.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

LIBRARIES = {
    "numpy": ("numpy", "numpy"),
    "backprop": ("backprop", "backprop-array"),
    "torch": ("torch", "torch"),
    "jax": ("jax.numpy", "jax"),
    "sklearn": ("sklearn.neural_network", "scikit-learn"),
    "tinygrad": ("tinygrad", "tinygrad"),
    "autograd": ("autograd.numpy", "autograd"),
}
"""By contender: what to import, and the distribution it is part of."""


def measure(names: list[str], pythons: dict[str, str], rounds: int) -> dict[str, dict[str, Any]]:
    """Microseconds of each round, and bytes, by contender: fresh processes, interleaved.

    A first round, that brings the files into memory, does not count.
    """
    from .runner import SCRIPTS, environment

    found: dict[str, dict[str, Any]] = {n: {"rounds_us": []} for n in names if n in LIBRARIES}
    for i in range(rounds + 1):
        for name, result in found.items():
            command = [pythons[name], "-m", "bench.footprint", *LIBRARIES[name]]
            done = subprocess.run(
                command, cwd=SCRIPTS, env=environment(), capture_output=True, text=True, check=True
            )
            reply = json.loads(done.stdout.splitlines()[-1])
            if i:
                result["rounds_us"].append(1e6 * reply["seconds"])
            result["bytes"] = reply["bytes"]
    return found


def installed_bytes(distribution: str) -> int | None:
    """The size of a distribution and all it requires, as installed; None where it is not."""
    from importlib import metadata
    from re import match

    total, waiting, seen = 0, [distribution], set()
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if name == distribution:
                return None
            continue
        total += _own_bytes(found)
        for requirement in found.requires or ():
            if "extra ==" not in requirement and (m := match(r"[\w.-]+", requirement)):
                waiting.append(m[0])
    return total


def _own_bytes(distribution: Any) -> int:
    if distribution.read_text("RECORD") and "editable" not in (
        distribution.read_text("direct_url.json") or ""
    ):
        files = [Path(distribution.locate_file(f)) for f in distribution.files or ()]
    else:  # installed from a checkout: its packages lie elsewhere
        names = (distribution.read_text("top_level.txt") or "").split()
        places = [p for n in names for p in import_module(n).__path__]
        files = [f for p in places for f in Path(p).rglob("*")]
    return sum(f.stat().st_size for f in files if f.is_file())


if __name__ == "__main__":
    start = time.perf_counter()
    import_module(sys.argv[1])
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "bytes": installed_bytes(sys.argv[2])}))
