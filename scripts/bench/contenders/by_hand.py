"""NumPy without a library: the training step written out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..case import BETA1, BETA2, EPS, MOMENTUM, Case
from .base import Contender, Step

BLOCK = 16384  # elements the optimizer updates at a time: its streams stay in L2 cache


class ByHand(Contender):
    """A whole step with all memory planned: one flat buffer of parameters, one of gradients,
    and `out=` everywhere. No library could do less in NumPy."""

    def mlp(self, case: Case) -> Step:
        x, y = case.data()
        layers = case.layers()
        size = sum(w.size + b.size for w, b in layers)
        flat, flat_g = np.zeros(size, np.float32), np.zeros(size, np.float32)
        params, grads, at = [], [], 0
        for pair in layers:
            for a in pair:
                cut = slice(at, at + a.size)
                params.append(flat[cut].reshape(a.shape))
                grads.append(flat_g[cut].reshape(a.shape))
                params[-1][...] = a
                at += a.size
        acts = [x, *(np.zeros((case.batch, n), np.float32) for n in case.sizes[1:])]
        deltas = [np.zeros_like(a) for a in acts]
        masks = [np.zeros(a.shape, bool) for a in acts]
        ones, last = np.ones(case.batch, np.float32), len(layers)
        loss_of = self._cross_entropy(case) if case.outputs > 1 else self._squared_error
        update = (self._sgd if case.optimizer == "sgd" else self._adam)(flat, flat_g, case.lr)

        def step() -> Any:
            for i in range(last):
                out = acts[i + 1]
                np.dot(acts[i], params[2 * i], out=out)
                out += params[2 * i + 1]
                if i + 1 < last:
                    np.maximum(out, 0, out=out)
            loss = loss_of(acts[last], y, deltas[last])
            for i in reversed(range(last)):
                delta = deltas[i + 1]
                np.dot(acts[i].T, delta, out=grads[2 * i])
                np.dot(ones, delta, out=grads[2 * i + 1])
                if i:
                    np.dot(delta, params[2 * i].T, out=deltas[i])
                    np.greater(acts[i], 0, out=masks[i])
                    np.multiply(deltas[i], masks[i], out=deltas[i])
            update()
            return loss

        return step

    @staticmethod
    def _cross_entropy(case: Case) -> Any:
        rows, n = np.arange(case.batch), case.batch
        top, total = np.zeros((n, 1), np.float32), np.zeros((n, 1), np.float32)

        def loss_of(z: Any, y: Any, delta: Any) -> Any:
            np.maximum.reduce(z, axis=1, keepdims=True, out=top)
            np.subtract(z, top, out=z)
            np.exp(z, out=delta)
            np.add.reduce(delta, axis=1, keepdims=True, out=total)
            np.divide(delta, total, out=delta)
            delta[rows, y] -= 1.0
            np.multiply(delta, 1.0 / n, out=delta)
            return (np.log(total).sum() - z[rows, y].sum()) / n

        return loss_of

    @staticmethod
    def _squared_error(z: Any, y: Any, delta: Any) -> Any:
        np.subtract(z, y, out=delta)
        loss = np.vdot(delta, delta) / y.size
        np.multiply(delta, 2.0 / y.size, out=delta)
        return loss

    @staticmethod
    def _sgd(flat: Any, flat_g: Any, lr: float) -> Step:
        blocks = _blocks(flat, flat_g, np.zeros_like(flat), np.zeros_like(flat[:BLOCK]))

        def update() -> None:
            for p, g, m, d in blocks:
                np.multiply(m, MOMENTUM, out=m)
                np.add(m, g, out=m)
                np.multiply(m, lr, out=d)
                np.subtract(p, d, out=p)

        return update

    @staticmethod
    def _adam(flat: Any, flat_g: Any, lr: float) -> Step:
        state = np.zeros_like(flat), np.zeros_like(flat)
        blocks = _blocks(flat, flat_g, *state, np.zeros_like(flat[:BLOCK]))
        t = 0

        def update() -> None:
            nonlocal t
            t += 1
            scale = (1 - BETA2**t) ** 0.5
            for p, g, m, v, d in blocks:
                np.multiply(m, BETA1, out=m)
                np.multiply(g, 1 - BETA1, out=d)
                np.add(m, d, out=m)
                np.multiply(v, BETA2, out=v)
                np.multiply(g, g, out=d)
                np.multiply(d, 1 - BETA2, out=d)
                np.add(v, d, out=v)
                np.sqrt(v, out=d)
                np.add(d, EPS * scale, out=d)
                np.divide(m, d, out=d)
                np.multiply(d, lr * scale / (1 - BETA1**t), out=d)
                np.subtract(p, d, out=p)

        return update


def _blocks(*buffers: Any) -> list[tuple[Any, ...]]:
    """The buffers cut into blocks; the last one, one block long, is scratch for all."""
    *streams, scratch = buffers
    return [
        (*(s[at : at + BLOCK] for s in streams), scratch[: len(streams[0][at : at + BLOCK])])
        for at in range(0, len(streams[0]), BLOCK)
    ]
