"""What every contender offers."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..case import Case

Step = Callable[[], Any]


class Contender:
    """One library, or one way to use it.

    A subclass has a method for each kind of case it takes part in, which returns the step:

        mlp(case)       one whole training step of ReLU layers on one batch: gradients cleared,
                        forward, loss (cross-entropy of 10 outputs, squared error of 1),
                        backward, optimizer; the step returns the loss
        network(case)   the same of another network, that of `case.network`
        epoch(case)     the training data read from `folder`, and one epoch over them
        multiply(case)  `count` multiplications of 8x8 float64 arrays, recorded for a gradient
                        but not differentiated
        exp(case)       the same with exponentials of one array
        chain(case)     forward and backward through `count` multiplications of 8x8 float64
                        arrays, each of the result of the one before

    Args:
        device: "cpu" or "cuda".
        tf32: whether float32 products on CUDA may round their factors to TF32.

    Attributes:
        packages: the distributions whose versions the report names.
        folder: where the files of MNIST are.

    Raises:
        ImportError: it cannot use the device here.
    """

    packages: tuple[str, ...] = ("numpy",)

    def __init__(self, device: str = "cpu", tf32: bool = False) -> None:
        self.device, self.tf32 = device, tf32
        self.folder = Path()

    def build(self, case: Case) -> Step | None:
        """The step of a case; None where this contender has no part in its kind."""
        method = getattr(self, case.kind, None)
        return method(case) if method else None

    def wait(self, result: Any) -> None:
        """Return when the device has done the work behind a step's result."""

    def loss(self, result: Any) -> float | None:
        """The loss that a training step returned; None where it returns none."""
        return float(result)

    def about(self) -> dict[str, Any]:
        """Versions, threads, instruction sets and precision in this process."""
        precision = "float32 throughout"
        if self.device == "cuda":
            precision = "float32, TF32 in products" if self.tf32 else "float32 without TF32"
        return {
            "versions": {name: version(name) for name in self.packages},
            "device": self.device_name(),
            "float32": precision,
            "pools": _pools(),
        }

    def device_name(self) -> str:
        """What the work runs on, as the library calls it."""
        return self.device


def _pools() -> list[str] | None:
    """The BLAS and OpenMP libraries in this process: kernel set and threads of each."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return None
    return [
        " ".join(
            str(part)
            for part in (
                pool["internal_api"],
                pool.get("version"),
                pool.get("architecture"),
                f"{pool['num_threads']} threads",
            )
            if part
        )
        for pool in threadpool_info()
    ]
