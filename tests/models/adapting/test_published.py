"""Tiny models with drawn weights, of the same classes as the published ones, are read and run."""

import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError

transformers = pytest.importorskip("transformers")
TINY = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (8, 8),
    "conv_kernel": (10, 8),
    "conv_stride": (20, 16),
    "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 4,
    "num_conv_pos_embedding_groups": 2,
    "vocab_size": 5,
}


@pytest.mark.parametrize("kind", ["Wav2Vec2", "Hubert", "WavLM"])
def test_a_waveform_gives_the_states_of_every_layer(kind, tmp_path):
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**TINY)
    getattr(transformers, f"{kind}Model")(config).save_pretrained(tmp_path)
    encoder = models.published_encoder(tmp_path)
    assert not encoder.training
    audio = torch.randn(2, 16000)
    states = encoder.states(audio, torch.tensor([16000, 9000]))
    assert [one.shape for one in states] == [torch.Size([2, 50, 16])] * 3
    alone = encoder.states(audio[1:, :9000])
    for batch, one in zip(states, alone, strict=True):  # its company changes nothing
        torch.testing.assert_close(batch[1:, : one.shape[1]], one, rtol=1e-4, atol=1e-5)
        assert not batch[1, one.shape[1] :].any()
    with pytest.raises(AudioError, match="audio has shape"):
        encoder.states(audio[0])
    with pytest.raises(AudioError, match=r"audio holds torch\.int16"):
        encoder.states(audio.short())
    with pytest.raises(AudioError, match="a sound has 100 samples"):
        encoder.states(audio[:, :100])


def test_low_ranks_fit_the_published_class(tmp_path):
    model = transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**TINY))
    before = {name: tuple(one.shape) for name, one in model.state_dict().items()}
    model = models.add_low_rank(model, ("q_proj", "v_proj"), rank=2)
    assert sum(one.requires_grad for one in model.parameters()) == 2 * 2 * 2
    merged = models.merge_low_rank(model)
    assert {name: tuple(one.shape) for name, one in merged.state_dict().items()} == before


def test_transcription_learns_by_ctc_over_letters():
    """No two classes, and no accuracy: letters and a blank, and a loss over all alignments."""
    config = transformers.Wav2Vec2Config(**TINY, pad_token_id=0)
    model = transformers.Wav2Vec2ForCTC(config)
    found = model(torch.randn(1, 16000), labels=torch.tensor([[3, 1, 4]]))
    assert found.logits.shape == (1, 50, 5)
    assert found.loss.isfinite()


def test_whisper_writes_tokens_from_thirty_seconds(tmp_path):
    torch.manual_seed(0)
    config = transformers.WhisperConfig(
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        vocab_size=50,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    transformers.WhisperForConditionalGeneration(config).save_pretrained(tmp_path)
    transformers.WhisperFeatureExtractor().save_pretrained(tmp_path)
    model, extractor = models.published_whisper(tmp_path)
    x = extractor(torch.randn(16000).numpy(), sampling_rate=16000, return_tensors="pt")
    assert x.input_features.shape == (1, 80, 3000)
    tokens = model.generate(
        x.input_features, attention_mask=torch.ones(1, 3000), max_new_tokens=4, do_sample=False
    )
    assert tokens.shape[0] == 1
    with pytest.raises(AudioError, match="takes no waveforms"):
        models.published_encoder(tmp_path)


def test_what_cannot_be_loaded_is_one_sentence(tmp_path):
    with pytest.raises(AudioError, match="was not loaded: give the name"):
        models.published_encoder(tmp_path)
    with pytest.raises(AudioError, match="was not loaded: give the name"):
        models.published_whisper(tmp_path)
