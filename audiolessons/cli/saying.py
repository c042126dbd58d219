"""`say`: a text as speech, by rule, from pieces of recordings, or by a network."""

from __future__ import annotations

from pathlib import Path

from audiolessons.cli._targets import check_new_sound

METHODS = ("rules", "units", "network")
MOST_CHARACTERS = 2000  # about two minutes


def add_to(commands) -> None:
    """Add the command to the parser's."""
    say = commands.add_parser(
        "say",
        help="speak an English text into a sound file",
        description="Speak an English text. OUT is mono, at 16 kHz, and never written over "
        "anything.",
        epilog="Say of the result that no person spoke it, where it is heard.",
    )
    say.add_argument("text", metavar="TEXT", help='such as "Good morning."')
    say.add_argument("target", type=Path, metavar="OUT", help=".wav, .flac, .mp3 or .ogg")
    say.add_argument(
        "--method",
        choices=METHODS,
        default="rules",
        help="rules needs no recording; units joins pieces of read_speech, whose voice is a "
        "person's; network has learned from that voice (default: %(default)s)",
    )
    say.set_defaults(run=_say)


def _say(options) -> int:
    from audiolessons import files
    from audiolessons.errors import AudioError
    from audiolessons.recipes.speech.synthesis import acoustic, rules, units

    text, target = options.text, check_new_sound(options.target)
    if len(text) > MOST_CHARACTERS:
        raise AudioError(
            f"TEXT has {len(text)} characters, and at most {MOST_CHARACTERS} are spoken at once: "
            "cut it into parts"
        )
    if options.method == "rules":
        audio = rules.speak(text)
    else:
        audio = {"units": units, "network": acoustic}[options.method].speak(text).audio
    audio = audio / max(1.0, float(abs(audio).max()))
    files.save(target, audio, sample_rate=rules.RATE, replace=False)
    print(f"{target}: {len(audio) / rules.RATE:.2f} s at {rules.RATE} Hz, synthetic speech")
    return 0
