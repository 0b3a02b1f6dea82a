"""What every contender offers."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..cases import Case

Step = Callable[[], Any]


class Contender:
    """One library, or one way to use it.

    A subclass has a method for each kind of case it takes part in, which returns the step:

        mlp(case)       one whole training step of ReLU layers on one batch: gradients cleared,
                        forward, loss (cross-entropy of 10 outputs, squared error of 1),
                        backward, optimizer
        cnn(case)       the same of a convolutional network
        multiply(case)  `count` multiplications of 8x8 float64 arrays, recorded for a gradient
                        but not differentiated
        exp(case)       the same with exponentials of one array
        chain(case)     forward and backward through `count` multiplications of 8x8 float64
                        arrays, each of the result of the one before

    Attributes:
        packages: the distributions whose versions the report names.
        float32: how float32 matrix products are computed.
    """

    packages: tuple[str, ...] = ("numpy",)
    float32 = "float32 throughout"

    def build(self, case: Case) -> Step | None:
        """The step of a case; None where this contender has no part in its kind."""
        method = getattr(self, case.kind, None)
        return method(case) if method else None

    def wait(self, result: Any) -> None:
        """Return when the work behind a step's result is done."""

    def about(self) -> dict[str, Any]:
        """Versions, threads, instruction sets and precision in this process."""
        return {
            "versions": {name: version(name) for name in self.packages},
            "float32": self.float32,
            "pools": _pools(),
        }


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
