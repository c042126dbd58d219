"""Make the embedded set: what the book runs on where there is neither a recording nor a network.

    python data/make_embedded.py                      all five sets, into data/embedded
    python data/make_embedded.py chorales examples    only these
    python data/make_embedded.py --to FOLDER          somewhere else
    python data/make_embedded.py --check              make them again and compare the bytes

spoken_digits and read_speech need the program espeak-ng; the other three need Python alone. The
same versions give the same bytes (data/README.md names them).
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:  # so that the recipes are found from wherever this is started
    sys.path.insert(0, str(HERE))

from embedded_recipes import chorales, digits, environment, espeak, examples, pack, sentences  # noqa: E402

EMBEDDED = HERE / "embedded"
SUMS = "SHA256SUMS"

RECIPES = {
    "chorales": chorales.members,
    "environmental_sounds": environment.members,
    "examples": examples.members,
    "read_speech": sentences.members,
    "spoken_digits": digits.members,
}
ABOUT = {
    "chorales": """Chorale-like progressions for four voices, composed by rules.

JSB_Chorales.npz: quarter-note piano rolls, {train,valid,test}_rolls (frames, 88) uint8, pieces
laid end to end, and {train,valid,test}_lengths, the frames of each piece. Key k is MIDI pitch
21 + k. The rolls are moved to C (major or minor) and lie an octave above the sung pitch, as in the
published file they stand in for: lower them by 12 to hear them.
four_voices.npz: soprano, alto, tenor, bass in sixteenths, {train,valid,test}_voices (steps, 4)
int16, MIDI pitch as sung, -1 is a rest, and {train,valid,test}_lengths.
""",
    "environmental_sounds": """Ten classes of everyday sounds, computed from noise and resonances.

{NNN - Class name}/{fold}-{number}-A.ogg, 44.1 kHz mono Ogg Vorbis, 3.2-4.4 s; five folds, two
clips a class in each. No recording is in it.
""",
    "examples": """Four computed examples: a trumpet call, strings, a celesta tune, a robin.

audio/{trumpet,strings,sugar_plum_fairy,robin}.flac, 22.05 kHz mono, 4.6-6.3 s. The tunes are our
own; sugar_plum_fairy is named after the recording that it stands in for.
""",
    "read_speech": f"""Thirty-two short sentences of our own, read by a synthetic voice.

LJSpeech-1.1/metadata.csv (id|text|normalised text) and LJSpeech-1.1/wavs/ID.ogg, 22.05 kHz mono
Ogg Vorbis. Spoken by eSpeak NG {espeak.VERSION}: no person speaks here.
""",
    "spoken_digits": f"""English digits, six invented speakers, twelve takes of each digit.

recordings/DIGIT_SPEAKER_TAKE.flac, 8 kHz mono; takes 0-4 are the test set. Spoken by eSpeak NG
{espeak.VERSION} with changed voices, in computed rooms: no person speaks here.
""",
}
LICENCE = """
Made by data/make_embedded.py of Audio Lessons.
Copyright the Audio Lessons authors. Licence: Creative Commons Attribution 4.0 International
(CC BY 4.0), https://creativecommons.org/licenses/by/4.0/
"""


def make(name: str) -> bytes:
    """Return the bytes of one set's archive."""
    members = RECIPES[name]()
    members["README.txt"] = f"{name}: {ABOUT[name]}{LICENCE}".encode()
    return pack.archive(members)


def read_sums(folder: Path) -> dict[str, str]:
    """File name -> SHA-256, as `sha256sum` writes them."""
    path = folder / SUMS
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--to", type=Path, default=EMBEDDED, metavar="FOLDER")
    parser.add_argument("--check", action="store_true", help="compare with SHA256SUMS, write none")
    options = parser.parse_args(arguments)
    names = options.names or list(RECIPES)
    unknown = [name for name in names if name not in RECIPES]
    if unknown:
        parser.error(f"no set is called {unknown[0]!r}: choose among {', '.join(RECIPES)}")

    sums = read_sums(options.to)
    changed = 0
    for name in names:
        try:
            data = make(name)
        except espeak.SpeechUnavailableError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        digest = hashlib.sha256(data).hexdigest()
        same = sums.get(f"{name}.zip") == digest
        changed += not same
        print(f"{name:22} {len(data):9,} bytes  {'same as before' if same else 'different'}")
        if not options.check:
            pack.write_whole(options.to / f"{name}.zip", data)
            sums[f"{name}.zip"] = digest
            text = "".join(f"{sums[file]}  {file}\n" for file in sorted(sums))
            pack.write_whole(options.to / SUMS, text.encode())
    return int(options.check and changed > 0)


if __name__ == "__main__":
    sys.exit(main())
