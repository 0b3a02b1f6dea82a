"""Why CUDA cannot be used here, and the command that mends it.

`look` gathers facts, `problem` judges them: apart, so that every situation can be tested on a
machine that is in none of them.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import sys
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Findings:
    """What is installed and what answers.

    CUDA counts its versions as 1000 major + 10 minor: 13020 is 13.2.

    Attributes:
        distributions: the installed packages that bring a `cupy` module.
        import_error: what `import cupy` said, or None when it worked.
        driver: the newest CUDA version the driver runs; 0 without a driver.
        runtime: the CUDA version CuPy was built with.
        devices: how many devices answer.
        device_error: what asking for them said, or None.
        compiler_error: what loading the run-time compiler said, or None when it worked.
    """

    distributions: tuple[str, ...] = ()
    import_error: str | None = None
    driver: int = 0
    runtime: int = 0
    devices: int = 0
    device_error: str | None = None
    compiler_error: str | None = None


@cache
def look() -> Findings:
    """The findings on this machine; looked up once."""
    distributions = installed()
    if len(distributions) > 1:  # which one an import would find is chance, and CuPy would warn
        return Findings(distributions, driver=driver_version())
    try:
        import cupy
    except Exception as error:  # a broken installation fails in its own way
        return Findings(distributions, f"{type(error).__name__}: {error}", driver_version())
    runtime = cupy.cuda.runtime
    devices, device_error, compiler_error = 0, None, None
    try:
        devices = runtime.getDeviceCount()
    except Exception as error:
        device_error = str(error)
    try:
        cupy.cuda.nvrtc.getVersion()
    except Exception as error:
        compiler_error = str(error)
    return Findings(
        distributions,
        None,
        runtime.driverGetVersion(),
        runtime.runtimeGetVersion(),
        devices,
        device_error,
        compiler_error,
    )


def installed() -> tuple[str, ...]:
    """The installed packages that bring a `cupy` module: cupy, cupy-cuda12x, cupy-rocm-6-0, ..."""
    names = {str(d.metadata["Name"]).lower() for d in importlib.metadata.distributions()}
    cupys = {n for n in names if n == "cupy" or n.startswith(("cupy-cuda", "cupy-rocm"))}
    return tuple(sorted(cupys))


def driver_version() -> int:
    """The newest CUDA version the driver runs, asked of the driver itself; 0 without a driver."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return 0
    version = ctypes.c_int(0)
    return version.value if driver.cuDriverGetVersion(ctypes.byref(version)) == 0 else 0


def problem(found: Findings, index: int = 0) -> str | None:
    """Why the device of this index cannot be used, and what mends it; None when it can."""
    name, have = f"cuda:{index}", ", ".join(found.distributions)
    install = f'pip install "backprop-array[{extra(found.driver)}]"'
    if len(found.distributions) > 1:
        return (
            f"{name}: more than one CuPy is installed ({have}), and they overwrite each other: "
            f"{_uninstall(found)} && {install}"
        )
    if found.import_error and not found.distributions:
        driver = "" if found.driver else f"; {_NO_DRIVER}"
        return f"{name} needs CuPy, which is not installed: {install}{driver}"
    if have.startswith("cupy-rocm"):
        return f"{name}: the CuPy installed ({have}) is for ROCm: {_uninstall(found)} && {install}"
    if found.import_error:
        return (
            f"{name}: CuPy ({have}) is installed but cannot be imported "
            f"({found.import_error}): {_uninstall(found)} && {install}"
        )
    if not found.driver:
        return f"{name}: {_NO_DRIVER}"
    if found.driver // 1000 < found.runtime // 1000:
        old = (
            f"{name}: the NVIDIA driver is too old: it runs CUDA {version(found.driver)}, and "
            f"CuPy ({have}) needs {found.runtime // 1000}.0 or newer; update the driver"
        )
        return old + (f", or: {_uninstall(found)} && {install}" if found.driver >= 12000 else "")
    if not found.devices:
        why = f" ({found.device_error})" if found.device_error else ""
        return (
            f"{name}: the NVIDIA driver works, but there is no CUDA device{why}; see what "
            "`nvidia-smi` lists, whether CUDA_VISIBLE_DEVICES hides it, and in a container "
            "whether it was started with --gpus all"
        )
    if index >= found.devices:
        names = ", ".join(f"cuda:{i}" for i in range(found.devices))
        return f"{name}: there is no such device, only {names}"
    if found.compiler_error:
        built_for = f'pip install "backprop-array[{extra(found.runtime)}]"'
        return (
            f"{name}: CuPy ({have}) cannot load NVRTC, the compiler of CUDA "
            f"({found.compiler_error}): {built_for}"
        )
    return None


_NO_DRIVER = (
    "no NVIDIA driver was found; install one from https://www.nvidia.com/drivers (580 or newer, "
    'or 525 or newer with: pip install "backprop-array[cuda12]"), in a container start it with '
    "--gpus all, or use the device 'cpu'"
)


def extra(cuda: int) -> str:
    """The extra of this package that suits a CUDA version (0: not known)."""
    return "cuda12" if 0 < cuda < 13000 else "cuda13"


def version(number: int) -> str:
    """CUDA's own way to count versions, as people write them.

    >>> version(13020)
    '13.2'
    """
    return f"{number // 1000}.{number % 1000 // 10}"


def _uninstall(found: Findings) -> str:
    return f"pip uninstall -y {' '.join(found.distributions)}"
