"""Chapters print the package's own source."""

from audiolessons import signals, sources


def test_the_docstring_goes_and_comments_stay():
    def example(x):
        """Say something.

        At length.
        """
        # why
        return x  # here

    assert sources.without_docstring(example) == (
        "def example(x):\n    # why\n    return x  # here"
    )


def test_a_function_without_docstring_or_with_nothing_else_is_kept():
    def plain(x):
        return x

    def only():
        """Nothing else."""

    assert sources.without_docstring(plain) == "def plain(x):\n    return x"
    assert "Nothing else" in sources.without_docstring(only)


def test_what_is_shown_is_what_runs(capsys):
    namespace = vars(__import__(signals.rms.__module__, fromlist=["rms"])).copy()
    exec(sources.without_docstring(signals.rms), namespace)
    import numpy as np

    audio = np.array([0.5, -0.5, 0.1])
    assert namespace["rms"](audio) == signals.rms(audio)
