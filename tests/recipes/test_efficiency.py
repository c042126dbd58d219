"""Teachers and what is made of them: nothing of a voice that is tested is learned or chosen by."""

import numpy as np
import pytest
import torch

from audiolessons import models, results
from audiolessons.errors import AudioError
from audiolessons.recipes.large.efficiency import (
    _lessons,
    _networks,
    _noise,
    _work,
    efficiency,
    throughput,
)
from audiolessons.recipes.large.efficiency._networks import Cell
from audiolessons.recipes.large.efficiency._work import ANSWERS, N_TEACHERS, Job
from audiolessons.training import loader, predict


@pytest.fixture(scope="module")
def voices():
    """A few sounds of every voice, so that an epoch takes a moment."""
    every = efficiency.load()
    rows = np.concatenate(
        [np.flatnonzero(every.speaker == voice)[::10][:12] for voice in every.speakers]
    )
    return type(every)(
        every.x[:, rows],
        every.lengths[:, rows],
        every.labels[rows],
        every.speaker[rows],
        every.names,
        every.source,
    )


@pytest.fixture(scope="module")
def folder(voices, tmp_path_factory):
    """A folder in which one cell is trained, for an epoch each."""
    where = tmp_path_factory.mktemp("cells")
    cell = Cell(voices.speakers[0])
    for name in ("teacher", "taught", "channels_80", "aware_4", "weights_90"):
        _work.outcome(Job(cell, name), voices, folder=where, epochs=1)
    return where


def test_a_judge_has_heard_neither_of_two_voices(voices):
    for voice in voices.speakers:
        for job in _work.judges(voices, voice):
            assert voice in job.cell.unheard
            assert len(set(job.cell.unheard)) == 2
            heard = voices.without(job.cell.also_unheard).learned(held_out=job.cell.held_out)
            n_unheard = sum((voices.speaker == one).sum() for one in job.cell.unheard)
            assert len(heard) == 3 * (len(voices.labels) - n_unheard)


def test_what_others_wait_for_comes_first(voices):
    jobs = _work.all_jobs(voices)
    for number, job in enumerate(jobs):
        assert all(needed in jobs[:number] for needed in job.needs(voices))
    assert len(jobs) == len(set(jobs))


def test_a_job_is_done_once_and_its_answers_belong_to_its_voice(voices, folder):
    job = Job(Cell(voices.speakers[0]), "channels_80")
    before = job.path(folder).stat().st_mtime_ns
    answers = _work.outcome(job, voices, folder=folder)
    assert job.path(folder).stat().st_mtime_ns == before
    assert list(answers) == [voices.speakers[0]]
    assert answers[voices.speakers[0]].shape == (12, 10)


def test_kept_weights_answer_as_they_did(voices, folder):
    cell = Cell(voices.speakers[0])
    part = voices.tested(held_out=cell.held_out)[_work.PLAIN]
    for name in ("teacher", "taught", "channels_80", "weights_90"):
        network = _work.network_of(Job(cell, name), folder=folder)
        kept = _work.outcome(Job(cell, name), voices, folder=folder)[cell.held_out]
        again = efficiency.training.predict(network, part, time_axis=2)
        torch.testing.assert_close(again, kept, atol=1e-4, rtol=1e-4)
    masked = _work.network_of(Job(cell, "weights_90"), folder=folder)
    assert (masked.convolutions[2].weight == 0).float().mean() == pytest.approx(0.9, abs=0.01)


def test_a_temperature_is_chosen_by_the_voice_beside(voices, folder, monkeypatch):
    voice, partner = voices.speakers[:2]
    worth = {2: {partner: 0.5, voice: 0.9}, 4: {partner: 0.7, voice: 0.1}, 8: {partner: 0.7}}
    monkeypatch.setattr(
        _work, "share_right", lambda job, voices, of, folder: worth[job.temperature][of]
    )
    assert _work.chosen_temperature(voices, voice, folder=folder) == 4


def test_a_lesson_is_the_same_for_all_and_has_no_unheard_voice(voices, monkeypatch):
    monkeypatch.setattr(_lessons, "N_VERSIONS", 2)
    first, second = voices.speakers[:2]
    cell = Cell(first, also_unheard=second)
    x, lengths, labels = _lessons.varied(voices, cell, _networks.TEACHER).tensors
    again = _lessons.varied(voices, Cell(first, 3, second), _networks.TEACHER).tensors
    torch.testing.assert_close(x, again[0], rtol=0, atol=0)
    n_unheard = sum((voices.speaker == one).sum() for one in cell.unheard)
    n_heard = 3 * (len(voices.labels) - n_unheard)
    assert len(x) == len(lengths) == len(labels) == 2 * n_heard
    assert not torch.equal(x[:n_heard], x[n_heard:])
    assert torch.equal(labels[:n_heard], labels[n_heard:])


def test_answers_are_the_mean_of_teachers_in_the_order_of_the_sounds(voices):
    part = voices.tested(held_out=voices.speakers[0])[_work.PLAIN]
    teachers = [_networks.new(_networks.STUDENT, seed=seed).eval() for seed in (0, 1)]
    one, other = (predict(teacher, part, time_axis=2) for teacher in teachers)
    torch.testing.assert_close(_lessons.answers(part, teachers), (one + other) / 2)


