"""The surface of a question: the casing, punctuation, politeness and typing errors of real people."""

import random
import re

BEFORE = ["please ", "hey, ", "hi, ", "hello, ", "hi! ", "ok, ", "so ", "um, ", "quick question: ", "one question: ", "sorry, ", "well, ", "and ", "hey ", "question: ", "now "]
AFTER = [" please", ", please", " thanks", " now", " then", " again", " exactly", " in llmi", " with llmi", ", thank you", " here", " today", " for me", " actually", " pls"]
NEIGHBOURS = {"a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "k": "jl", "l": "ko", "m": "n", "n": "bm", "o": "ip", "p": "o", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "y": "tu"}
ACRONYMS = r"\b(gguf|onnx|http|api|json|gpu|cpu|llm|llms|url|rag|ocr|tts)\b"


def typo(word: str, rng: random.Random) -> str:
    """A word with one slip: a letter swapped, dropped, doubled or replaced by its neighbour on the keyboard."""
    at = rng.randrange(1, len(word) - 1)
    kind = rng.choice(["swap", "drop", "double", "near"])
    if kind == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    if kind == "double":
        return word[:at] + word[at] + word[at:]
    return word[:at] + rng.choice(NEIGHBOURS.get(word[at].lower(), "e")) + word[at + 1 :]


def misspell(text: str, rng: random.Random) -> str:
    """The text with a typing error in one of its longer words; names, flags and commands are left alone."""
    words = text.split(" ")
    places = [i for i, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not places:
        return text
    place = rng.choice(places)
    words[place] = typo(words[place], rng)
    return " ".join(words)


def surface(text: str, rng: random.Random, typos: float = 0.2) -> str:
    """One way to type `text`, a phrasing without capitals or a final mark."""
    plain = len(text.split()) >= 3
    if plain and rng.random() < 0.12:
        text = rng.choice(BEFORE) + text
    if plain and rng.random() < 0.1:
        text = text + rng.choice(AFTER)
    if rng.random() < typos:
        text = misspell(text, rng)
    style = rng.random()
    if style < 0.5:  # sentence case
        text = re.sub(r"\bi\b(?!\.)", "I", text)
        text = re.sub(ACRONYMS, lambda match: match[0].upper().replace("LLMS", "LLMs"), text) if rng.random() < 0.5 else text
        text = text if text.startswith(("llmi", "npm", "@", "~")) and rng.random() < 0.8 else text[:1].upper() + text[1:]
    elif style < 0.85:
        text = text.lower()
    elif style < 0.87:
        text = text.upper()
    if rng.random() < 0.1:
        text = text.replace("'", "")
    if style < 0.5:
        mark = rng.choices(["?", "", ".", "!", "??", " ?"], [70, 14, 8, 4, 2, 2])[0]
    else:
        mark = rng.choices(["", "?", ".", "!", "??"], [55, 36, 4, 3, 2])[0]
    return text + mark


def key(text: str) -> str:
    """What two questions have in common when they differ only in casing, punctuation and spaces."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
