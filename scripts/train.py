"""Train a network on the handwritten digits: the library's API in one page.

python scripts/train.py
python scripts/train.py --device cuda
"""

import argparse

import backprop as bp
from backprop.data import DataLoader, load, prepare

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
options.add_argument("--epochs", type=int, default=20)
options.add_argument("--seed", type=int, default=0)
args = options.parse_args()

# 1. Data: 1797 images of 8x8 pixels, split 80/10/10; scaled by what the training part shows.
parts = prepare(load("digits"), (0.8, 0.1, 0.1), seed=args.seed)

# 2. A network: 64 pixels -> 128 hidden units -> a score for each of the 10 digits.
bp.manual_seed(args.seed)
device = bp.device(args.device)
model = bp.nn.Sequential(
    bp.nn.Linear(64, 128),
    bp.nn.ReLU(),
    bp.nn.Linear(128, 10),
).to(device)
print(f"device: {device}\n{model.summary(1, 64)}")

# 3. What to minimise, and how: the loss E, the penalty R, the optimizer.
loss_function = bp.nn.CrossEntropyLoss()
penalty = bp.nn.L2Penalty(1e-4)
optimizer = bp.optim.Adam(model.parameters(), lr=1e-3)

# 4. The loop: forward, backward, step.
batches = DataLoader(parts.train, batch_size=32, shuffle=True, device=device, seed=args.seed)
for epoch in range(1, args.epochs + 1):
    total = 0.0
    for x, y in batches:
        loss = loss_function(model(x), y)
        optimizer.zero_grad()
        (loss + penalty(model)).backward()
        optimizer.step()
        total += float(loss) * len(x)
    if epoch % 5 == 0:
        print(f"epoch {epoch}: loss {total / len(parts.train):.4f}")

# 5. How good is it? Count the right answers on images it has never seen.
model.eval()
right = 0
with bp.no_grad():
    for x, y in DataLoader(parts.test, batch_size=256, device=device):
        right += int((model(x).argmax(axis=1) == y).astype("int64").sum())
print(f"test accuracy: {right / len(parts.test):.2%}")

# The same by a Trainer, which also stops early, keeps the best weights and resumes:
#     trainer = bp.Trainer(model, loss_function, optimizer, penalty=penalty, device=args.device)
#     trainer.fit(parts.train, validation=parts.validation, epochs=20, patience=5)
#     print(trainer.evaluate(parts.test))
