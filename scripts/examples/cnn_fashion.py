"""A convolutional network with batch norm on Fashion-MNIST.

python scripts/examples/cnn_fashion.py
python scripts/examples/cnn_fashion.py --device cuda

Images are mirrored at random while training: a shoe that points left is a shoe.
"""

import argparse

import backprop as bp
from backprop import nn
from backprop.data import load, prepare

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
options.add_argument("--epochs", type=int, default=12)
options.add_argument("--seed", type=int, default=0)
options.add_argument("--rows", type=int, help="learn from the first rows only")
args = options.parse_args()

# The published test part stays the test.
parts = prepare(load("fashion-mnist"), (0.9, 0.1, 0.0), seed=args.seed)
train = parts.train.subset(range(args.rows)) if args.rows else parts.train


class Mirror(nn.Module):
    """(N, 28, 28) as (N, 1, 28, 28); in training, half of the images mirrored."""

    def forward(self, x):
        x = x.reshape(-1, 1, 28, 28)
        if not self.training:
            return x
        chosen = bp.rand(len(x), 1, 1, 1, device=x.device) < 0.5
        return bp.where(chosen, bp.flip(x, axis=3), x)


def block(n_in, n_out):
    """A convolution that halves the image's sides in the end."""
    return [nn.Conv2d(n_in, n_out, 3, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(),
            nn.MaxPool2d(2)]  # fmt: skip


bp.manual_seed(args.seed)
model = nn.Sequential(
    Mirror(),
    *block(1, 32), *block(32, 64), *block(64, 128),
    nn.Flatten(), nn.Dropout(0.3),
    nn.Linear(128 * 3 * 3, 128), nn.ReLU(), nn.Dropout(0.3),
    nn.Linear(128, 10),
)  # fmt: skip
print(model.summary(1, 28, 28))

optimizer = bp.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.02)
steps = args.epochs * -(-len(train) // 64)
trainer = bp.Trainer(
    model,
    nn.CrossEntropyLoss(),
    optimizer,
    device=args.device,
    schedule=bp.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps),
    schedule_by="step",
)
trainer.fit(train, validation=parts.validation, epochs=args.epochs, batch_size=64, seed=args.seed)
found = trainer.evaluate(parts.test)
print(f"test accuracy: {found['accuracy']:.2%}")
