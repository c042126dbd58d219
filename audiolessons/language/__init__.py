"""What comes next in a text, how it is read out, and how its words are spoken."""

from audiolessons.language.grammar import expand
from audiolessons.language.letters import Pronouncer, align
from audiolessons.language.ngrams import KneserNey, perplexity
from audiolessons.language.numbers import cardinal, decimal, digits, ordinal, year
from audiolessons.language.reading_out import from_roman, read_out
from audiolessons.language.sampling import draw, sharpened, top_k, top_p
from audiolessons.language.spelled import SpelledWords

__all__ = [
    "KneserNey",
    "Pronouncer",
    "SpelledWords",
    "align",
    "cardinal",
    "decimal",
    "digits",
    "draw",
    "expand",
    "from_roman",
    "ordinal",
    "perplexity",
    "read_out",
    "sharpened",
    "top_k",
    "top_p",
    "year",
]
