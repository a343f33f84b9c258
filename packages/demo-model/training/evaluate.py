"""How often the greedy answer to a question that was never trained on is, word for word, the right fact's answer.

It measures the shipped GGUF: its Q8_0 weights are read back and run by our own network. The questions are phrasings that the
patterns can make but training never saw. Writes build/answers.jsonl.
"""

import json

import gguf
import torch
from torch import Tensor

from export_gguf import TARGET, gguf_name
from model import Config, Llama
from tokenizer import BUILD, END, END_OF_TEXT, load, question_prefix, system_prefix

LONGEST_ANSWER = 120  # tokens


def read_gguf() -> Llama:
    """The network with the weights of the shipped file, widened to F32."""
    model = Llama(Config()).eval()
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(TARGET).tensors}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            tensor = tensors[gguf_name(name)]
            values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            weight.copy_(torch.from_numpy(values.copy()).view_as(weight))
    return model


@torch.no_grad()
def greedy(model: Llama, ids: list[int], stops: set[int]) -> list[int]:
    """The tokens that follow `ids` when each is the most probable one, without the stop token."""
    start = len(ids)
    while len(ids) < start + LONGEST_ANSWER:
        states = model(torch.tensor([ids]))  # [1, tokens, width]
        best = int(model.logits(states[0, -1]).argmax())
        if best in stops:
            break
        ids = [*ids, best]
    return ids[start:]


class Answerer:
    """Answers questions with greedy decoding."""

    def __init__(self, model: Llama):
        self.model = model
        self.tokenizer = load()
        self.stops = {self.tokenizer.token_to_id(token) for token in (END, END_OF_TEXT)}

    def complete(self, text: str) -> str:
        """What follows `text`, up to the first stop token."""
        return self.tokenizer.decode(greedy(self.model, self.tokenizer.encode(text).ids, self.stops))

    def answer(self, question: str, system: str | None = None) -> str:
        return self.complete(system_prefix(system) + question_prefix(question))

    @torch.no_grad()
    def says(self, question: str, answer: str) -> bool:
        """Whether `answer` is the greedy one: at each of its places the most probable token is its own. One pass instead of many."""
        prefix = self.tokenizer.encode(question_prefix(question)).ids
        said = self.tokenizer.encode(answer + END).ids
        states = self.model(torch.tensor([prefix + said]))  # [1, tokens, width]
        best: Tensor = self.model.logits(states[0, len(prefix) - 1 : -1]).argmax(-1)  # [said]
        return best.tolist() == said


def main() -> None:
    with (BUILD / "held-out.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    answerer = Answerer(read_gguf())
    right = 0
    with (BUILD / "answers.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            is_right = answerer.says(row["question"], row["answer"])
            row["said"] = row["answer"] if is_right else answerer.answer(row["question"])
            right += is_right
            file.write(json.dumps(row) + "\n")
            if not is_right:
                print(f"{row['fact']}: {row['question']}\n    {row['said']}")
    print(f"{right} of {len(rows)} right, {100 * right / len(rows):.1f} %")


if __name__ == "__main__":
    main()
