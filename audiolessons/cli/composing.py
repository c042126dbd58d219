"""`compose`: a chorale, or three voices to a melody, as a sound and as notes."""

from __future__ import annotations

from pathlib import Path

from audiolessons.cli._targets import check_new

TEMPO_BPM = 72
RATE = 44100
SCORES = (".png", ".svg", ".pdf")


def add_to(commands) -> None:
    """Add the command to the parser's."""
    compose = commands.add_parser(
        "compose",
        help="compose a chorale into a sound file and a MIDI file",
        description="Compose about a minute of music in four voices. Each OUT is never written "
        "over anything.",
        epilog="Say of the result that a machine wrote it, where it is heard.",
    )
    compose.add_argument(
        "targets", type=Path, nargs="+", metavar="OUT", help=".wav, .flac, .mp3 or .ogg; .mid; "
        ".png, .svg or .pdf for the score"
    )  # fmt: skip
    compose.add_argument("--seed", type=int, default=0, help="another seed, another piece")
    compose.add_argument("--bars", type=int, default=18, help="of four quarters (default: 18)")
    compose.add_argument(
        "--temperature", type=float, default=0.8, help="lower is tamer (default: %(default)s)"
    )
    compose.add_argument(
        "--instrument", default="organ", help="organ, choir, strings, piano, ... (default: organ)"
    )
    compose.add_argument(
        "--soprano", type=Path, metavar="FILE", help="a melody, .abc or .mid, to be harmonised"
    )
    compose.set_defaults(run=_compose)


def _compose(options) -> int:
    from audiolessons import files, midi, models, music, plots
    from audiolessons.errors import AudioError, check_choice, check_count
    from audiolessons.files.saving import FORMATS
    from audiolessons.recipes.music import chorale_voices, harmonising
    from audiolessons.writing import whole_file

    for target in options.targets:
        check_new(target, suffixes=(*FORMATS, *midi.SUFFIXES, *SCORES))
    if len(set(options.targets)) < len(options.targets):
        raise AudioError("the same OUT is named twice: give each another name")
    check_choice(options.instrument, name="--instrument", choices=tuple(music.INSTRUMENTS))
    check_count(options.seed, name="--seed", minimum=0)
    soprano = None if options.soprano is None else read_melody(options.soprano)
    recipe = chorale_voices if soprano is None else harmonising
    piece = models.compose(
        recipe.trained(),
        n_bars=options.bars,
        temperature=options.temperature,
        seed=options.seed,
        soprano=soprano,
    )
    for target in options.targets:
        suffix = target.suffix.lower()
        if suffix in FORMATS:
            audio = music.render(
                piece.voices, sample_rate=RATE, instrument=options.instrument,
                tempo_bpm=TEMPO_BPM, stereo=True, seed=options.seed,
            )  # fmt: skip
            files.save(target, audio, sample_rate=RATE, replace=False)
            print(f"{target}: {audio.shape[-1] / RATE:.0f} s at {RATE} Hz")
        elif suffix in SCORES:
            with whole_file(target, replace=False) as file:
                ax = plots.score(
                    piece.voices,
                    key=piece.key,
                    upbeat_quarters=piece.upbeat_quarters,
                    bars_a_line=3,
                )
                ax.figure.savefig(file, format=suffix[1:], dpi=200)
            print(f"{target}: the score")
        else:
            midi.write(
                target, piece.voices, tempo_bpm=TEMPO_BPM, instrument=options.instrument,
                replace=False,
            )  # fmt: skip
            print(f"{target}: four tracks")
    ending = f"an {piece.cadence} cadence" if piece.cadence == "authentic" else (
        f"a {piece.cadence} cadence" if piece.cadence else "no cadence"
    )  # fmt: skip
    print(f"{piece.key.name}, {ending} at the end, composed by a machine")
    return 0


def read_melody(path: Path):
    """Return the melody of an ABC or MIDI file as pitches, a sixteenth each."""
    from audiolessons import midi, music
    from audiolessons.errors import AudioError, check_choice

    suffix = check_choice(
        path.suffix.lower(), name="the suffix of --soprano", choices=(".abc", *midi.SUFFIXES)
    )
    if not path.is_file():
        raise AudioError(f"{path} is not there: give the path of a melody")
    if suffix == ".abc":
        try:
            tunes = music.read_abc(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise AudioError(f"{path} is no text in UTF-8: save it as that") from None
        if not tunes or not tunes[0].notes:
            raise AudioError(f"{path} holds no tune")
        parts = [tunes[0].notes]
    else:
        parts = midi.read(path)[:1]
    return midi.to_voices(parts)[:, 0]
