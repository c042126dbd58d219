"""Text as it is spoken: what stands in digits, signs and abbreviations is written out.

Rules, from the most special to the most general: each finds what it knows and writes it out, so
that the next one sees words there. What a text leaves open is guessed: "1/2" is a half, and may be
a date; a phone number in brackets, 1e-5 and 3/4/2024 are beyond these rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from audiolessons.language.numbers import cardinal, decimal, digits, ordinal, year

MONTHS = {
    "jan": "January", "feb": "February", "mar": "March", "apr": "April", "may": "May",
    "jun": "June", "jul": "July", "aug": "August", "sep": "September", "sept": "September",
    "oct": "October", "nov": "November", "dec": "December",
}  # fmt: skip
MONTH = "|".join([*MONTHS.values(), *(name.capitalize() + r"\." for name in MONTHS)])
TITLES = {
    "Mr": "Mister", "Mrs": "Missis", "Ms": "Miz", "Dr": "Doctor", "Prof": "Professor",
    "Capt": "Captain", "Col": "Colonel", "Gen": "General", "Lt": "Lieutenant", "Rev": "Reverend",
    "Sgt": "Sergeant",
}  # fmt: skip
SHORT = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus",
    "approx.": "approximately", "dept.": "department", "est.": "established", "min.": "minutes",
    "Jr.": "Junior", "Sr.": "Senior", "Ltd.": "Limited", "Inc.": "Incorporated", "Co.": "Company",
    "Ave.": "Avenue", "Rd.": "Road", "Blvd.": "Boulevard", "&": "and", "@": "at", "+": "plus",
    "=": "equals",
}  # fmt: skip
UNITS = {
    "km/h": "kilometre an hour", "m/s": "metre a second", "kHz": "kilohertz", "MHz": "megahertz",
    "Hz": "hertz", "dB": "decibel", "km": "kilometre", "cm": "centimetre", "mm": "millimetre",
    "kg": "kilogram", "mg": "milligram", "ms": "millisecond", "mph": "mile an hour",
    "kW": "kilowatt", "MB": "megabyte", "GB": "gigabyte", "ml": "millilitre", "lb": "pound",
    "ft": "foot", "°C": "degree Celsius", "°F": "degree Fahrenheit", "°": "degree",
    "m": "metre", "g": "gram", "s": "second", "h": "hour", "l": "litre", "W": "watt",
}  # fmt: skip
PLURALS = {"foot": "feet"}
SYMBOLS = {  # one, many, one hundredth, many hundredths
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
}
SCALES = {"k": "thousand", "m": "million", "bn": "billion"}
FRACTIONS = {"2": ("half", "halves"), "4": ("quarter", "quarters")}
ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
KINGS = "Henry|Louis|George|Edward|Charles|James|Elizabeth|William|Richard|Pope [A-Z][a-z]+"
PARTS = "[Cc]hapter|[Pp]art|[Vv]olume|[Bb]ook|[Aa]ct|[Ss]cene|[Ww]ar"
NUMBER = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?"
BEFORE, AFTER = r"(?<![\w.,])", r"(?![\w])"


def from_roman(text: str) -> int:
    """Return the value of a Roman numeral.

    Examples
    --------
    >>> [from_roman(one) for one in ("IV", "VIII", "XIX", "MCMXCIX")]
    [4, 8, 19, 1999]

    Chapter: speech/language
    """
    values = [ROMAN[letter] for letter in text]
    smaller = [a < b for a, b in pairwise(values)] + [False]
    return sum(-value if less else value for value, less in zip(values, smaller, strict=True))


def _month(text: str) -> str:
    return MONTHS[text.rstrip(".")[: 4 if text.startswith("Sept") else 3].lower().rstrip("e")]


def _day(found) -> str:
    text = f"the {ordinal(int(found['day']))} of {_month(found['month'])}"
    return f"{text}, {year(int(found['year']))}" if found["year"] else text


def _american_day(found) -> str:
    text = f"{_month(found['month'])} {ordinal(int(found['day']))}"
    return f"{text}, {year(int(found['year']))}" if found["year"] else text


def _numeric_day(found) -> str:
    month = list(dict.fromkeys(MONTHS.values()))[int(found["month"]) - 1]
    return f"the {ordinal(int(found['day']))} of {month}, {year(int(found['year']))}"


def _clock(found) -> str:
    hour, minute = int(found["hour"]), int(found["minute"])
    half = found["half"]
    said = cardinal(hour)
    if minute:
        said += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    elif not half:
        said += " o'clock" if 0 < hour <= 12 else " hundred hours"
    return f"{said} {half[0].upper()} M" if half else said


def _whole_hour(found) -> str:
    return f"{cardinal(int(found['hour']))} {found['half'][0].upper()} M"


def _money(found) -> str:
    one, many, cent, cents = SYMBOLS[found["sign"]]
    amount = found["amount"].replace(",", "")
    amount = f"0{amount}" if amount.startswith(".") else amount
    minus = "minus " if found["minus"] else ""
    if scale := found["scale"] or SCALES.get(found["short"]):
        return f"{minus}{decimal(amount)} {scale} {many}"
    whole, _, fraction = amount.partition(".")
    if len(fraction) not in (0, 2):
        return f"{minus}{decimal(amount)} {many}"
    parts = []
    if int(whole) or not int(fraction or 0):
        parts.append(f"{decimal(whole)} {one if int(whole) == 1 else many}")
    if int(fraction or 0):
        parts.append(f"{cardinal(int(fraction))} {cent if int(fraction) == 1 else cents}")
    return minus + " and ".join(parts)


def _unit(found) -> str:
    name = UNITS[found["unit"]]
    if found["number"] not in ("1", "-1"):
        first, _, rest = name.partition(" ")
        many = first if first.endswith("hertz") else PLURALS.get(first, f"{first}s")
        name = f"{many} {rest}".strip()
    return f"{decimal(found['number'])} {name}"


def _fraction(found) -> str:
    top, nth = int(found["top"]), ordinal(int(found["bottom"]))
    one, many = FRACTIONS.get(found["bottom"], (nth, f"{nth}s"))
    if not found["whole"]:
        return f"{cardinal(top)} {one if top == 1 else many}"
    part = f"a {one}" if top == 1 else f"{cardinal(top)} {many}"
    return f"{cardinal(int(found['whole']))} and {part}"


def _decade(found) -> str:
    said = year(int(found["year"]))
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


def _short_decade(found) -> str:
    return f"{cardinal(int(found['decade']) * 10)[:-1]}ies"


def _spell(text: str) -> str:
    return " ".join(text.replace(".", ""))


RULES: list[tuple[str, Callable]] = [
    (r"\bSt\. (?=[A-Z])", lambda found: "Saint "),
    (r"\bSt\.", lambda found: "Street"),
    (rf"\b({'|'.join(TITLES)})\. ", lambda found: f"{TITLES[found[1]]} "),
    (r"\bNo\. ?(?=\d)", lambda found: "number "),
    (r"\bpp?\. ?(?=\d)", lambda found: "page " if found[0][1] != "p" else "pages "),
    (rf"\b({KINGS}) ([IVX]+)\b", lambda found: f"{found[1]} the {ordinal(from_roman(found[2]))}"),
    (rf"\b({PARTS}) ([IVXLC]+)\b", lambda found: f"{found[1]} {cardinal(from_roman(found[2]))}"),
    (r"\b(?P<year>1[1-9]\d0|20\d0)s\b", _decade),
    (r"'(?P<decade>[2-9])0s\b", _short_decade),
    (r"\b(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-3]\d)\b", _numeric_day),
    (
        rf"\b(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{MONTH})"
        rf"(?:,? (?P<year>\d{{4}}))?{AFTER}",
        _day,
    ),
    (
        rf"\b(?P<month>{MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:, (?P<year>\d{{4}}))?{AFTER}",
        _american_day,
    ),
    (
        r"(?<![\w:])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)"
        r"(?: ?(?P<half>[ap]\.m\.|[ap]m\b))?(?!:?\d)",
        _clock,
    ),
    (r"\b(?P<hour>\d{1,2}) ?(?P<half>[ap]\.m\.|[ap]m\b)", _whole_hour),
    (r"(?<=\d)[-\u2013](?=[$€£])", lambda found: " to "),
    (
        rf"(?P<minus>(?<!\w)-)?(?P<sign>[$€£])(?P<amount>{NUMBER}|\.\d\d\b)"
        r"(?: (?P<scale>thousand|million|billion|trillion)|(?P<short>k|m|bn)\b)?",
        _money,
    ),
    (rf"{BEFORE}(?P<number>{NUMBER}) ?%", lambda found: f"{decimal(found['number'])} per cent"),
    (
        rf"{BEFORE}(?P<number>{NUMBER}) ?(?P<unit>{'|'.join(UNITS)})(?![\w/])",
        _unit,
    ),
    (
        rf"{BEFORE}(?:(?P<whole>\d{{1,15}}) )?(?P<top>\d)/(?P<bottom>[2-9]|10)(?![\d/])",
        _fraction,
    ),
    (
        r"\b(\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:st|nd|rd|th)\b",
        lambda found: ordinal(int(found[1].replace(",", ""))),
    ),
    (
        rf"\b({MONTH}|[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Yy]ear|[Oo]f|[Ff]rom|[Aa]fter|[Bb]efore|summer|winter)"
        r" (1\d\d\d|2[01]\d\d)\b(?![.,:]?\d)",
        lambda found: f"{found[1]} {year(int(found[2]))}",
    ),
    (
        r"(?<![\w.,-])(?:0\d{2,}(?: \d{3,})*|\d{3}-\d{4})\b(?![.,]\d)",
        lambda found: digits(re.sub("[- ]", "", found[0])),
    ),
    (r"\b(\d+)[-\u2013](\d+)\b(?!-)", lambda found: f"{found[1]} to {found[2]}"),
    (rf"{BEFORE}\.(\d+)\b", lambda found: f"point {digits(found[1])}"),
    (rf"{BEFORE}(?:{NUMBER})(?!\w)", lambda found: decimal(found[0])),
    (r"\b(?:[A-Z]\.){2,}", lambda found: _spell(found[0])),
    (r"\b(?:[BCDFGHJKLMNPQRSTVWXZ]{2,}|USA|UK|EU|UN|IT|AI)\b", lambda found: _spell(found[0])),
    (
        r"(?<!\w)(?:" + "|".join(re.escape(short) for short in SHORT) + r")(?!\w)",
        lambda found: SHORT[found[0]],
    ),
]
COMPILED = [(re.compile(pattern), write) for pattern, write in RULES]


def read_out(text: str) -> str:
    """Return a text as it would be read aloud, in words.

    Numbers, ordinals, years, dates, times of day, money, fractions, units, ranges, Roman numerals
    of kings and chapters, initials and common abbreviations are written out.

    Examples
    --------
    >>> read_out("On 27 March 1892 Dr. Hill paid $3.50 for 2 kg.")
    'On the twenty-seventh of March, eighteen ninety-two Doctor Hill paid three dollars and fifty \
cents for two kilograms.'

    References
    ----------
    R. Sproat et al., "Normalization of non-standard words", Computer Speech and Language 15(3),
    2001.

    Chapter: speech/language
    """
    for pattern, write in COMPILED:
        text = pattern.sub(write, text)
    return text
