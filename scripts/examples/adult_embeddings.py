"""Who earns more than 50,000 dollars? An MLP with embeddings of the categorical columns.

python scripts/examples/adult_embeddings.py adult.data adult.test

The files are those of UCI's "Adult" (census income). A categorical column of k texts becomes a
table of k learned vectors, instead of k columns of 0 and 1.
"""

import argparse

import numpy as np

import backprop as bp
from backprop import nn
from backprop.data import load

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("train", help="adult.data")
options.add_argument("test", help="adult.test")
options.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
options.add_argument("--epochs", type=int, default=10)
options.add_argument("--seed", type=int, default=0)
args = options.parse_args()

table = load(args.train, task="classification", test=args.test)
train, validation = table.split((0.9, 0.1), seed=args.seed)

# 1. Numbers are standardised by the training part; texts become their places in its list of texts,
#    and 0 stands for one that is missing or was never seen.
numeric = [i for i, c in enumerate(train.features) if c.kind == "numeric"]
texts = [i for i, c in enumerate(train.features) if c.kind == "categorical"]
means = [np.nanmean(train.features[i].numbers) for i in numeric]
spreads = [np.nanstd(train.features[i].numbers) for i in numeric]
places = [{t: n for n, t in enumerate(np.unique(train.features[i].text), 1)} for i in texts]


def columns(part):
    """(N, columns) numbers, and then the places of the texts."""
    found = [
        np.nan_to_num((part.features[i].numbers - mean) / spread)
        for i, mean, spread in zip(numeric, means, spreads, strict=True)
    ]
    found += [
        [known.get(t, 0) for t in part.features[i].text]
        for i, known in zip(texts, places, strict=True)
    ]
    return np.array(found, dtype="float32").T, part.labels()


# 2. The network: each text's vector and the numbers, side by side, into two hidden layers.
class Income(nn.Module):
    def __init__(self):
        sizes = [len(known) + 1 for known in places]
        self.vectors = nn.ModuleList(nn.Embedding(k, min(8, (k + 1) // 2)) for k in sizes)
        width = len(numeric) + sum(v.embedding_dim for v in self.vectors)
        self.body = nn.Sequential(
            nn.Linear(width, 128), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(64, 2),
        )  # fmt: skip

    def forward(self, x):
        numbers, codes = x[:, : len(numeric)], x[:, len(numeric) :].astype("int64")
        looked_up = [vectors(codes[:, i]) for i, vectors in enumerate(self.vectors)]
        return self.body(bp.concat([numbers, *looked_up], axis=1))


bp.manual_seed(args.seed)
model = Income()
print(model)
optimizer = bp.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
trainer = bp.Trainer(
    model,
    nn.CrossEntropyLoss(),
    optimizer,
    device=args.device,
    schedule=bp.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs),
)
trainer.fit(
    columns(train), validation=columns(validation), epochs=args.epochs, batch_size=128,
    seed=args.seed,
)  # fmt: skip
found = trainer.evaluate(columns(table.test))
print(f"test error: {1 - found['accuracy']:.2%}")
