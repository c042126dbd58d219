"""The networks of the book, one family a folder, one kind a file.

Classifiers take a batch and, beside it, the length of each sound: `model(x, lengths) -> logits`.
Spectrograms are (B, F, N), waveforms (B, T), piano rolls (B, N, D). Padding never changes an
answer. The networks know no data: they are trained by `training.fit`.
"""

from audiolessons.models.adapting.adapters import Adapter, add_adapters
from audiolessons.models.adapting.freezing import freeze, layer_rates
from audiolessons.models.adapting.lora import LowRank, add_low_rank, merge_low_rank
from audiolessons.models.adapting.published import (
    PublishedEncoder,
    published_encoder,
    published_whisper,
)
from audiolessons.models.explaining.attacks import fgsm, pgd
from audiolessons.models.explaining.concepts import (
    concept_sensitivity,
    concept_vector,
    layer_output,
)
from audiolessons.models.explaining.hearing import alone_and_removed, bands_to_bins
from audiolessons.models.explaining.integrated_gradients import integrated_gradients
from audiolessons.models.explaining.judging import layers_of, redrawn, removal_curve
from audiolessons.models.explaining.lime import Surrogate, lime, nearness, weighted_ridge
from audiolessons.models.explaining.pieces import (
    PieceAnswers,
    grid_pieces,
    keep_pieces,
    leave_one_out,
    piece_sums,
)
from audiolessons.models.explaining.prototypes import (
    choose_criticisms,
    choose_prototypes,
    likeness,
)
from audiolessons.models.explaining.saliency import gradient_times_input, input_gradient, occlusion
from audiolessons.models.explaining.shapley import kernel_shap, shapley_kernel, shapley_values
from audiolessons.models.joint.contrastive import (
    Aligned,
    Towers,
    alignment_loss,
    contrastive_loss,
)
from audiolessons.models.joint.fusion import (
    FUSIONS,
    AttentionFusion,
    EarlyFusion,
    Fusion,
    GatedFusion,
    LateFusion,
)
from audiolessons.models.joint.multimodal import (
    MODALITIES,
    AudioEncoder,
    Encoded,
    Encoders,
    ImageEncoder,
    TextEncoder,
    digit_encoders,
)
from audiolessons.models.layers.attention import (
    AttentionPooling,
    MultiHeadAttention,
    attention_weights,
    masked_softmax,
    scaled_dot_product_attention,
    sinusoidal_positions,
)
from audiolessons.models.layers.blocks import BatchNorm, count_parameters, masked_mean
from audiolessons.models.layers.cells import GRUCell, LSTMCell, RNNCell, unroll
from audiolessons.models.layers.memory import largest_tensor_bytes
from audiolessons.models.music.chorale_rnn import ChoraleRNN
from audiolessons.models.music.chorale_transformer import ChoraleTransformer
from audiolessons.models.music.composing import compose
from audiolessons.models.music.diffusion import Denoiser, noised, signal_shares
from audiolessons.models.music.four_voices import VoiceNetwork, note_nats
from audiolessons.models.music.harmoniser import Harmoniser
from audiolessons.models.music.melody_vae import (
    MelodyVAE,
    between,
    from_marks,
    gaussian_nats,
    to_marks,
)
from audiolessons.models.music.notes import NoteByNoteModel, frame_marks
from audiolessons.models.music.relative_attention import RelativeAttention, by_distance
from audiolessons.models.music.rolls import continue_roll, next_frame_nats
from audiolessons.models.shrinking.counting import (
    LayerCost,
    held_bytes,
    layer_costs,
    multiplications,
)
from audiolessons.models.shrinking.distilling import TaughtBy, distillation_loss
from audiolessons.models.shrinking.folding import FoldedCNN, folded
from audiolessons.models.shrinking.low_rank import factorised, lower_rank
from audiolessons.models.shrinking.pruning import (
    channel_strengths,
    keep_channels,
    mask_weights,
    prune_channels,
    smallest_weights,
    sparse_bytes,
    unmask,
)
from audiolessons.models.shrinking.quantizing import Grid, quantize_aware, settle, watch
from audiolessons.models.sound.cnn import (
    ReceptiveField,
    SpectrogramCNN,
    WaveformCNN,
    receptive_field,
)
from audiolessons.models.sound.rnn import (
    RecurrentClassifier,
    RecurrentSequenceModel,
    run_layers,
)
from audiolessons.models.sound.tcn import CausalConvolution, TemporalConvolution
from audiolessons.models.sound.transformer import (
    AttentionMaps,
    TransformerClassifier,
    TransformerEncoder,
    TransformerLayer,
)
from audiolessons.models.speech.activity import ActivityGRU, ActivityStream
from audiolessons.models.speech.attending import AttentionRecogniser, attention_loss
from audiolessons.models.speech.critics import PictureCritic
from audiolessons.models.speech.denoise import (
    MaskCRN,
    MaskGRU,
    SpectralDenoiser,
    compressed,
    denoising_loss,
    smooth_si_sdr_db,
    spectral_distance,
    turned_gain,
)
from audiolessons.models.speech.dual_path import MaskDualPath, ear_bands
from audiolessons.models.speech.echo import ResidualEchoGRU, SuppressingCanceller
from audiolessons.models.speech.letters import LetterReader
from audiolessons.models.speech.masked_prediction import (
    Guess,
    MaskedPredictor,
    SpeechClassifier,
    SpeechEncoder,
    hidden_spans,
    masked_accuracy,
    masked_loss,
)
from audiolessons.models.speech.recogniser import Recogniser, ctc_loss, subsampled
from audiolessons.models.speech.recognition_stream import RecognitionStream
from audiolessons.models.speech.speaker import (
    AttentiveStatistics,
    SpeakerClassifier,
    SpeakerEncoder,
    margin_loss,
)
from audiolessons.models.speech.streaming import DenoisingStream
from audiolessons.models.speech.text import TextModel
from audiolessons.models.speech.text_to_mel import (
    TextToMel,
    in_hz,
    in_units,
    places_of,
    writing_loss,
)
from audiolessons.models.speech.transducer import Transducer, transducer_loss
from audiolessons.models.speech.vocoder import (
    FrameBlock,
    FrameNetwork,
    MelToMagnitudes,
    magnitude_loss,
)
from audiolessons.models.speech.wavenet import WaveNet, from_levels, next_level_loss, to_levels
from audiolessons.models.speech.word_check import WordCheck
from audiolessons.models.speech.writing_attending import AttentionWriter, attending_loss
from audiolessons.padding import sequence_mask

