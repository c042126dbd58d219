"""Numbers in English words: cardinals, ordinals, years, digits one by one."""

from __future__ import annotations

from audiolessons.errors import AudioError

UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = (
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip
GROUPS = ("", "thousand", "million", "billion", "trillion")
LARGEST = 10 ** (3 * len(GROUPS)) - 1
IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip


def cardinal(number: int) -> str:
    """Return a whole number in words, the British way: "and" after hundreds.

    Raises
    ------
    AudioError
        If it is no whole number, or has more than fifteen digits.

    Examples
    --------
    >>> cardinal(1042)
    'one thousand and forty-two'
    >>> cardinal(-305_000)
    'minus three hundred and five thousand'

    Chapter: speech/language
    """
    if isinstance(number, bool) or int(number) != number or abs(number) > LARGEST:
        raise AudioError(f"number is {number!r}: give a whole number of at most 15 digits")
    number = int(number)
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number == 0:
        return UNITS[0]
    groups = []
    for name in GROUPS:
        number, rest = divmod(number, 1000)
        if rest:
            groups.append((name, rest))
    words = [f"{_below_thousand(rest)} {name}".strip() for name, rest in reversed(groups)]
    name, rest = groups[0]
    if len(words) > 1 and not name and rest < 100:
        words.insert(-1, "and")
    return " ".join(words)


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if hundreds and rest:
        return f"{UNITS[hundreds]} hundred and {_below_hundred(rest)}"
    return f"{UNITS[hundreds]} hundred" if hundreds else _below_hundred(rest)


def _below_hundred(number: int) -> str:
    if number < len(UNITS):
        return UNITS[number]
    tens, units = divmod(number, 10)
    return f"{TENS[tens]}-{UNITS[units]}" if units else TENS[tens]


def ordinal(number: int) -> str:
    """Return the place in a row in words.

    Examples
    --------
    >>> [ordinal(n) for n in (1, 12, 20, 93, 101)]
    ['first', 'twelfth', 'twentieth', 'ninety-third', 'one hundred and first']

    Chapter: speech/language
    """
    words = cardinal(number)
    at = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[at:]
    if last in IRREGULAR:
        last = IRREGULAR[last]
    else:
        last = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return words[:at] + last


def year(number: int) -> str:
    """Return a year in words: two by two where people say it so.

    Examples
    --------
    >>> [year(n) for n in (1892, 1900, 1905, 2000, 2008, 2026)]
    ['eighteen ninety-two', 'nineteen hundred', 'nineteen oh five', 'two thousand', \
'two thousand and eight', 'twenty twenty-six']

    Chapter: speech/language
    """
    century, rest = divmod(number, 100)
    if not 1000 <= number <= 9999 or (century % 10 == 0 and rest < 10):
        return cardinal(number)
    if rest == 0:
        return f"{_below_hundred(century)} hundred"
    return f"{_below_hundred(century)} {'oh ' if rest < 10 else ''}{_below_hundred(rest)}"


def digits(text: str) -> str:
    """Return each digit by itself, as of a telephone number.

    Examples
    --------
    >>> digits("0270")
    'zero two seven zero'

    Chapter: speech/language
    """
    return " ".join(UNITS[int(digit)] for digit in text)


def decimal(text: str) -> str:
    """Return a number as it is written, with commas and a point, in words.

    Examples
    --------
    >>> decimal("1,250.05"), decimal("-0.5")
    ('one thousand two hundred and fifty point zero five', 'minus zero point five')

    Chapter: speech/language
    """
    sign = "minus " if text.startswith("-") else ""
    whole, _, fraction = text.lstrip("-").replace(",", "").partition(".")
    said = cardinal(int(whole)) if len(whole) <= 15 else digits(whole)
    return f"{sign}{said}{f' point {digits(fraction)}' if fraction else ''}"
