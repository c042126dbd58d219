"""`edit`: cut the silence out of a recording, bring it to a loudness, say what was done."""

from __future__ import annotations

from pathlib import Path

KEEP_S = 0.15


def add_to(commands) -> None:
    """Add the command to the parser's."""
    edit = commands.add_parser(
        "edit",
        help="cut silence out of a recording and bring it to a loudness",
        description="Edit a recording. Beside OUT stand afterwards OUT's cuts as text "
        "(NAME.cuts.txt: start, end in seconds, why; Audacity reads it as labels) and a picture of "
        "before and after (NAME.png). To undo a cut, delete its line, and edit IN again with "
        "--cuts. IN itself is never changed.",
    )
    edit.add_argument("source", type=Path, metavar="IN", help="a sound file")
    edit.add_argument("target", type=Path, metavar="OUT", help=".wav, .flac, .mp3 or .ogg")
    what = edit.add_mutually_exclusive_group()
    what.add_argument("--trim", action="store_true", help="shorten pauses in which no one speaks")
    what.add_argument("--cuts", type=Path, metavar="FILE", help="cut what this list says")
    edit.add_argument(
        "--keep",
        type=float,
        metavar="S",
        help=f"seconds of a pause that --trim leaves before and after speech (default: {KEEP_S})",
    )
    edit.add_argument(
        "--level",
        type=float,
        metavar="LUFS",
        help="loudness of the result: -16 for a talk on the net, -23 for broadcasting in Europe",
    )
    edit.add_argument(
        "--ceiling",
        type=float,
        default=-2.0,
        metavar="DBTP",
        help="true peak that nothing passes (default: %(default)s)",
    )
    edit.add_argument("--no-picture", action="store_true", help="do without the picture")
    edit.add_argument(
        "--force", action="store_true", help="write over OUT, its list and its picture"
    )
    edit.set_defaults(run=_edit)


def _edit(options) -> int:
    from audiolessons import editing
    from audiolessons.errors import AudioError, check_choice
    from audiolessons.files.saving import FORMATS

    source, target = options.source, options.target
    # Asked before anything is heard: an hour of work may hang on it.
    check_choice(target.suffix.lower(), name="the suffix of OUT", choices=tuple(FORMATS))
    if options.keep is not None and not options.trim:
        raise AudioError("--keep says how much of a pause --trim leaves: give --trim as well")
    listed = target.with_name(f"{target.stem}.cuts.txt")
    picture = target.with_name(f"{target.stem}.png")
    written = [target, listed, *([] if options.no_picture else [picture])]
    _check_names(written, [source, options.cuts], force=options.force)
    cuts = []
    if options.trim:
        cuts = _silence(source, KEEP_S if options.keep is None else options.keep)
    elif options.cuts is not None:
        cuts = editing.read_cuts(options.cuts)
    done = editing.edit_file(
        source,
        target,
        cuts=cuts,
        lufs=options.level,
        ceiling_dbtp=options.ceiling,
        replace=options.force,
    )
    editing.write_cuts(listed, done.cuts, replace=options.force)
    if not options.no_picture:
        _draw(done, picture, force=options.force)
    for name, levels in (("before", done.before), ("after", done.after)):
        print(
            f"{name:6s} {levels.duration_s:9.2f} s  {levels.lufs:6.1f} LUFS  "
            f"true peak {levels.peak_dbtp:5.1f} dBTP"
        )
    shorter_s = done.before.duration_s - done.after.duration_s
    print(f"cuts: {len(done.cuts)}, {shorter_s:.2f} s taken out; gain {done.gain_db:+.1f} dB")
    for path in written:
        print(path)
    return 0


def _check_names(written, read, *, force) -> None:
    """Refuse before any work what would lose somebody's file."""
    from audiolessons.errors import AudioError

    read = [path for path in read if path is not None]
    for path in written:
        for other in read:
            if path == other or (path.exists() and other.exists() and path.samefile(other)):
                raise AudioError(f"{path} is read, and so never written over: choose another name")
        if path.exists() and not force:
            raise AudioError(
                f"{path} is there already: choose another name, or write over it with --force"
            )


def _silence(source, keep_s):
    """Return the cuts that shorten the pauses of a recording."""
    from audiolessons import editing, files
    from audiolessons.errors import AudioError
    from audiolessons.recipes.tasks.editing import editing as recipe

    with files.reading(source) as sound:
        segments = recipe.voice_segments(sound)
        duration_s = sound.n_samples / sound.sample_rate
    if len(segments) == 0:
        raise AudioError(f"nobody speaks in {source}: leave --trim out, or give --cuts")
    return editing.cuts_between(segments, duration_s=duration_s, keep_s=keep_s)


def _draw(done, path, *, force):
    import matplotlib.pyplot as plt

    from audiolessons import plots
    from audiolessons.writing import whole_file

    above, _ = plots.before_and_after(done)
    with whole_file(path, replace=force) as file:
        above.figure.savefig(file, format="png", dpi=150)
    plt.close(above.figure)
