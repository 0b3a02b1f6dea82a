"""Every primitive and function of the records: captured the same values and derivatives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from capturing_twice import ANY, agree

import backprop as bp

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "core"))
from records import RECORDS


def by_value(record: Any, sample: Any) -> bool:
    """Whether the shape of the result depends on values, so that the error has to say so."""
    if record.name == "bp.repeat":
        return isinstance(sample.args[1], np.ndarray)
    return record.name.removeprefix("bp.").startswith("unique_")


SAMPLES = [(r, s) for r in RECORDS for s in (r.samples + r.kinks)[:6]]


def training(function: Any, sample: Any) -> Any:
    def build() -> Any:
        def step(*args: Any) -> Any:
            given = [
                a.detach().requires_grad_() if isinstance(a, bp.Tensor) and a.dtype.kind in "fc"
                else a for a in args
            ]  # fmt: skip
            outs = function(*given, **sample.static)
            outs = outs if isinstance(outs, tuple) else (outs,)
            tracked = [o for o in outs if o is not None and o.requires_grad]
            if tracked:
                xs = [x for x in given if isinstance(x, bp.Tensor) and x.requires_grad]
                weights = [bp.ones_like(o) * (0.7 + 0.1 * i) for i, o in enumerate(tracked)]
                slopes = bp.autodiff.gradients(tracked, xs, weights)
            else:
                slopes = ()
            outs = [o if o is None else o.detach() for o in outs]
            return outs, [s for s in slopes if s is not None]

        return step, ()

    return build


def calls(sample: Any) -> list[tuple[Any, ...]]:
    found = []
    for number in range(4):
        factor = 1.0 - 0.01 * number
        found.append(tuple(
            bp.asarray(a * factor if a.dtype.kind in "fc" else a) if isinstance(a, np.ndarray)
            else a for a in sample.args
        ))  # fmt: skip
    return found


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize(("record", "sample"), SAMPLES, ids=lambda x: getattr(x, "name", repr(x)))
def test_captured_it_is_the_same(record: Any, sample: Any) -> None:
    build = training(record.function, sample)
    if by_value(record, sample):
        step, given = bp.capture(build()[0]), calls(sample)
        step(*given[0])
        with pytest.raises(bp.CaptureError, match=r"test_capture_functions\.py, line"):
            step(*given[1])
        return
    agree(build, calls(sample), replays=ANY)