def test_batches_of_like_length_hold_every_sound_once_and_little_padding():
    n_sounds, n_longest = 1000, 40
    lengths = torch.randint(1, n_longest + 1, (n_sounds,), generator=torch.Generator())
    x = (torch.arange(n_longest) < lengths[:, None]).float()[:, None]  # (B, 1, N)
    numbers = torch.arange(n_sounds)
    sounds = torch.utils.data.TensorDataset(x, lengths, numbers)
    large = loader(sounds, batch_size=500, shuffle=True, time_axis=2)
    batches = _lessons.OfLikeLength(large, generator=torch.Generator().manual_seed(0))
    found = list(batches)
    assert len(found) == len(batches) == 2 * _lessons.N_PARTS
    assert sorted(torch.cat([one for *_, one in found]).tolist()) == numbers.tolist()
    for x, lengths, which in found:
        assert x.shape[2] == lengths.max()
        assert torch.equal(lengths, sounds.tensors[1][which])
    assert sum(x.sum() for x, *_ in found) > 0.85 * sum(x.numel() for x, *_ in found)
    longest = [x.shape[2] for x, *_ in found]
    assert longest != sorted(longest)


def test_a_way_is_judged_by_all_voices_but_the_one_that_is_held_out(voices, monkeypatch):
    held_out, ways = voices.speakers[0], list(_networks.WAYS["taught_by_3"])

    def share(job, voices, of, folder):
        assert of in job.cell.unheard
        best_of = ways[0] if of == held_out else ways[1]
        return (1.0 if of == held_out else 0.2) * (job.way == best_of)

    monkeypatch.setattr(_work, "share_right", share)
    assert _work.chosen_way(voices, held_out, "taught_by_3", folder="") == ways[1]
    for other in voices.speakers[1:]:  # for them the first voice may judge, and is louder
        assert _work.chosen_way(voices, other, "taught_by_3", folder="") == ways[0]


def test_what_learns_from_three_teachers(voices, tmp_path, monkeypatch):
    monkeypatch.setattr(_lessons, "N_VERSIONS", 1)
    cell = Cell(voices.speakers[0], also_unheard=voices.speakers[1])
    for name, ways in _networks.WAYS.items():
        job = Job(cell, name, way=list(ways)[-1])
        kept = _work.outcome(job, voices, folder=tmp_path, epochs=1)
        network = _work.network_of(job, folder=tmp_path)
        for voice in cell.unheard:
            part = voices.tested(held_out=voice)[_work.PLAIN]
            again = predict(network, part, time_axis=2)
            torch.testing.assert_close(again, kept[voice], atol=1e-4, rtol=1e-4)
    own = Job(Cell(voices.speakers[0], 1), "taught_by_3")
    teachers = [job.cell for job in Job(Cell(own.cell.held_out), ANSWERS).needs(voices)]
    assert teachers == [Cell(own.cell.held_out, seed) for seed in range(N_TEACHERS)]
    assert Job(Cell(own.cell.held_out), ANSWERS) in own.needs(voices)


def test_the_student_is_small_enough_and_pruning_takes_what_it_says():
    assert models.count_parameters(_networks.shell("taught")) <= 20_000
    for way in _networks.WAYS["taught_by_3"]:
        student = _networks.shell("taught_by_3", way)
        assert models.count_parameters(student) <= 20_000
        word = _networks.word()
        with torch.no_grad():
            folded = models.FoldedCNN(student)(word)
            torch.testing.assert_close(folded, student(word), atol=1e-4, rtol=1e-4)
    whole = models.multiplications(_networks.shell("teacher"), _networks.word())
    for share in (50, 80, 90):
        left = models.multiplications(_networks.shell(f"channels_{share}"), _networks.word())
        assert left <= (1 - share / 100) * whole


def test_sounds_that_calibrate_are_of_the_training_part(voices):
    held_out = voices.speakers[0]
    tested = {bytes(one.numpy()) for one in efficiency.tested(voices, held_out)}
    shown = efficiency.shown(voices, held_out, n_sounds=50)
    assert len(shown) == 50
    assert not tested & {bytes(one.numpy()) for one in shown}


def test_whole_numbers_answer_nearly_the_same(voices, folder):
    cell = Cell(voices.speakers[0])
    network = _work.network_of(Job(cell, "teacher"), folder=folder)
    sounds = efficiency.tested(voices, cell.held_out)
    whole = efficiency.heard_by(efficiency.graph(network), sounds)
    small = efficiency.static_graph(network, voices, cell.held_out)
    assert len(small) < 0.3 * len(efficiency.graph(network))
    coarse = efficiency.heard_by(small, sounds)
    assert (coarse - whole).abs().max() < 0.2 * whole.std() + 0.2
    kept = _work.outcome(Job(cell, "teacher"), voices, folder=folder)[cell.held_out]
    torch.testing.assert_close(whole, kept, atol=1e-3, rtol=1e-3)


def test_unbeaten():
    networks = {"a": (3.0, 90.0), "b": (1.0, 80.0), "c": (2.0, 80.0), "d": (1.0, 79.0)}
    assert efficiency.unbeaten(networks) == ["b", "a"]


def test_the_stored_networks_are_those_of_the_recipe():
    for name in efficiency.STORED:
        network = efficiency.trained(name)
        record = results.weights.read_record(f"digits-{name}")
        assert models.count_parameters(network) == record["parameters"]
        assert record["source"] == "recordings"


def test_noise_and_a_step():
    x, labels = _noise.load(4)
    assert x.shape == (4, 40, 50)
    assert labels.max() < 10
    step, device = throughput.train(channels=(4, 4), batch_size=4)
    assert throughput.steps_per_s(step, device, seconds=0.01) > 0
    with pytest.raises(AudioError, match="number is 'int8'"):
        throughput.train(number="int8")


def test_one_process_learns_in_batches_of_several_sizes():
    rows = list(throughput._batches(16))
    assert [row.name for row in rows] == ["of_16", "of_8", "of_4", "of_2"]
    assert all(row.value > 0 for row in rows)
