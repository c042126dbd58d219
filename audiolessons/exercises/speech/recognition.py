"""Exercises of the chapter speech/recognition."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.metrics import edit_distance

# --- the text of a path -------------------------------------------------------------------------


def _collapse(*, merge=True, drop=True, first="merge", blank=0, all_repeats=False):
    """What a path says, with the rules exchangeable."""

    def text_of(path):
        path = [int(token) for token in path]

        def merged(tokens):
            if all_repeats:
                return list(dict.fromkeys(tokens))
            return [t for k, t in enumerate(tokens) if k == 0 or t != tokens[k - 1]]

        def dropped(tokens):
            return [t for t in tokens if t != blank]

        steps = [merged] * merge + [dropped] * drop
        for step in steps if first == "merge" else steps[::-1]:
            path = step(path)
        return path

    return text_of


def _largest_blank(path):
    return _collapse(blank=max(path, default=0))(path)


@exercise(
    "recognition.collapse",
    level="easy",
    hints=(
        "First merge neighbours that are alike, then drop the blanks. Not the other way round: "
        "the blank keeps two equal letters apart.",
        "A token is kept if it is not 0 and not the one before it in the path.",
        "`[t for t, before in zip(path, [0, *path]) if t != 0 and t != before]`",
    ),
    probes=[
        probe("a token held for three frames is one", [0, 3, 3, 3, 0, 5]),
        probe("a blank between makes it two", [4, 0, 4, 4]),
        probe("the same token later is said again", [1, 2, 1, 1, 2]),
        probe("blanks alone say nothing", [0, 0, 0]),
        probe("no frames", []),
        probe("two frames apart, two of three merge", [2, 2, 0, 0, 2, 7, 7, 1, 0]),
    ],
    wrong=[
        (_collapse(first="drop"), "blanks are dropped first, so that doubled letters merge: merge "
         "first"),
        (_collapse(merge=False), "repeats are still there: a token held for several frames is one"),
        (_collapse(drop=False), "the blanks, 0, are still there"),
        (_collapse(all_repeats=True), "each token is kept once in the whole text: only neighbours "
         "merge"),
        (_largest_blank, "the largest token is dropped: here the blank is 0"),
    ],
    valid=lambda random: (random.integers(0, 4, size=random.integers(0, 10)).tolist(),),
)  # fmt: skip
def text_of(path):
    return _collapse()(path)


# --- word error rate ----------------------------------------------------------------------------


def _rate(*, over="references", joined=False, unit=str.split, factor=1.0):
    """Errors over words, with the parts exchangeable."""

    def error_rate(references, hypotheses):
        if joined:
            references, hypotheses = [" ".join(references)], [" ".join(hypotheses)]
        pairs = list(zip(references, hypotheses, strict=True))
        errors = sum(edit_distance(unit(one), unit(other)) for one, other in pairs)
        counted = references if over == "references" else hypotheses
        return factor * errors / max(1, sum(len(unit(text)) for text in counted))

    return error_rate


def _mean_of_sentences(references, hypotheses):
    pairs = zip(references, hypotheses, strict=True)
    return float(np.mean([_rate()([one], [other]) for one, other in pairs]))


def _share_of_sentences(references, hypotheses):
    return float(np.mean([a != b for a, b in zip(references, hypotheses, strict=True)]))


def _said_and_heard(random):
    words = ["one", "two", "three", "ten"]

    def sentence(least):
        return " ".join(random.choice(words, size=random.integers(least, 5)))

    n = int(random.integers(1, 4))
    return [sentence(1) for _ in range(n)], [sentence(0) for _ in range(n)]


@exercise(
    "recognition.wer",
    level="easy",
    hints=(
        "Count the errors sentence by sentence: `al.metrics.edit_distance(a.split(), b.split())`.",
        "Add up the errors of all sentences, and the words of all references.",
        "Divide the one sum by the other. It is no mean of rates.",
    ),
    probes=[
        probe(
            "a long sentence without error, a short one that is wrong: 1 of 5",
            ["one two three four", "six"],
            ["one two three four", "five"],
        ),
        probe("more words heard than said: above 1", ["yes"], ["yes no no"]),
        probe(
            "a word too many, then one too few",
            ["one two", "two three"],
            ["one two two", "three"],
        ),
        probe("nothing heard", ["one two three"], [""]),
        probe(
            "three sentences",
            ["the cat sat", "on", "the mat it sat"],
            ["the hat sat down", "on", "mat it sat"],
        ),
    ],
    wrong=[
        (_mean_of_sentences, "this is the mean of the sentences' rates: sum the errors, and divide "
         "by all words"),
        (_rate(joined=True), "all sentences are one line: a word too many in one sentence must not "
         "stand for one that is missing in the next"),
        (_rate(over="hypotheses"), "divided by the words that were heard: divide by those that "
         "were said"),
        (_rate(unit=list), "these are characters: split each sentence into words"),
        (_rate(factor=100.0), "this is in percent: return errors over words"),
        (_share_of_sentences, "this is the share of sentences with an error: count words"),
    ],
    valid=_said_and_heard,
    forbidden={"no `word_error_rate` of the package": ("word_error_rate", "error_counts")},
)  # fmt: skip
def error_rate(references, hypotheses):
    return _rate()(references, hypotheses)


# --- the fewest edits ---------------------------------------------------------------------------


def _fewest(*, substitution=1, deletion=1, insertion=1, start=True):
    """The table of distances with its prices exchangeable."""

    def n_edits(said, heard):
        above = [insertion * j if start else 0 for j in range(len(heard) + 1)]
        for i, one in enumerate(said, start=1):
            row = [deletion * i if start else 0]
            for j, other in enumerate(heard, start=1):
                pair = above[j - 1] + (0 if one == other else substitution)
                row.append(min(pair, above[j] + deletion, row[-1] + insertion))
            above = row
        return above[-1]

    return n_edits


def _place_by_place(said, heard):
    differ = sum(a != b for a, b in zip(said, heard, strict=False))
    return differ + abs(len(said) - len(heard))


def _by_vocabulary(said, heard):
    return len(set(said) ^ set(heard))


def _words(random):
    drawn = (random.choice(list("abc"), size=random.integers(0, 6)).tolist() for _ in range(2))
    return tuple(drawn)


@exercise(
    "recognition.edits",
    level="core",
    hints=(
        "Make a table: entry (i, j) is the fewest edits from the first i words to the first j.",
        "The first row and column are 0, 1, 2, ...: nothing becomes j words by j insertions.",
        "Else the least of three: from (i-1, j-1), plus 1 if the words differ; from (i-1, j) plus "
        "1; from (i, j-1) plus 1.",
    ),
    probes=[
        probe("one word is replaced", ["one", "two"], ["one", "ten"]),
        probe("one word is missing, the rest has moved", ["a", "b", "c", "d"], ["b", "c", "d"]),
        probe("one too many at the start", ["b", "c"], ["a", "b", "c"]),
        probe("nothing was heard", ["a", "b"], []),
        probe("nothing was said", [], ["a", "b", "b"]),
        probe("order counts", ["a", "b"], ["b", "a"]),
        probe("a mixture", list("kitten"), list("sitting")),
        probe("a repeated word", ["no", "no", "no"], ["no"]),
        probe("one is missing in the middle", ["a", "b", "c"], ["a", "c"]),
    ],
    wrong=[
        (_place_by_place, "words are compared place by place: after one that is missing, all "
         "others count as wrong"),
        (_fewest(substitution=2), "a wrong word counts as two edits: a substitution is one"),
        (_fewest(start=False), "words missing or added at the start cost nothing: the first row "
         "and column count up"),
        (_fewest(insertion=0), "words that were added cost nothing: an insertion is one edit"),
        (_fewest(deletion=0), "words that are missing cost nothing: a deletion is one edit"),
        (_by_vocabulary, "this compares which words came, not where and how often"),
    ],
    valid=_words,
    forbidden={"no edit distance of the package": ("edit_distance", "edit_operations", "jiwer")},
)  # fmt: skip
def n_edits(said, heard):
    return _fewest()(said, heard)


# --- the chance of a text -----------------------------------------------------------------------


def _chance(*, skip="differing", ends=2, starts=2, join=np.add, blank=0, in_place=False):
    """The sum over paths with its parts exchangeable."""

    def chance_of(chances, tokens):
        chances = np.asarray(chances, dtype=float)
        states = [blank]
        for token in tokens:
            states += [int(token), blank]
        alpha = np.zeros(len(states))
        alpha[:starts] = chances[0, states[:starts]]
        for frame in chances[1:]:
            arriving = alpha.copy()
            source = arriving if in_place else alpha
            for s in range(1, len(states)):
                arriving[s] = join(arriving[s], source[s - 1])
                is_token = states[s] != blank
                differs = s > 1 and states[s] != states[s - 2]
                if {"differing": is_token and differs, "all": s > 1 and is_token}.get(skip):
                    arriving[s] = join(arriving[s], source[s - 2])
            alpha = arriving * frame[states]
        last = alpha[-ends:] if ends else alpha
        return float(join.reduce(last))

    return chance_of


def _other_blank(chances, tokens):
    return _chance(blank=np.shape(chances)[1] - 1)(chances, tokens)


def _tokens_alone(chances, tokens):
    chances, ways = np.asarray(chances, dtype=float)[:, list(tokens)], np.zeros(len(tokens))
    ways[:1] = chances[0, :1]
    for frame in chances[1:]:
        ways[1:] += ways[:-1].copy()
        ways *= frame
    return float(ways[-1:].sum())


def _as_loss(chances, tokens):
    with np.errstate(divide="ignore"):
        return float(-np.log(_chance()(chances, tokens)))


def _any_chances(random):
    n_tokens = int(random.integers(3, 5))
    chances = random.dirichlet(np.ones(n_tokens), size=random.integers(2, 7))
    return chances, random.integers(1, n_tokens, size=random.integers(0, 4)).tolist()


def _drawn(n, n_tokens, seed):
    return np.random.default_rng(seed).dirichlet(np.ones(n_tokens), size=n).round(3)


@exercise(
    "recognition.chance",
    level="core",
    hints=(
        "Write the text with blanks around and between its tokens: 2 L + 1 states. A path may "
        "start in the first two.",
        "In each frame: what was in this state, plus what was in the one before; plus what was two "
        "before if this state is a token and differs from that one. Then times the chance of the "
        "state's token in the frame.",
        "The answer is the sum of the last two states after the last frame.",
    ),
    probes=[
        probe("two frames, three even chances: 3 of 9 paths", np.full((2, 3), 1 / 3), [1]),
        probe("two tokens in two frames: one path", [[0.2, 0.5, 0.3], [0.1, 0.2, 0.7]], [1, 2]),
        probe("a doubled token needs a blank between", _drawn(4, 3, 1), [2, 2]),
        probe("no text at all: blanks alone", _drawn(3, 3, 2), []),
        probe("it does not fit: 0", _drawn(2, 3, 3), [1, 1]),
        probe("four tokens in nine frames", _drawn(9, 5, 4), [3, 1, 1, 4]),
        probe("one token in five frames", _drawn(5, 3, 5), [2]),
    ],
    wrong=[
        (_chance(skip="never"), "a path may leave out a blank between two tokens that differ"),
        (
            _chance(skip="all"),
            "between two equal tokens no blank can be left out: they would merge",
        ),
        (_chance(ends=1), "a path may end in the last token as well as in the blank after it"),
        (_chance(ends=0), "only the last two states are the whole text: others are its beginnings"),
        (_chance(starts=1), "a path may start with the first token, too"),
        (_chance(join=np.maximum), "this is the likeliest path: add up all of them"),
        (_tokens_alone, "these are the tokens alone: write blanks around and between them"),
        (
            _chance(in_place=True),
            "here a path goes on by several states in one frame: add what was in "
            "the frame before, not what has just come",
        ),
        (_as_loss, "this is -log P: return the chance itself"),
        (_other_blank, "the last token serves as the blank: here the blank is 0"),
    ],
    valid=_any_chances,
    forbidden={"no loss of package or torch": ("ctc_loss", "CTCLoss", "forward", "log_likelihood")},
)
def chance_of(chances, tokens):
    return _chance()(chances, tokens)


# --- frames that are left -----------------------------------------------------------------------


def _left(*, halve=lambda n: -(-n // 2), fewer=0):
    """Lengths after convolutions of stride 2, with the rounding exchangeable."""

    def frames_left(lengths, n_convolutions):
        found = []
        for length in lengths:
            n = int(length)
            for _ in range(n_convolutions - fewer):
                n = halve(n)
            found.append(n)
        return found

    return frames_left


def _batch_wide(lengths, n_convolutions):
    return [max(_left()(lengths, n_convolutions))] * len(lengths)


@exercise(
    "recognition.frames",
    level="easy",
    hints=(
        "A convolution of 3 frames with one frame of padding on each side gives an answer at "
        "frames 0, 2, 4, ...",
        "Of 5 frames those are 0, 2 and 4: three, so one rounds up.",
        "`n = (n + 1) // 2`, once for each convolution, for each length.",
    ),
    probes=[
        probe("even lengths, one convolution", [100, 64], 1),
        probe("5 frames become 3, then 2", [5], 2),
        probe("a single frame stays one", [1, 2, 3], 2),
        probe("each sound has its own length", [101, 60, 33, 18], 2),
        probe("three convolutions", [77, 8, 9], 3),
        probe("none", [12, 7], 0),
    ],
    wrong=[
        (_left(halve=lambda n: n // 2), "a last frame that is alone is lost: round up"),
        (lambda lengths, n_convolutions: [int(n) for n in lengths], "these are the lengths before "
         "the convolutions: the loss would read padding"),
        (_batch_wide, "all sounds get the longest length: each has its own"),
        (_left(fewer=1), "one convolution is left out"),
    ],
    valid=lambda random: (
        random.integers(1, 200, size=random.integers(1, 5)).tolist(),
        int(random.integers(0, 4)),
    ),
)  # fmt: skip
def frames_left(lengths, n_convolutions):
    return _left()(lengths, n_convolutions)


# --- when each word was said --------------------------------------------------------------------


def _times(*, begin=0, end=1, more=0, hop=True, last=True, digits=6):
    """Word times with their parts exchangeable."""

    def word_times(text, spans, hop_s):
        found, at = [], 0
        for word in text.split(" "):
            own = spans[at : at + len(word)]
            at += len(word) + 1
            first, after = own[0][begin], own[-1 if last else 0][end] + more
            scale = hop_s if hop else 1
            found.append((word, round(first * scale, digits), round(after * scale, digits)))
        return found

    return word_times


def _how_long(text, spans, hop_s):
    return [(word, a, round(b - a, 6)) for word, a, b in _times()(text, spans, hop_s)]


def _with_space(text, spans, hop_s):
    """Each word with the space behind it."""
    longer = [spans[min(at + 1, len(spans) - 1)] for at in range(len(spans))]
    return [
        (word, begin, end)
        for (word, begin, _), (_, _, end) in zip(
            _times()(text, spans, hop_s), _times()(text, longer, hop_s), strict=True
        )
    ]


def _without_spaces(text, spans, hop_s):
    found, at = [], 0
    for word in text.split(" "):
        own = spans[at : at + len(word)]
        at += len(word)
        found.append((word, round(own[0][0] * hop_s, 6), round(own[-1][1] * hop_s, 6)))
    return found


def _spoken(random):
    text = " ".join(
        "".join(random.choice(list("abc"), size=random.integers(1, 4)))
        for _ in range(random.integers(1, 4))
    )
    borders = np.cumsum(random.integers(0, 3, size=2 * len(text)) + [1, 0] * len(text))
    spans = [(int(a), int(b) + 1) for a, b in borders.reshape(-1, 2)]
    return text, spans, float(random.choice([0.02, 0.04]))


@exercise(
    "recognition.times",
    level="core",
    hints=(
        "The spans belong to the characters of the text, spaces included: count along.",
        "A word begins where its first letter begins and ends where its last one ends: the frame "
        "after its last, so nothing is added.",
        "Times are frames times `hop_s`. `at += len(word) + 1` steps over the space.",
    ),
    probes=[
        probe("one word", "go", [(3, 5), (8, 9)], 0.04),
        probe("two words, the space between them has a span, too", "a ox",
              [(0, 2), (2, 6), (7, 8), (11, 14)], 0.04),
        probe("one letter each, another step", "a b c",
              [(1, 2), (2, 3), (4, 6), (7, 8), (9, 12)], 0.02),
        probe("three words", "no one is",
              [(1, 2), (4, 5), (6, 7), (8, 10), (11, 12), (14, 15), (15, 17), (19, 20), (21, 24)],
              0.04),
    ],
    wrong=[
        (_without_spaces, "the spaces are not counted along: after the first word, spans of the "
         "wrong letters are read"),
        (_times(last=False), "words end with their first letter: take the last one's end"),
        (_times(end=0), "words end where their last letter begins: take the second of its span"),
        (_times(more=-1), "the end is one frame early: a span already names the frame after"),
        (_times(hop=False), "these are frames: times `hop_s` they are seconds"),
        (_times(begin=1), "words begin where their first letter ends"),
        (_with_space, "a word here ends where the space behind it ends: that is no letter of it"),
        (_how_long, "this is how long each word lasts: return when it ends"),
    ],
    valid=_spoken,
)  # fmt: skip
def word_times(text, spans, hop_s):
    return _times()(text, spans, hop_s)


# --- sound and language together ----------------------------------------------------------------


def _ranked(*, best=max, acoustic=1, language=None, per="word", log=lambda x: x):
    """The choice with its parts exchangeable."""

    def best_text(hypotheses, weight, bonus):
        def score(hypothesis):
            text, log_sound, log_language = hypothesis
            counted = {"word": len(text.split()), "letter": len(text), None: 0}[per]
            of_sound = log_sound * (weight if acoustic is None else acoustic)
            of_language = log_language * (weight if language is None else language)
            return log(of_sound) + log(of_language) + bonus * counted

        return best(hypotheses, key=score)[0]

    return best_text


def _scored(random):
    words = ["it", "is", "a", "recognise", "speech", "beach"]
    hypotheses = [
        (
            " ".join(random.choice(words, size=random.integers(1, 5))) + f" {k}",
            float(-random.uniform(1, 12)),
            float(-random.uniform(1, 25)),
        )
        for k in range(int(random.integers(2, 6)))
    ]
    return hypotheses, float(random.uniform(0, 1.5)), float(random.uniform(-1, 3))


BEACH = [
    ("wreck a nice beach", -4.0, -22.0),
    ("recognise speech", -5.5, -15.0),
    ("recognise peach", -5.0, -19.0),
]


@exercise(
    "recognition.rescore",
    level="core",
    hints=(
        "The score of a text is the log-probability of the sound, plus the weight times that of "
        "the language, plus the bonus for each word.",
        "`log_sound + weight * log_language + bonus * len(text.split())`",
        "Return the text with the largest score: `max(hypotheses, key=...)[0]`.",
    ),
    probes=[
        probe("without a language model the sound decides", BEACH, 0.0, 0.0),
        probe("with it the likelier sentence wins", BEACH, 0.5, 0.0),
        probe("a bonus for words brings back the long one", BEACH, 0.5, 1.2),
        probe("a small weight changes little", BEACH, 0.05, 0.0),
        probe("words count, not letters",
              [("a b c", -6.0, -6.0), ("extraordinary", -5.0, -5.0)], 0.5, 1.0),
        probe("a weight above 1 leaves the sound its part",
              [("yes", -1.0, -5.0), ("no", -9.0, -1.0), ("now", -4.0, -3.0)], 1.5, 0.0),
        probe("the weight makes the language's share smaller",
              [("yes", -1.0, -6.0), ("no", -4.0, -3.5)], 0.5, 0.0),
        probe("a bonus leaves a long text first that was first",
              [("a b c", -5.0, -5.0), ("extraordinary", -5.3, -5.0)], 0.5, 1.0),
    ],
    wrong=[
        (_ranked(best=min), "this is the unlikeliest: log-probabilities are negative, and the "
         "largest is best"),
        (_ranked(per=None), "the bonus is left out: it is added for each word"),
        (_ranked(per="letter"), "the bonus is added for each letter: count words"),
        (_ranked(acoustic=None, language=1), "the weight stands at the sound: it belongs to the "
         "language"),
        (_ranked(acoustic=0), "the sound has no say: add its log-probability"),
    ],
    valid=_scored,
)  # fmt: skip
def best_text(hypotheses, weight, bonus):
    return _ranked()(hypotheses, weight, bonus)


from audiolessons.exercises.speech import _recognition_networks  # noqa: E402, F401
