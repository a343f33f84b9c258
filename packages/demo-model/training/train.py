"""Trains the model once through build/corpus.jsonl, then with a lower rate through build/polish.jsonl, and writes build/model.pt.
Deterministic by its seed.

Only answers count towards the loss, not questions. Batches hold chats of like length, about 4,000 tokens each.
AdamW (Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101), a short warm-up, then a cosine to nothing.
"""

import json
import math
import random
import time

import torch
from torch import Tensor
from torch.nn import functional as F

from model import Config, Llama
from tokenizer import BUILD, encode_row, load

SEED = 20
THREADS = 2
BATCH_TOKENS = 4096
LONGEST = 768  # tokens of one chat; the few longer ones are cut
WARM_UP_STEPS = 50
LEARNING_RATES = {"corpus": 2e-3, "polish": 5e-4}  # at the peak of each stage
WEIGHT_DECAY = 0.1
POOL = 2048  # chats among which those of like length are put together

Row = tuple[list[int], list[bool]]


def batches(rows: list[Row], rng: random.Random) -> list[list[Row]]:
    """The rows in batches of at most BATCH_TOKENS, padding included; pools keep the corpus' order, batches in a pool do not."""
    result = []
    for start in range(0, len(rows), POOL):
        pool: list[list[Row]] = [[]]
        for row in sorted(rows[start : start + POOL], key=lambda row: len(row[0])):
            if (len(pool[-1]) + 1) * len(row[0]) > BATCH_TOKENS:
                pool.append([])
            pool[-1].append(row)
        rng.shuffle(pool)
        result += pool
    return result


def tensors(batch: list[Row]) -> tuple[Tensor, Tensor]:
    """Ids and, with -100 where nothing is to be learned, targets; both [batch, tokens], padded on the right."""
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    targets = torch.full((len(batch), longest), -100)
    for index, (row, said) in enumerate(batch):
        ids[index, : len(row)] = torch.tensor(row)
        learned = [token if is_said else -100 for token, is_said in zip(row[1:], said[1:])]
        targets[index, : len(row) - 1] = torch.tensor(learned)
    return ids, targets


def rate(step: int, steps: int) -> float:
    """The learning rate's share of its peak."""
    if step < WARM_UP_STEPS:
        return (step + 1) / WARM_UP_STEPS
    return 0.5 * (1 + math.cos(math.pi * (step - WARM_UP_STEPS) / (steps - WARM_UP_STEPS)))


def train(model: Llama, stage: str) -> None:
    """One pass through a stage's conversations."""
    tokenizer = load()
    with (BUILD / f"{stage}.jsonl").open(encoding="utf-8") as file:
        rows = [encode_row(tokenizer, json.loads(line)) for line in file]
    todo = batches([(ids[:LONGEST], said[:LONGEST]) for ids, said in rows], random.Random(SEED))
    matrices = [weight for weight in model.parameters() if weight.dim() == 2]
    vectors = [weight for weight in model.parameters() if weight.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}],
        lr=LEARNING_RATES[stage],
        betas=(0.9, 0.95),
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, len(todo)))
    print(f"{stage}: {sum(len(ids) for ids, _ in rows):,} tokens, {len(todo)} steps", flush=True)
    started, tokens = time.monotonic(), 0
    for step, batch in enumerate(todo, start=1):
        ids, targets = tensors(batch)
        learned = targets != -100
        loss = F.cross_entropy(model.logits(model(ids)[learned]), targets[learned])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        tokens += sum(len(row) for row, _ in batch)
        if step % 50 == 0 or step == len(todo):
            seconds = time.monotonic() - started
            print(f"step {step} loss {loss.item():.4f} {tokens / seconds:.0f} tokens/s {seconds / 60:.1f} min", flush=True)
    torch.save(model.state_dict(), BUILD / "model.pt")


def main() -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    model = Llama(Config())
    print(f"{sum(weight.numel() for weight in model.parameters()):,} parameters", flush=True)
    for stage in LEARNING_RATES:
        train(model, stage)


if __name__ == "__main__":
    main()
