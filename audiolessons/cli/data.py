"""`data`: list, download and verify the data sets."""

from __future__ import annotations


def add_to(commands) -> None:
    """Add the command to the parser's commands."""
    data = commands.add_parser(
        "data",
        help="list, download and verify the data sets",
        description="Without an action, list the sets with size, licence and what is here.",
    )
    data.set_defaults(run=_data_list)
    actions = data.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="list the data sets").set_defaults(run=_data_list)
    fetch = actions.add_parser("fetch", help="download data sets into the user's cache")
    fetch.add_argument("name", nargs="+", metavar="NAME", help="name of a set, or: all")
    fetch.add_argument("--size", metavar="SIZE", help="a larger form, such as full (many_voices)")
    fetch.set_defaults(run=_data_fetch)
    verify = actions.add_parser("verify", help="compare every file that is here with its SHA-256")
    verify.add_argument("name", nargs="*", metavar="NAME", help="name of a set (default: all)")
    verify.set_defaults(run=_data_verify)


def _data_list(options) -> int:
    from audiolessons.datasets._store import report

    rows = [("name", "MB", "files here", "what", "licence")]
    for row in report.list_rows():
        here = f"{row['files_present']} of {row['files']}"
        rows.append((row["name"], f"{row['megabytes']:.1f}", here, row["title"], row["licence"]))
    print_table(rows)
    print("\nSets without files here use the embedded stand-ins. To download one:")
    print("  python -m audiolessons data fetch NAME")
    return 0


def _data_fetch(options) -> int:
    from audiolessons.datasets._store import report

    for name in _set_names(options.name):
        n_files = report.fetch(name, size=options.size)
        print(f"{name}: {n_files} files downloaded" if n_files else f"{name}: already complete")
    return 0


def _data_verify(options) -> int:
    from audiolessons.datasets._store import report

    n_bad = 0
    n_here = {row["name"]: row["files_present"] for row in report.list_rows()}
    for name in _set_names(options.name or ["all"]):
        problems = report.verify(name)
        n_bad += bool(problems)
        if problems:
            print(f"{name}: {len(problems)} problems")
        elif n_here[name]:
            print(f"{name}: {n_here[name]} files, each as registered")
        else:
            print(f"{name}: no files here; chapters use the embedded stand-in")
        for problem in problems:
            print(f"  {problem}")
    return 1 if n_bad else 0


def _set_names(names) -> list[str]:
    from audiolessons.datasets._store import registry
    from audiolessons.errors import check_choice

    known = registry.names()
    for name in names:
        check_choice(name, name="name of a data set", choices=(*known, "all"))
    return list(known if "all" in names else dict.fromkeys(names))


def print_table(rows) -> None:
    """Print rows of text in columns as wide as their widest cell.

    Examples
    --------
    >>> print_table([("name", "MB"), ("examples", "4.9")])
    name      MB
    examples  4.9

    Chapter: reference/how-to-use
    """
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (str(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
