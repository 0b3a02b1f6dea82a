"""LeNet-5 on MNIST: a small convolutional network in the library's own parts.

python scripts/examples/lenet_mnist.py
python scripts/examples/lenet_mnist.py --device cuda

Images are shifted by up to two pixels at random while training. Source of the network: LeCun,
Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998).
"""

import argparse

import backprop as bp
from backprop import nn
from backprop.data import load, prepare

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
options.add_argument("--epochs", type=int, default=15)
options.add_argument("--seed", type=int, default=0)
options.add_argument("--rows", type=int, help="learn from the first rows only")
args = options.parse_args()

# The published test part stays the test.
parts = prepare(load("mnist"), (0.9, 0.1, 0.0), seed=args.seed)
train = parts.train.subset(range(args.rows)) if args.rows else parts.train


background = float(train.x.min())


class Shift(nn.Module):
    """(N, 28, 28) as (N, 1, 28, 28); in training, each batch moved by up to two pixels."""

    def forward(self, x):
        x = x.reshape(-1, 1, 28, 28)
        if not self.training:
            return x
        padded = nn.functional.pad(x, (2, 2, 2, 2), value=background)
        down, right = bp.randint(0, 5, (2,), device=x.device)
        pixels = bp.arange(28, device=x.device)
        return bp.take(bp.take(padded, down + pixels, axis=2), right + pixels, axis=3)


bp.manual_seed(args.seed)
model = nn.Sequential(
    Shift(),
    nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(16 * 5 * 5, 120), nn.ReLU(),
    nn.Linear(120, 84), nn.ReLU(),
    nn.Linear(84, 10),
)  # fmt: skip
print(model.summary(1, 28, 28))

optimizer = bp.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
steps = args.epochs * -(-len(train) // 64)
trainer = bp.Trainer(
    model,
    nn.CrossEntropyLoss(),
    optimizer,
    device=args.device,
    schedule=bp.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps),
    schedule_by="step",
)
trainer.fit(train, validation=parts.validation, epochs=args.epochs, batch_size=64, seed=args.seed)
found = trainer.evaluate(parts.test)
print(f"test error: {1 - found['accuracy']:.2%}")
