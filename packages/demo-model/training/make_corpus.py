"""Writes build/corpus.jsonl and build/polish.jsonl (what the model is trained on, in two stages) and build/held-out.jsonl (questions it never sees).

A conversation has one to a dozen turns, each a question about a fact and that fact's answer, word for word. Most facts are
independent of what was said before; "and then?" is answered by the fact that the last one names as its next.
"""

import json
import random
import zlib

from grammar import CORPUS, Fact, expand, read_facts, read_lines, read_table
from noise import key, surface

BUILD = CORPUS.parent / "build"
SEED = 20
CONVERSATIONS = {"corpus": 56_000, "polish": 10_000}  # of each stage
SINGLE_SHARE = 0.35  # each stage starts with chats of one turn: from short texts a model learns sooner which words matter
HELD_OUT_SHARE = 25  # one phrasing in 25 is held out
HELD_OUT_PER_FACT = 6


def read_integration_questions() -> list[str]:
    """The questions of the package's own integration test."""
    path = CORPUS.parent.parent / "test" / "questions.json"
    return [question["question"] for question in json.loads(path.read_text(encoding="utf-8"))]


HIDDEN = {key(question) for question in read_integration_questions()}


def is_held_out(text: str) -> bool:
    """Whether a phrasing is kept from training: those of the integration test, and by its hash one of 25 that has four words or more."""
    name = key(text)
    return name in HIDDEN or (len(name.split()) >= 4 and zlib.crc32(name.encode()) % HELD_OUT_SHARE == 0)


def ask(fact: Fact, rng: random.Random) -> str:
    """A question about the fact, as someone might type it, and not a held-out one."""
    while True:
        phrasing = expand(rng.choice(fact.patterns), rng)
        question = surface(phrasing, rng)
        if not is_held_out(phrasing) and not is_held_out(question):
            return question


def draw_length(rng: random.Random) -> int:
    """How many turns a chat has: mostly a few, now and then a dozen."""
    kind = rng.random()
    return 1 if kind < 0.3 else 2 if kind < 0.6 else rng.randint(3, 5) if kind < 0.88 else rng.randint(6, 12)


def conversation(facts: dict[str, Fact], length: int, systems: list[str], follow_up: str, rng: random.Random) -> dict:
    """One chat of `length` [question, answer] turns; one of `systems`, if there are any, may stand before them."""
    drawn = rng.choices(list(facts.values()), [fact.weight for fact in facts.values()], k=length)
    turns, last = [], None
    for fact in drawn:
        if last and rng.random() < (0.2 if last.next else 0.02):
            fact = facts[last.next or "repeat"]
            question = surface(expand(follow_up, rng), rng, typos=0.1)
        else:
            question = ask(fact, rng)
        turns.append([question, fact.answer])
        last = fact
    return {"system": rng.choice(systems) if systems and rng.random() < 0.18 else None, "turns": turns}


def plain_text(facts: list[Fact], sentences: list[str], rng: random.Random) -> dict:
    """A short text without a chat: sentences that belong to no question, now and then an answer among them."""
    parts = rng.sample(sentences, rng.randint(1, 3))
    if rng.random() < 0.3:
        parts.append(rng.choice(facts).answer)
    return {"text": " ".join(parts)}


def held_out(facts: dict[str, Fact], rng: random.Random) -> list[dict]:
    """The test set: a few held-out phrasings of each fact, without typing errors."""
    rows = []
    for fact in facts.values():
        seen: set[str] = set()
        for _ in range(4_000):
            phrasing = expand(rng.choice(fact.patterns), rng)
            if len(seen) < HELD_OUT_PER_FACT and is_held_out(phrasing) and key(phrasing) not in seen:
                seen.add(key(phrasing))
                rows.append({"fact": fact.id, "question": surface(phrasing, rng, typos=0)})
    return rows


def main() -> None:
    facts = read_facts()
    assert all(fact.next is None or fact.next in facts for fact in facts.values()), "a `next` names no fact"
    systems, sentences, follow_up = read_lines("systems"), read_lines("plain"), read_table("follow-ups")["next"]
    rng = random.Random(SEED)
    BUILD.mkdir(exist_ok=True)
    for stage, conversations in CONVERSATIONS.items():
        with (BUILD / f"{stage}.jsonl").open("w", encoding="utf-8") as file:
            for index in range(conversations):
                if index < SINGLE_SHARE * conversations:
                    row = conversation(facts, 1, [], follow_up, rng)
                elif rng.random() < 0.06:
                    row = plain_text(list(facts.values()), sentences, rng)
                else:
                    row = conversation(facts, draw_length(rng), systems, follow_up, rng)
                file.write(json.dumps(row) + "\n")
    rows = [{**row, "answer": facts[row["fact"]].answer} for row in held_out(facts, rng)]
    with (BUILD / "held-out.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    print(f"{len(facts)} facts, {sum(CONVERSATIONS.values())} conversations, {len(rows)} test questions")


if __name__ == "__main__":
    main()
