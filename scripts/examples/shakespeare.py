"""A small transformer that learns to write like Shakespeare, character by character.

python scripts/examples/shakespeare.py input.txt
python scripts/examples/shakespeare.py input.txt --device cuda --steps 5000

The file is any text, such as "tiny Shakespeare" (1.1 million characters). The first nine tenths
are learned from; the loss on the last tenth is the mean natural-log cross-entropy of a character.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np

import backprop as bp
from backprop import nn

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("text", help="the file to learn from")
options.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
options.add_argument("--steps", type=int, default=2000)
options.add_argument("--seed", type=int, default=0)
options.add_argument("--sample", type=int, default=500, help="characters to write at the end")
args = options.parse_args()

WIDTH, HEADS, LAYERS, CONTEXT, BATCH = 128, 4, 4, 64, 32
RATE, WARMUP = 3e-3, 100

# 1. Characters as numbers.
text = Path(args.text).read_text(encoding="utf-8")
alphabet = sorted(set(text))
number = {c: i for i, c in enumerate(alphabet)}
codes = np.array([number[c] for c in text])
training, validation = np.split(codes, [len(codes) * 9 // 10])


# 2. The network: characters and places as vectors, layers in which each place looks at those
#    before it, and a score for each character that may come next.
class Writer(nn.Module):
    def __init__(self):
        self.characters = nn.Embedding(len(alphabet), WIDTH)
        self.places = nn.Embedding(CONTEXT, WIDTH)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, dropout=0.0, batch_first=True,
            norm_first=True,
        )  # fmt: skip
        self.body = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(WIDTH))
        self.scores = nn.Linear(WIDTH, len(alphabet), bias=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:  # what is added to the sum of all layers starts smaller
                late = name.endswith(("out_proj.weight", "linear2.weight"))
                nn.init.normal_(parameter, 0.0, 0.02 / math.sqrt(2 * LAYERS) if late else 0.02)

    def forward(self, x):
        length = x.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length, device=x.device)
        h = self.characters(x) + self.places.weight[:length]
        return self.scores(self.body(h, mask, is_causal=True))


bp.manual_seed(args.seed)
rng = np.random.default_rng(args.seed)
device = bp.device(args.device)
model = Writer().to(device)
print(f"device: {device}, {sum(p.size for p in model.parameters())} parameters")


def windows(codes, starts):
    """Stretches of the text, and the same one character later."""
    at = np.asarray(starts)[:, None] + np.arange(CONTEXT + 1)
    stretch = bp.asarray(codes[at], device=str(device))
    return stretch[:, :-1], stretch[:, 1:]


def loss_of(x, y):
    return nn.functional.cross_entropy(model(x).reshape(-1, len(alphabet)), y.reshape(-1))


def validation_loss(stride=CONTEXT, batch=64):
    """Over the whole validation part, in stretches that begin every `stride` characters."""
    model.eval()
    starts = np.arange(0, len(validation) - CONTEXT, stride)
    total = 0.0
    with bp.no_grad():
        for i in range(0, len(starts), batch):
            part = starts[i : i + batch]
            total += float(loss_of(*windows(validation, part))) * len(part)
    model.train()
    return total / len(starts)


# 3. Training: the rate rises over the first steps and then falls along half a cosine. A step
#    is recorded once and then replayed.
matrices = [p for p in model.parameters() if p.ndim > 1]
vectors = [p for p in model.parameters() if p.ndim == 1]
optimizer = bp.optim.AdamW(
    [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}],
    lr=RATE, betas=(0.9, 0.98), weight_decay=0.1,
)  # fmt: skip


@bp.capture
def learn(x, y):
    loss = loss_of(x, y)
    optimizer.zero_grad()
    loss.backward()
    bp.optim.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss


start, running = time.perf_counter(), None
for step in range(1, args.steps + 1):
    rising = step / WARMUP
    falling = 0.5 + 0.5 * math.cos(math.pi * (step - WARMUP) / max(args.steps - WARMUP, 1))
    for group in optimizer.param_groups:
        group["lr"] = RATE * (rising if step < WARMUP else max(falling, 0.02))
    loss = learn(*windows(training, rng.integers(0, len(training) - CONTEXT, BATCH)))
    running = float(loss) if running is None else 0.95 * running + 0.05 * float(loss)
    if step % 500 == 0 or step == args.steps:
        print(
            f"step {step}: training loss {running:.4f}, validation loss {validation_loss():.4f}, "
            f"{time.perf_counter() - start:.0f} s",
            flush=True,
        )

# 4. Writing: each character is drawn from what the network thinks may follow the last ones.
model.eval()
written = [number.get("\n", 0)]
with bp.no_grad():
    for _ in range(args.sample):
        x = bp.asarray(np.array([written[-CONTEXT:]]), device=str(device))
        chances = nn.functional.softmax(model(x)[0, -1], dim=-1).numpy().astype("float64")
        written.append(int(rng.choice(len(alphabet), p=chances / chances.sum())))
print("".join(alphabet[i] for i in written))