__all__ = [
    "FUSIONS",
    "MODALITIES",
    "ActivityGRU",
    "ActivityStream",
    "Adapter",
    "Aligned",
    "AttentionFusion",
    "AttentionMaps",
    "AttentionPooling",
    "AttentionRecogniser",
    "AttentionWriter",
    "AttentiveStatistics",
    "AudioEncoder",
    "BatchNorm",
    "CausalConvolution",
    "ChoraleRNN",
    "ChoraleTransformer",
    "Denoiser",
    "DenoisingStream",
    "EarlyFusion",
    "Encoded",
    "Encoders",
    "FoldedCNN",
    "FrameBlock",
    "FrameNetwork",
    "Fusion",
    "GRUCell",
    "GatedFusion",
    "Grid",
    "Guess",
    "Harmoniser",
    "ImageEncoder",
    "LSTMCell",
    "LateFusion",
    "LayerCost",
    "LetterReader",
    "LowRank",
    "MaskCRN",
    "MaskDualPath",
    "MaskGRU",
    "MaskedPredictor",
    "MelToMagnitudes",
    "MelodyVAE",
    "MultiHeadAttention",
    "NoteByNoteModel",
    "PictureCritic",
    "PieceAnswers",
    "PublishedEncoder",
    "RNNCell",
    "ReceptiveField",
    "Recogniser",
    "RecognitionStream",
    "RecurrentClassifier",
    "RecurrentSequenceModel",
    "RelativeAttention",
    "ResidualEchoGRU",
    "SpeakerClassifier",
    "SpeakerEncoder",
    "SpectralDenoiser",
    "SpectrogramCNN",
    "SpeechClassifier",
    "SpeechEncoder",
    "SuppressingCanceller",
    "Surrogate",
    "TaughtBy",
    "TemporalConvolution",
    "TextEncoder",
    "TextModel",
    "TextToMel",
    "Towers",
    "Transducer",
    "TransformerClassifier",
    "TransformerEncoder",
    "TransformerLayer",
    "VoiceNetwork",
    "WaveNet",
    "WaveformCNN",
    "WordCheck",
    "add_adapters",
    "add_low_rank",
    "alignment_loss",
    "alone_and_removed",
    "attending_loss",
    "attention_loss",
    "attention_weights",
    "bands_to_bins",
    "between",
    "by_distance",
    "channel_strengths",
    "choose_criticisms",
    "choose_prototypes",
    "compose",
    "compressed",
    "concept_sensitivity",
    "concept_vector",
    "continue_roll",
    "contrastive_loss",
    "count_parameters",
    "ctc_loss",
    "denoising_loss",
    "digit_encoders",
    "distillation_loss",
    "ear_bands",
    "factorised",
    "fgsm",
    "folded",
    "frame_marks",
    "freeze",
    "from_levels",
    "from_marks",
    "gaussian_nats",
    "gradient_times_input",
    "grid_pieces",
    "held_bytes",
    "hidden_spans",
    "in_hz",
    "in_units",
    "input_gradient",
    "integrated_gradients",
    "keep_channels",
    "keep_pieces",
    "kernel_shap",
    "largest_tensor_bytes",
    "layer_costs",
    "layer_output",
    "layer_rates",
    "layers_of",
    "leave_one_out",
    "likeness",
    "lime",
    "lower_rank",
    "magnitude_loss",
    "margin_loss",
    "mask_weights",
    "masked_accuracy",
    "masked_loss",
    "masked_mean",
    "masked_softmax",
    "merge_low_rank",
    "multiplications",
    "nearness",
    "next_frame_nats",
    "next_level_loss",
    "noised",
    "note_nats",
    "occlusion",
    "pgd",
    "piece_sums",
    "places_of",
    "prune_channels",
    "published_encoder",
    "published_whisper",
    "quantize_aware",
    "receptive_field",
    "redrawn",
    "removal_curve",
    "run_layers",
    "scaled_dot_product_attention",
    "sequence_mask",
    "settle",
    "shapley_kernel",
    "shapley_values",
    "signal_shares",
    "sinusoidal_positions",
    "smallest_weights",
    "smooth_si_sdr_db",
    "sparse_bytes",
    "spectral_distance",
    "subsampled",
    "to_levels",
    "to_marks",
    "transducer_loss",
    "turned_gain",
    "unmask",
    "unroll",
    "watch",
    "weighted_ridge",
    "writing_loss",
]
