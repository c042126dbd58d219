"""The networks of the book, one family a file: convolutional, recurrent, attention, fusion.

Classifiers take a batch and, beside it, the length of each sound: `model(x, lengths) -> logits`.
Spectrograms are (B, F, N), waveforms (B, T), piano rolls (B, N, D). Padding never changes an
answer. The networks know no data: they are trained by `training.fit`.
"""

from audiolessons.models.attacks import fgsm, pgd
from audiolessons.models.attention import (
    AttentionPooling,
    MultiHeadAttention,
    scaled_dot_product_attention,
    sinusoidal_positions,
)
from audiolessons.models.blocks import BatchNorm, count_parameters, masked_mean, sequence_mask
from audiolessons.models.cells import GRUCell, LSTMCell, RNNCell, unroll
from audiolessons.models.cnn import (
    ReceptiveField,
    SpectrogramCNN,
    WaveformCNN,
    receptive_field,
)
from audiolessons.models.contrastive import (
    Aligned,
    Towers,
    alignment_loss,
    contrastive_loss,
)
from audiolessons.models.denoise import (
    MaskCRN,
    MaskGRU,
    SpectralDenoiser,
    compressed,
    denoising_loss,
    si_sdr_db,
)
from audiolessons.models.fusion import (
    AttentionFusion,
    EarlyFusion,
    Fusion,
    GatedFusion,
    LateFusion,
)
from audiolessons.models.memory import largest_tensor_bytes
from audiolessons.models.multimodal import (
    AudioEncoder,
    Encoded,
    Encoders,
    ImageEncoder,
    TextEncoder,
    digit_encoders,
)
from audiolessons.models.rnn import (
    RecurrentClassifier,
    RecurrentSequenceModel,
)
from audiolessons.models.rolls import continue_roll, next_frame_nats
from audiolessons.models.saliency import gradient_times_input, input_gradient, occlusion
from audiolessons.models.streaming import DenoisingStream
from audiolessons.models.tcn import CausalConvolution, TemporalConvolution
from audiolessons.models.transformer import (
    AttentionMaps,
    TransformerClassifier,
    TransformerEncoder,
)

__all__ = [
    "Aligned",
    "AttentionFusion",
    "AttentionMaps",
    "AttentionPooling",
    "AudioEncoder",
    "BatchNorm",
    "CausalConvolution",
    "DenoisingStream",
    "EarlyFusion",
    "Encoded",
    "Encoders",
    "Fusion",
    "GRUCell",
    "GatedFusion",
    "ImageEncoder",
    "LSTMCell",
    "LateFusion",
    "MaskCRN",
    "MaskGRU",
    "MultiHeadAttention",
    "RNNCell",
    "ReceptiveField",
    "RecurrentClassifier",
    "RecurrentSequenceModel",
    "SpectralDenoiser",
    "SpectrogramCNN",
    "TemporalConvolution",
    "TextEncoder",
    "Towers",
    "TransformerClassifier",
    "TransformerEncoder",
    "WaveformCNN",
    "alignment_loss",
    "compressed",
    "continue_roll",
    "contrastive_loss",
    "count_parameters",
    "denoising_loss",
    "digit_encoders",
    "fgsm",
    "gradient_times_input",
    "input_gradient",
    "largest_tensor_bytes",
    "masked_mean",
    "next_frame_nats",
    "occlusion",
    "pgd",
    "receptive_field",
    "scaled_dot_product_attention",
    "sequence_mask",
    "si_sdr_db",
    "sinusoidal_positions",
    "unroll",
]
