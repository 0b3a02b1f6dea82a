"""A recurrent network that learns names, letter by letter, and makes up new ones.

python scripts/examples/names.py names.txt
python scripts/examples/names.py names.txt --device cuda --epochs 20

The file holds one name a line. A loss is the mean negative log-likelihood (natural logarithm) of a
letter given those before it, the mark that ends the name included.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np

import backprop as bp
from backprop import nn

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("names", help="the file to learn from")
options.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
options.add_argument("--epochs", type=int, default=12)
options.add_argument("--seed", type=int, default=0)
options.add_argument("--sample", type=int, default=10, help="names to make up at the end")
args = options.parse_args()

WIDTH, HIDDEN, BATCH, RATE = 32, 192, 64, 3e-3
END, IGNORED = 0, -100

# 1. Names as rows of numbers: END, the letters, END, and then nothing that counts.
names = Path(args.names).read_text(encoding="utf-8").split("\n")
names = [name.strip() for name in names if name.strip()]
letters = ["", *sorted(set("".join(names)))]
number = {letter: i for i, letter in enumerate(letters)}
lengths = np.array([len(name) for name in names])
codes = np.full((len(names), lengths.max() + 2), IGNORED)
for row, name in zip(codes, names, strict=True):
    row[: len(name) + 2] = [END, *(number[letter] for letter in name), END]

# 2. Four fifths to learn from, a tenth each to watch the learning by and to judge it by.
rng = np.random.default_rng(args.seed)
order = rng.permutation(len(names))
training, validation, test = np.split(order, [len(order) * 8 // 10, len(order) * 9 // 10])


# 3. The network: each letter a vector, a state that each letter changes, and from the state a
#    score for each letter that may come next.
class Namer(nn.Module):
    def __init__(self):
        self.letters = nn.Embedding(len(letters), WIDTH)
        self.body = nn.GRU(WIDTH, HIDDEN, batch_first=True)
        self.drop = nn.Dropout(0.2)
        self.scores = nn.Linear(HIDDEN, len(letters))

    def forward(self, x, state=None):
        out, state = self.body(self.letters(x), state)
        return self.scores(self.drop(out)), state


bp.manual_seed(args.seed)
device = bp.device(args.device)
model = Namer().to(device)
counts = f"{len(training)} to learn from, {len(validation)} to validate, {len(test)} to test"
print(f"device: {device}; {len(names)} names: {counts}")


def batch_of(rows):
    """The letters of these names, and those that follow, as far as the longest name goes."""
    part = codes[rows, : lengths[rows].max() + 2]
    x, y = np.maximum(part[:, :-1], END), part[:, 1:]
    return bp.asarray(x, device=str(device)), bp.asarray(y, device=str(device))


def loss_of(x, y):
    scores, _ = model(x)
    return nn.functional.cross_entropy(
        scores.reshape(-1, len(letters)), y.reshape(-1), ignore_index=IGNORED
    )


def mean_loss(rows, batch=512):
    model.eval()
    with bp.no_grad():
        parts = [rows[i : i + batch] for i in range(0, len(rows), batch)]
        total = sum(float(loss_of(*batch_of(p))) * (lengths[p] + 1).sum() for p in parts)
    model.train()
    return total / (lengths[rows] + 1).sum()


# 4. Training: the rate falls along half a cosine. A step is recorded once for each length of a
#    batch, and then replayed.
optimizer = bp.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)


@bp.capture
def learn(x, y):
    loss = loss_of(x, y)
    optimizer.zero_grad()
    loss.backward()
    bp.optim.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss


start = time.perf_counter()
for epoch in range(1, args.epochs + 1):
    optimizer.param_groups[0]["lr"] = (
        RATE * 0.5 * (1 + math.cos(math.pi * (epoch - 1) / args.epochs))
    )
    rows, total = rng.permutation(training), 0.0
    for i in range(0, len(rows), BATCH):
        part = rows[i : i + BATCH]
        total += float(learn(*batch_of(part))) * len(part)
    print(
        f"epoch {epoch}: training loss {total / len(rows):.4f}, "
        f"validation loss {mean_loss(validation):.4f}, {time.perf_counter() - start:.0f} s",
        flush=True,
    )
print(f"test loss {mean_loss(test):.4f}")

# 5. New names: each letter is drawn from what the network thinks may follow, all names at once.
model.eval()
written, state = np.full((args.sample, 1), END), None
with bp.no_grad():
    for _ in range(lengths.max()):
        scores, state = model(bp.asarray(written[:, -1:], device=str(device)), state)
        chances = np.cumsum(nn.functional.softmax(scores[:, -1], dim=-1).numpy(), axis=1)
        drawn = (rng.random((args.sample, 1)) * chances[:, -1:] >= chances).sum(axis=1)
        written = np.column_stack([written, drawn])
for row in written[:, 1:]:
    ends = np.append(np.flatnonzero(row == END), len(row))
    print("".join(letters[i] for i in row[: ends[0]]))
