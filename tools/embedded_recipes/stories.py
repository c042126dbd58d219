"""stories: twelve short reports of lost things, written by a grammar."""

from __future__ import annotations

import textwrap

from . import sound

ABOUT = """Twelve short stories of lost things and who found them, written by a grammar of ours.

1661.txt: the layout of the book it stands in for, with a heading before each story, lines of at
most 70 characters and an empty line between paragraphs. The sentences mean little.
"""

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
N_PARAGRAPHS = 22
FOLLOWS = "@"  # marks what is drawn from a list of this name
RULES = {
    "person": ("the baker", "the captain", "my neighbour", "the old teacher", "Miss Hill",
               "Mr. Stone", "the postman", "a stranger", "the gardener", "Dr. Field"),
    "thing": ("a silver ring", "the blue lamp", "a letter", "the church key", "an old map",
              "a brown hat", "the clock", "a wooden box", "the drum", "a pair of gloves"),
    "place": ("by the river", "in the station", "under the bridge", "near the mill",
              "behind the school", "in the garden", "at the market", "on the hill"),
    "time": ("In the morning", "Late at night", "On Monday", "After the rain", "At noon",
             "Before the storm", "A week later", "That evening"),
    "look": ("looked", "searched", "waited", "listened", "walked", "asked", "stood"),
    "feel": ("cold", "quiet", "strange", "dark", "busy", "empty", "bright", "wet"),
    "sentence": (
        "@time @person lost @thing @place.",
        "@time @person @look for @thing, but nobody had seen it.",
        "It was @feel and @feel @place, and @person @look there for an hour.",
        "\"I have seen @thing @place,\" said @person.",
        "\"Who took it?\" asked @person. \"It was here before.\"",
        "@person told us that @person had left @thing @place.",
        "We found nothing, for the street was @feel.",
        "@person wrote down what @person said, word for word.",
        "Then we heard steps @place.",
        "\"You are right,\" said I, \"and yet the house was @feel.\"",
        "The door was open, and @thing lay @place.",
        "@time nobody came, and the road was @feel.",
    ),
}  # fmt: skip


def expand(rng, text: str) -> str:
    """Replace each @name by one of its rules, until none is left."""
    while FOLLOWS in text:
        before, _, after = text.partition(FOLLOWS)
        name = next(name for name in RULES if after.startswith(name))
        choice = RULES[name][int(rng.integers(len(RULES[name])))]
        text = before + choice + after[len(name) :]
    return text


def story(number: int) -> str:
    """Return heading and paragraphs of one story."""
    rng = sound.random_for("stories", str(number))
    paragraphs = []
    for _ in range(N_PARAGRAPHS):
        sentences = [expand(rng, "@sentence") for _ in range(int(rng.integers(1, 5)))]
        text = " ".join(one[0].upper() + one[1:] for one in sentences)
        paragraphs.append(textwrap.fill(text, width=70, break_on_hyphens=False))
    thing = expand(rng, "@thing").split()[-1].upper()
    heading = f"ADVENTURE {ROMAN[number]}. THE CASE OF THE {thing}"
    return "\n\n".join([heading, *paragraphs])


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    whole = "\n\n\n".join(story(number) for number in range(len(ROMAN)))
    return {"1661.txt": whole.encode("ascii") + b"\n"}
