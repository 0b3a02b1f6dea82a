"""The machine the figures are from."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any


def machine(device: str) -> dict[str, Any]:
    """Processor, cores, system, Python, what else keeps the machine busy; and the GPU."""
    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = [ln.partition(":")[2].strip() for ln in lines if ln.startswith("model name")]
        processor = models[0] if models else processor
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "processor": processor,
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "gpu": _gpu() if device == "cuda" else None,
    }


def _gpu() -> str | None:
    """Name, driver and memory of the first GPU, from the driver's own tool."""
    if not shutil.which("nvidia-smi"):
        return None
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True)
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else None


def describe(found: dict[str, Any]) -> str:
    """The machine in a line."""
    line = f"{found['processor']}, {found['cores']} cores"
    return f"{found['gpu']}; {line}" if found["gpu"] else line
