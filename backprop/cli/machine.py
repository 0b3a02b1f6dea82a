"""What this machine has to compute with."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any

import backends

_SETS = {
    "AVX-512": {"skylakex", "cooperlake", "sapphirerapids"},
    "AVX2": {"haswell", "zen", "excavator"},
    "AVX": {"sandybridge", "bulldozer", "piledriver", "steamroller"},
}
"""OpenBLAS's kernel sets for x86, by the instructions they use; all others use SSE."""
_FLAGS = {
    "AVX-512": {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"},
    "AVX2": {"avx2", "fma"},
    "AVX": {"avx"},
}
_LEVELS = ("SSE", "AVX", "AVX2", "AVX-512")
_THREADS = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def cpu() -> dict[str, Any]:
    """The processor, and the library that multiplies matrices on it."""
    import numpy as np

    from backends.cpu import processor

    blas, flags, cores = _blas(), cpu_flags(), usable_cores()
    notes = [n for n in (kernel_note(blas, flags, os.environ), thread_note(blas, cores)) if n]
    memory = backends.get("cpu").memory().total
    return {
        "name": processor(), "cores": os.cpu_count(), "usable_cores": cores,
        "instructions": cpu_level(flags), "memory": memory, "numpy": np.__version__,
        "blas": blas, "notes": notes,
    }  # fmt: skip


def usable_cores() -> int:
    """The cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


def _blas() -> dict[str, Any] | None:
    """The BLAS that NumPy has loaded, as threadpoolctl sees it."""
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    found = [i for i in threadpool_info() if i.get("user_api") == "blas"]
    of_numpy = [i for i in found if "numpy" in str(i.get("filepath"))] or found
    if not of_numpy:
        return None
    i = of_numpy[0]
    return {
        "library": i.get("internal_api"), "version": i.get("version"),
        "kernels": i.get("architecture"), "threads": i.get("num_threads"),
    }  # fmt: skip


def cpu_flags() -> set[str]:
    """The instruction sets of an x86 processor, by Linux's names; empty where not known."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("flags"):
                    return set(line.partition(":")[2].split())
    except OSError:
        pass
    return set()


def cpu_level(flags: set[str]) -> str | None:
    """The widest instructions the processor has; None where not known.

    >>> cpu_level({"sse2", "avx", "avx2", "fma"}), cpu_level(set())
    ('AVX2', None)
    """
    if not flags:
        return None
    return next((level for level, wanted in _FLAGS.items() if wanted <= flags), "SSE")


def kernel_note(blas: dict[str, Any] | None, flags: set[str], environ: Any) -> str | None:
    """A sentence where the BLAS uses narrower instructions than the processor has, else None.

    >>> kernel_note({"library": "openblas", "kernels": "Haswell"}, _FLAGS["AVX-512"], {})
    'OpenBLAS runs its Haswell kernels (AVX2), but this CPU has AVX-512: matrix products may take \
twice as long'
    """
    has = cpu_level(flags)
    if blas is None or blas.get("library") != "openblas" or not blas.get("kernels") or not has:
        return None
    kernels = str(blas["kernels"])
    used = next((k for k, names in _SETS.items() if kernels.lower() in names), "SSE")
    if _LEVELS.index(used) >= _LEVELS.index(has):
        return None
    forced = environ.get("OPENBLAS_CORETYPE")
    why = f"; OPENBLAS_CORETYPE={forced} forces them: unset it" if forced else ""
    return (
        f"OpenBLAS runs its {kernels} kernels ({used}), but this CPU has {has}: matrix products "
        f"may take twice as long{why}"
    )


def thread_note(blas: dict[str, Any] | None, cores: int) -> str | None:
    """A sentence where the BLAS uses fewer threads than there are cores, else None."""
    threads = None if blas is None else blas.get("threads")
    if not threads or threads >= cores:
        return None
    said = [f"{name}={os.environ[name]}" for name in _THREADS if name in os.environ]
    why = f", as {said[0]} says" if said else ""
    return f"the BLAS uses {threads} of {cores} cores{why}"


def cuda() -> dict[str, Any]:
    """The GPUs, CuPy, and what is missing."""
    from backends.cuda import diagnose

    found = diagnose.look()
    driver = diagnose.version(found.driver) if found.driver else None
    cupy = {name: importlib.metadata.version(name) for name in found.distributions}
    devices = []
    for name in backends.available():
        if name.startswith("cuda"):
            backend = backends.get(name)
            free, total = backend.device.mem_info
            devices.append(
                {"name": name, "description": backend.describe(), "memory": total, "free": free}
            )
    problem = backends.problem("cuda")
    return {"devices": devices, "cupy": cupy, "driver_cuda": driver, "problem": problem}


def machine() -> dict[str, Any]:
    """All of it, and what `auto` takes."""
    return {"auto": backends.get("auto").name, "cpu": cpu(), "cuda": cuda()}
