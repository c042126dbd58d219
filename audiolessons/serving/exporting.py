"""Write a trained network as an ONNX file, with its features, and a card that says what it is."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch

from audiolessons.errors import AudioError, check_choice
from audiolessons.results import weights
from audiolessons.serving.catalogue import CATALOGUE, Entry
from audiolessons.writing import whole_file

OPSET = 17  # of the operations, 2022: older runtimes are rare by now
TOLERANCE = 1e-4  # by which answers may differ from those of torch
N_CHECKED = 3  # examples that a new file is tried on, each of another batch and length
INSTALL = 'pip install "audiolessons[export]"'


def export(name: str, folder: str | Path = ".") -> tuple[Path, Path]:
    """Write a trained network as NAME.onnx, and its card as NAME.md; return both paths.

    The graph holds the features too: it takes sounds, or what else the card names, of any batch and
    length, and runs without Python. Before it is written it is run beside torch on three examples.
    Give sounds that were recorded at the card's rate: where one has nothing at some frequencies, as
    a sound that was sampled at 8 kHz before has above 4 kHz, a denoiser is given rounding alone
    there, and both forms then differ by up to 5e-4 from what they say in double precision.

    Parameters
    ----------
    name : str
        One of `CATALOGUE`, such as "speaker".
    folder : path
        Is made if it is not there. Nothing in it is written over.

    Raises
    ------
    AudioError
        If there is no such network, a file of that name is there, a package is missing, or the
        answers of the graph differ by more than 1e-4 from those of torch.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> if find_spec("onnx") and find_spec("onnxruntime"):
    ...     graph, card = export("activity-gru", getfixture("tmp_path"))
    ...     print(card.read_text().splitlines()[0])
    # activity-gru

    Chapter: reference/how-to-use
    """
    entry = CATALOGUE[check_choice(name, name="name", choices=tuple(CATALOGUE))]
    graph_path, card_path = (Path(folder) / f"{name}{suffix}" for suffix in (".onnx", ".md"))
    for path in (graph_path, card_path):
        if path.exists():
            raise AudioError(f"{path} is there already: choose another folder, or move it away")
    content = to_onnx(entry)
    apart = largest_difference(entry, content, n_examples=N_CHECKED)
    if not apart <= TOLERANCE:
        raise AudioError(
            f"{name}: answers of the graph differ from those of torch by {apart:.2g}, more than "
            f"{TOLERANCE:g}: {INSTALL} gets versions that are known to agree"
        )
    for path, written in ((graph_path, content), (card_path, card(name, entry).encode())):
        with whole_file(path, make_folder=True, replace=False) as file:
            file.write(written)
    return graph_path, card_path


def to_onnx(entry: Entry) -> bytes:
    """Return the graph of an entry of `CATALOGUE`, as the content of an ONNX file.

    Chapter: reference/how-to-use
    """
    return recorded(
        entry.make().graph,
        entry.example(np.random.default_rng(0)),
        inputs=entry.inputs,
        outputs=entry.outputs,
    )


def recorded(graph: torch.nn.Module, example: tuple, *, inputs: dict, outputs: dict) -> bytes:
    """Return a graph as the content of an ONNX file, recorded while it answers an example.

    Parameters
    ----------
    graph : Module
    example : tuple of Tensor
        One for each input.
    inputs, outputs : dict
        Names of arrays and their axes, as in an entry of `CATALOGUE`.

    Chapter: reference/how-to-use
    """
    needed("onnx")
    import io

    content = io.BytesIO()
    with warnings.catch_warnings():
        # Sizes are checked in Python while the graph is recorded, which is what the warnings are
        # about. The newer exporter of torch 2.11 knows no recurrent layer of a free batch.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            example,
            content,
            dynamo=False,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={**_free(inputs), **_free(outputs)},
        )
    return content.getvalue()


def _free(arrays):
    """Return the axes that may have any size, by array and place."""
    return {
        name: {place: axis for place, axis in enumerate(axes.split()) if not axis.isdigit()}
        for name, axes in arrays.items()
    }


def session(content: bytes | str | Path, *, n_threads: int = 1):
    """Return an ONNX Runtime session, on one core unless told otherwise, from a file or its bytes.

    Chapter: reference/how-to-use
    """
    needed("onnxruntime")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    options.log_severity_level = 3  # errors
    content = content if isinstance(content, bytes) else str(content)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


@torch.no_grad()
def largest_difference(
    entry: Entry, content: bytes | str | Path, *, n_examples: int, seed: int = 1, sounds=()
) -> float:
    """Return by how much answers of a graph differ at most from those of torch.

    Parameters
    ----------
    entry : Entry
    content : bytes or path
        Of its ONNX file.
    n_examples : int
        Each of another batch and length.
    seed : int
        Of the examples.
    sounds : sequence of array
        (T,) each: examples are pieces of them instead of noise.

    Chapter: reference/how-to-use
    """
    book, runtime = entry.make().book, session(content)
    if isinstance(book, torch.nn.Module):
        book.eval()
    random, largest = np.random.default_rng(seed), 0.0
    for _ in range(n_examples):
        example = entry.example(random, sounds=sounds)
        named = dict(zip(entry.inputs, (one.numpy() for one in example), strict=True))
        ours = book(*example)
        ours = ours if isinstance(ours, tuple) else (ours,)
        for one, other in zip(ours, runtime.run(None, named), strict=True):
            if tuple(one.shape) != other.shape:
                return float("inf")
            differs = one.numpy() != other  # what cannot come has -inf in both, and no difference
            apart = np.abs(one.numpy()[differs] - other[differs])
            largest = max(largest, float(apart.max(initial=0.0)))
    return largest


def card(name: str, entry: Entry) -> str:
    """Return what a user must know of a network, as Markdown: its arrays, data and limits.

    Chapter: reference/how-to-use
    """
    record = weights.read_record(name)
    lines = [f"# {name}", "", f"It {entry.about}.", "", "| array | axes | |", "|---|---|---|"]
    rate = f"sound at {entry.sample_rate} Hz, floats from -1 to 1"
    meaning = {
        "sound": rate,
        "lengths": "how many of each count, without padding",
        "roll": "0 or 1",
    }
    for array, axes in entry.inputs.items():
        kind = entry.kinds.get(array)
        what = f"whole numbers below {kind}" if isinstance(kind, int) else meaning.get(kind, "")
        lines.append(f"| in: `{array}` | {axes} | {what} |")
    lines += [f"| out: `{array}` | {axes} |  |" for array, axes in entry.outputs.items()]
    lines += ["", "Letters are free sizes: B sounds or texts, T samples, N frames.", ""]
    known = {
        "Learned from": record.get("data"),
        "Must not be used for": record.get("not_for"),
        "Made by": record.get("command") and f"`{record['command']}`",
        "Weights, SHA-256": record["sha256"],
        "Trained with": ", ".join(f"{k} {v}" for k, v in record.get("versions", {}).items()),
    }
    lines += [f"- {what}: {value}" for what, value in known.items() if value]
    return "\n".join(lines) + "\n"


def needed(package):
    """Say what to install if a package is not there."""
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise AudioError(f"{package} is not installed, and exporting needs it: {INSTALL}")
