"""The small language the corpus files are written in: patterns that expand to many phrasings of one question.

    (a|b|c)   one of            [a]       a or nothing
    $name     a macro, one of the alternatives after `name =` in macros.txt (`$nonsense` is an invented word)

A line of a fact starts with a mark. `-` is a pattern as it stands; the other marks name a shape in shapes.txt
("how do I {x}", "what is {x}"), into which the pattern is put. See corpus/README.txt for the whole format.
"""

import random
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
FACT_FILES = ["identity", "llmi", "commands", "models", "server", "handlers", "other-kinds", "off-topic"]
SYLLABLES = "ba be bi bo da dor el fa fen ga gri ho ix jo ka kel la lum ma mip no nor ol pa plo qua ri ron sa shi ta tor u ven wo xa yo zan zi".split()


@dataclass
class Fact:
    """One answer and the patterns of the questions it answers."""

    id: str
    answer: str = ""
    weight: float = 1.0
    next: str | None = None  # the fact that answers "and then?" after this one
    patterns: list[str] = field(default_factory=list)


def read_lines(name: str) -> list[str]:
    """The lines of one corpus file, without comments and empty lines."""
    lines = (CORPUS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("//")]


def read_table(name: str) -> dict[str, str]:
    """A file of `name = pattern` lines; several lines of one name are alternatives of each other."""
    table: dict[str, str] = {}
    for line in read_lines(name):
        key, pattern = (part.strip() for part in line.split("=", 1))
        table[key] = f"{table[key]}|{pattern}" if key in table else pattern
    return table


MACROS = read_table("macros")
SHAPES = read_table("shapes")


def read_facts() -> dict[str, Fact]:
    """All facts by their id, in the order of the files."""
    facts: dict[str, Fact] = {}
    for name in FACT_FILES:
        for line in read_lines(name):
            mark, rest = line[0], line[1:].strip()
            if line.startswith("## "):
                fact = Fact(line[3:].strip())
                assert fact.id not in facts, f"two facts are called {fact.id}"
                facts[fact.id] = fact
            elif line.startswith("next:"):
                fact.next = line[5:].strip()
            elif line.startswith("weight:"):
                fact.weight = float(line[7:])
            elif mark == "=":
                fact.answer = f"{fact.answer} {rest}".strip()
            elif mark == "-":
                fact.patterns.append(rest)
            elif mark in SHAPES:
                fact.patterns.append(f"({SHAPES[mark]})".replace("{x}", f"({rest})"))
            else:
                raise ValueError(f"{name}.txt: cannot read {line!r}")
    return facts


@cache
def alternatives(pattern: str) -> list[str]:
    """The parts between the `|` of the outermost level."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(pattern):
        depth += (char in "([") - (char in ")]")
        if char == "|" and depth == 0:
            parts.append(pattern[start:index])
            start = index + 1
    return [*parts, pattern[start:]]


@cache
def closing(pattern: str, start: int) -> int:
    """The index of the bracket that closes the one at `start`."""
    depth = 0
    for index in range(start, len(pattern)):
        depth += (pattern[index] in "([") - (pattern[index] in ")]")
        if depth == 0:
            return index
    raise ValueError(f"a bracket stays open in {pattern!r}")


def expand(pattern: str, rng: random.Random) -> str:
    """One phrasing of a pattern, each choice drawn evenly."""
    pattern = rng.choice(alternatives(pattern))
    out, index = [], 0
    while index < len(pattern):
        char = pattern[index]
        if char in "([":
            end = closing(pattern, index)
            if char == "(" or rng.random() < 0.5:
                out.append(expand(pattern[index + 1 : end], rng))
            index = end + 1
        elif char == "$" and (name := re.match(r"\$([a-z]+)", pattern[index:])):
            word = "".join(rng.choices(SYLLABLES, k=rng.randint(2, 3))) if name[1] == "nonsense" else expand(MACROS[name[1]], rng)
            out.append(word)
            index += len(name[0])
        else:
            out.append(char)
            index += 1
    return re.sub(r"\s+", " ", "".join(out)).strip()
