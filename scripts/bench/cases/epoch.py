"""An epoch of MNIST with its loading: the two files read, decompressed and scaled to 0..1, a new
order drawn, and 469 training steps of 784-256-128-10 in batches of 128 (the last one of 96)."""

from dataclasses import replace

from .mlp import case

_STEP = case("epoch-mnist", "epoch", (784, 256, 128, 10), 128, most_rounds=5)
CASES = (replace(_STEP, kind="epoch"),)
