"""The same training on every device here: how fast each is, and whether they agree.

    python scripts/compare_devices.py [--data digits] [--model 128,64] [--batch-size 256]

Every device starts from the same seed, hence the same weights, and sees the same batches in the
same order. Steps are timed one by one, each until the device has finished it; the first
`--warmup` steps are not counted, nor is moving the data there, which is shown apart. Prints a
table; `--out FILE` writes the same as JSON.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import backends
import backprop as bp


def build(features: int, hidden: list[int], classes: int, dtype: str, seed: int) -> bp.nn.Module:
    """A ReLU network, made on the CPU so that every device begins with the same bits."""
    bp.manual_seed(seed)
    sizes, layers = [features, *hidden], []
    for n_in, n_out in pairwise(sizes):
        layers += [bp.nn.Linear(n_in, n_out), bp.nn.ReLU()]
    return bp.nn.Sequential(*layers, bp.nn.Linear(sizes[-1], classes)).to(dtype)


def train(device: str, args: argparse.Namespace, x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Train on one device; figures, losses and final parameters."""
    backend = backends.get(device)
    model = build(x.shape[1], args.model, int(y.max()) + 1, args.dtype, args.seed).to(device)
    optimizer = bp.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    loss_function = bp.nn.CrossEntropyLoss()
    backend.reset_peak()
    with backend.clock() as transfer:
        xs, ys = bp.asarray(x, device=device), bp.asarray(y, device=device)
    order = backends.Generator(args.seed)
    times, losses, permutation, at = [], [], None, 0
    for _ in range(args.warmup + args.steps):
        if permutation is None or at + args.batch_size > len(x):
            permutation, at = bp.Tensor(order.permutation(len(x), backend)), 0
        rows, at = permutation[at : at + args.batch_size], at + args.batch_size
        with backend.clock() as clock:
            optimizer.zero_grad()
            loss = loss_function(model(xs[rows]), ys[rows])
            loss.backward()
            optimizer.step()
        times.append(clock.seconds * 1e3)
        losses.append(loss.detach())
    times = times[args.warmup :]
    quartiles = statistics.quantiles(times, n=4) if len(times) > 1 else [times[0]] * 3
    return {
        "device": device,
        "description": backend.describe(),
        "ms_per_step": statistics.median(times),
        "ms_quartiles": [quartiles[0], quartiles[2]],
        "samples_per_second": args.batch_size / statistics.median(times) * 1e3,
        "transfer_ms": transfer.seconds * 1e3,
        "peak_bytes": backend.memory().peak,
        "losses": [float(loss) for loss in losses],
        "parameters": {k: v.numpy() for k, v in model.state_dict().items()},
    }


def difference(a: dict[str, Any], b: dict[str, Any]) -> tuple[float, float]:
    """The largest difference of any parameter after the run, and of any step's loss."""
    parameters = max(
        float(np.max(np.abs(a["parameters"][k] - b["parameters"][k]))) for k in a["parameters"]
    )
    return parameters, max(abs(x - y) for x, y in zip(a["losses"], b["losses"], strict=True))


def report(results: list[dict[str, Any]]) -> str:
    """The table."""
    first = results[0]
    lines = [
        f"{'device':<8} {'ms/step':>9} {'quartiles':>17} {'samples/s':>11} {'transfer ms':>11} "
        f"{'speed-up':>8} {'max |dw|':>9} {'max |dloss|':>11}"
    ]
    for r in results:
        low, high = r["ms_quartiles"]
        weights, loss = difference(first, r)
        lines.append(
            f"{r['device']:<8} {r['ms_per_step']:9.3f} {f'{low:.3f}..{high:.3f}':>17} "
            f"{r['samples_per_second']:11.0f} {r['transfer_ms']:11.2f} "
            f"{first['ms_per_step'] / r['ms_per_step']:8.2f} {weights:9.1e} {loss:11.1e}"
        )
    return "\n".join(lines)


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"got {value}, wanted a whole number of at least 1")
    return value


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", default="digits", help="digits, mnist, fashion-mnist")
    parser.add_argument("--model", default="128,64", help="sizes of the hidden layers")
    parser.add_argument("--batch-size", type=positive, default=256)
    parser.add_argument("--steps", type=positive, default=200)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--devices", help="comma-separated; default: all that work here")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    args = parser.parse_args()
    try:
        args.model = [positive(n) for n in args.model.split(",") if n]
    except (ValueError, argparse.ArgumentTypeError):
        parser.error(f"--model: got {args.model!r}, wanted sizes such as 128,64")
    return args


def main() -> int:
    args = arguments()
    devices = args.devices.split(",") if args.devices else backends.available()
    try:
        parts = bp.data.prepare(bp.data.load(args.data), seed=args.seed, dtype=args.dtype)
        x, y = np.asarray(parts.train.x), np.asarray(parts.train.y)
        if args.batch_size > len(x):
            raise ValueError(f"--batch-size: got {args.batch_size}, wanted at most {len(x)}")
        results = [train(device, args, x, y) for device in devices]
    except (ValueError, OSError, backends.BackendError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    what = f"{args.data}, {x.shape[1]}-{'-'.join(map(str, args.model))}-{int(y.max()) + 1}"
    print(f"{what}, batch {args.batch_size}, {args.dtype}, {args.steps} steps of SGD with momentum")
    for r in results:
        print(f"  {r['device']}: {r['description']}")
    print(report(results))
    if len(results) == 1:
        print(f"only {devices[0]} was measured; no CUDA: {backends.problem('cuda')}")
    if args.out:
        for r in results:
            weights, loss = difference(results[0], r)
            r["largest_parameter_difference"], r["largest_loss_difference"] = weights, loss
        shown = [{k: v for k, v in r.items() if k != "parameters"} for r in results]
        document = {
            "case": what, "batch_size": args.batch_size, "dtype": args.dtype, "steps": args.steps,
            "seed": args.seed, "python": platform.python_version(), "results": shown,
        }  # fmt: skip
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
