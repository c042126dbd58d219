"""Graphs of whole numbers: ONNX Runtime turns the weights of an ONNX file into 8 bits.

Statically, each activation gets a grid too, from sounds that are shown to the graph. Dynamically,
the grids of activations are made anew for each sound, and only weights are stored in 8 bits.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from audiolessons.errors import AudioError
from audiolessons.serving.exporting import needed, recorded


def word_graph(network: nn.Module, *, n_bands: int) -> bytes:
    """Return a network that hears one word, (1, F, N), as the content of an ONNX file.

    The log-mel bands are made outside; without a batch and without padding the graph needs no mask.

    Chapter: large/efficiency
    """
    return recorded(
        network,
        (torch.zeros(1, n_bands, 25),),
        inputs={"bands": f"1 {n_bands} N"},
        outputs={"logits": "1 K"},
    )


def quantize_static(content: bytes, examples: Iterable[dict]) -> bytes:
    """Return a graph whose weights and activations are whole numbers of 8 bits.

    Weights are symmetric with a scale for each output channel, activations reach from the lowest to
    the highest value that the examples gave.

    Parameters
    ----------
    content : bytes
        Of an ONNX file, such as `word_graph` returns.
    examples : iterable of dict
        {input's name: array}, sounds of the training part.

    Returns
    -------
    bytes

    Raises
    ------
    AudioError
        If there are no examples or they fit other inputs, the content is no ONNX file, or onnx or
        onnxruntime is not installed.

    Chapter: large/efficiency
    """
    needed("onnx")
    needed("onnxruntime")
    from onnxruntime import quantization

    examples = list(examples)
    if not examples:
        raise AudioError("there are no examples: give sounds of the training part")
    names = sorted(one.name for one in _graph(content).input)
    for number, one in enumerate(examples):
        if not isinstance(one, dict) or sorted(one) != names:
            given = sorted(one) if isinstance(one, dict) else type(one).__name__
            raise AudioError(
                f"example {number} is {given}: give a dict with an array for each of the inputs "
                f"{', '.join(names)}"
            )
    reader = type("Reader", (quantization.CalibrationDataReader,), {"get_next": _next_of(examples)})
    return _through_files(
        content,
        lambda before, after: quantization.quantize_static(
            before,
            after,
            reader(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        ),
    )


def quantize_dynamic(content: bytes) -> bytes:
    """Return a graph whose weights are whole numbers of 8 bits; activations follow when it runs.

    Chapter: large/efficiency
    """
    needed("onnx")
    needed("onnxruntime")
    from onnxruntime import quantization

    _graph(content)
    kinds = {"weight_type": quantization.QuantType.QUInt8}  # what its integer convolution takes
    return _through_files(
        content, lambda before, after: quantization.quantize_dynamic(before, after, **kinds)
    )


def weights_bytes(content: bytes) -> int:
    """Return the bytes of all numbers that a graph holds, scales and zero points included.

    Chapter: large/efficiency
    """
    needed("onnx")
    import onnx

    arrays = [onnx.numpy_helper.to_array(one) for one in _graph(content).initializer]
    return sum(one.nbytes for one in arrays)


def _graph(content: bytes):
    """Return the graph that the content of an ONNX file holds, or say that it is none."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load_model_from_string(content).graph
    except (DecodeError, TypeError) as error:
        raise AudioError(f"content is no ONNX file: {error}") from error
    if not graph.node:
        raise AudioError("content holds no graph: give the bytes of an ONNX file")
    return graph


def _through_files(content: bytes, change: Callable) -> bytes:
    """Return what a function that reads one file and writes another makes of a graph."""
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)  # it advises a preparation that our graphs do not need
    try:
        with tempfile.TemporaryDirectory() as folder:
            given, made = Path(folder) / "given.onnx", Path(folder) / "made.onnx"
            given.write_bytes(content)
            change(given, made)
            return made.read_bytes()
    finally:
        logger.setLevel(before)


def _next_of(examples):
    left = iter(examples)

    def get_next(_) -> dict[str, np.ndarray] | None:
        return next(left, None)

    return get_next
