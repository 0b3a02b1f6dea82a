"""Texts written by a network that has learned one."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..data import Characters
from ..defaults import backend_for
from ..graph import no_grad
from ..tensor import asarray
from .bundle import Bundle
from .checks import check_whole
from .judge import evaluating


def sample(
    bundle: Bundle,
    length: int = 500,
    prompt: str = "\n",
    temperature: float = 1.0,
    seed: int = 0,
    device: str = "auto",
) -> Iterator[str]:
    """Characters drawn one after another, each by the probabilities the network gives it.

    Args:
        bundle: what `load_bundle` gives, of a text.
        length: how many characters.
        prompt: what the text begins with; it is not given back.
        temperature: T: scores are divided by it, so that below 1 likely characters are drawn even
            more often. 0 draws the likeliest each time.
        seed: of the draws.
        device: where to compute.

    Raises:
        ValueError: the model is not one of a text, or an argument makes no sense.
    """
    codes = bundle.preprocessor
    if not isinstance(codes, Characters):
        raise ValueError(
            "the model predicts rows, it writes no texts: use backprop predict, or train on a text"
        )
    check_whole("length", length, 1)
    if not (isinstance(temperature, (int, float)) and 0 <= temperature < math.inf):
        raise ValueError(f"temperature: got {temperature!r}, wanted a number of at least 0")
    if not prompt:
        raise ValueError("prompt: got '', wanted at least one character to begin with")
    seen = codes.encode(prompt).tolist()
    return _drawn(bundle, codes, seen, length, temperature, np.random.default_rng(seed), device)


def _drawn(
    bundle: Bundle, codes: Characters, seen: list[int], length: int, temperature: float,
    rng: np.random.Generator, device: str,
) -> Iterator[str]:  # fmt: skip
    backend = backend_for(device)
    model = bundle.model.to(backend.name)
    with no_grad(), evaluating(model), backend.on_device():
        for _ in range(length):
            x = asarray(np.array([seen[-codes.context :]]), device=backend.name)
            scores = model(x)[0, -1].numpy().astype(np.float64)
            seen.append(_draw(scores, temperature, rng))
            yield codes.decode(seen[-1:])


def _draw(scores: np.ndarray, temperature: float, rng: np.random.Generator) -> int:
    if temperature == 0:
        return int(scores.argmax())
    chances = np.exp((scores - scores.max()) / temperature)
    return int(rng.choice(len(scores), p=chances / chances.sum()))
