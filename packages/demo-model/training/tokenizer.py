"""The tokenizer: byte-level BPE as in GPT-2, 2,048 tokens, trained on our corpus; and the ChatML form of a chat.

The splitting rule before BPE is GPT-2's own, which llama.cpp knows as the pre-tokenizer "gpt-2".
Source: Radford et al. 2019, section 2.2; ChatML after OpenAI's chatml.md.
"""

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

BUILD = Path(__file__).parent / "build"
VOCABULARY = 2048
START, END, END_OF_TEXT = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
SPECIAL = [END_OF_TEXT, START, END]  # ids 0, 1, 2
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def texts_of(row: dict) -> list[str]:
    """All texts of one row of the corpus."""
    if "text" in row:
        return [row["text"]]
    return [text for turn in row["turns"] for text in turn] + [f"user\nassistant\nsystem\n{row['system'] or ''}"]


def train(rows: list[dict]) -> Tokenizer:
    """A tokenizer whose 256 bytes and most frequent pairs make up the vocabulary."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[AddedToken(token, special=True) for token in SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((text for row in rows for text in texts_of(row)), trainer)
    return tokenizer


def load() -> Tokenizer:
    return Tokenizer.from_file(str(BUILD / "tokenizer.json"))


def system_prefix(system: str | None) -> str:
    return f"{START}system\n{system}{END}\n" if system else ""


def question_prefix(question: str) -> str:
    """What stands before an answer."""
    return f"{START}user\n{question}{END}\n{START}assistant\n"


def encode_row(tokenizer: Tokenizer, row: dict) -> tuple[list[int], list[bool]]:
    """Token ids of a chat or a text, and for each whether the model is to learn to say it (answers and their end)."""
    if "text" in row:
        ids = tokenizer.encode(row["text"] + END_OF_TEXT).ids
        return ids, [True] * len(ids)
    ids: list[int] = []
    said: list[bool] = []
    pieces = [(system_prefix(row["system"]), False)]
    for question, answer in row["turns"]:
        pieces += [(question_prefix(question), False), (answer + END, True), ("\n", False)]
    for text, is_answer in pieces:
        piece = tokenizer.encode(text).ids
        ids += piece
        said += [is_answer] * len(piece)
    return ids, said


if __name__ == "__main__":
    with (BUILD / "corpus.jsonl").open(encoding="utf-8") as file:
        corpus = [json.loads(line) for line in file]
    trained = train(corpus)
    trained.save(str(BUILD / "tokenizer.json"))
    print(f"{trained.get_vocab_size()} tokens")
