"""Faults planted one at a time, each with the test that must catch it.

A suite is as good as what it catches. `python tools/planted_faults.py` copies the tracked files to
a temporary folder, sees all named tests pass there, then changes one place at a time and demands
that its test fails. It prints a table (Markdown), and ends with 1 if a fault went unnoticed or no
longer fits the text. Names given as arguments pick faults: `stft` plants those whose file, change
or test says so. Two faults need a browser, none needs the recordings.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
NBVAL = ["-o", "addopts=", "-p", "no:warnings", "--nbval"]
NBVAL += ["--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]


class Fault(NamedTuple):
    """One change of one file (the first place that reads `old`), and what must notice it."""

    file: str
    old: str
    new: str
    test: str  # a node of pytest; of a chapter, the cells to run: path::1,5


def of_package(file, old, new, test):
    return Fault(f"audiolessons/{file}", old, new, test)


FAULTS = [
    # --- the package, a module each ----------------------------------------------------------
    of_package(
        "adaptive/blocks.py",
        "correction[:, length:] = 0",
        "correction[:, length:] *= 1",
        "tests/adaptive/test_adaptive.py::test_each_partition_learns_its_own_taps_alone",
    ),
    of_package(
        "adaptive/kalman.py",
        "(1 - self._new * gain * heard)",
        "(1 - gain * heard)",
        "tests/adaptive/test_adaptive.py::test_the_kalman_filter_follows_a_path_that_moves",
    ),
    of_package(
        "autograd.py",
        "lambda g: (g * result,)",
        "lambda g: (g,)",
        "tests/test_autograd.py::test_gradients_agree_with_torch",
    ),
    of_package(
        "bench/__init__.py",
        "if low <= row.value <= high",
        "if True",
        "tests/test_bench.py::test_a_row_that_left_its_spread_has_moved",
    ),
    of_package(
        "cli/notebooks.py",
        'raise AudioError(f"{path} holds no notebook (.ipynb): give another folder")',
        "continue",
        "tests/test_cli.py::test_paths_that_are_no_chapters_are_refused",
    ),
    of_package(
        "datasets/spoken_digits.py",
        "N_TEST_TAKES = 5",
        "N_TEST_TAKES = 6",
        "tests/datasets/test_loaders.py::test_the_official_split_of_the_digits_goes_by_take",
    ),
    of_package(
        "datasets/_store/library.py",
        "if got != file.digest:",
        "if False:",
        "tests/datasets/test_resolution.py::test_a_damaged_pickle_is_never_opened",
    ),
    of_package(
        "doctor.py",
        'return [Row("problem", "Python", found, fix)]',
        'return [Row("note", "Python", found, fix)]',
        "tests/test_doctor.py::test_an_old_python_is_a_problem",
    ),
    of_package(
        "editions.py",
        "if SOLUTION_TAG not in tags(cell)",
        "if True",
        "tests/book/test_editions.py::test_no_solution_is_left_in_the_student_edition",
    ),
    of_package(
        "editing/activity.py",
        "steepest(end, -step)",
        "steepest(end, step)",
        "tests/editing/test_activity.py::test_borders_move_to_the_steepest_step_within_reach",
    ),
    of_package(
        "editing/dynamics.py",
        "return 2 * (_half_window(sample_rate) + 1) + CONTEXT",
        "return _half_window(sample_rate) + CONTEXT",
        "tests/editing/test_dynamics.py::test_a_limiter_on_a_stream_gives_what_the_whole_gives",
    ),
    of_package(
        "editing/dynamics.py",
        "origin=-((early + 1) // 2)",
        "origin=0",
        "tests/editing/test_dynamics.py::"
        "test_music_begins_to_give_way_a_quarter_of_a_second_before_the_voice",
    ),
    of_package(
        "editing/loudness.py",
        "loud = loud[loud > _mean_lufs(loud) + RELATIVE_GATE_LU]",
        "loud = loud[loud > _mean_lufs(loud) + 2 * RELATIVE_GATE_LU]",
        "tests/editing/test_loudness.py::test_integrated_loudness_of_the_reference_signals",
    ),
    of_package(
        "enhancement/gains.py",
        "_ratio(speech_power, speech_power + noise_power)",
        "_ratio(speech_power, speech_power + 2 * noise_power)",
        "tests/enhancement/test_gains.py::test_wiener_is_the_best_gain_for_known_powers",
    ),
    of_package(
        "errors.py",
        "if not np.isfinite(array).all():",
        "if False:",
        "tests/test_errors.py::test_what_is_no_sound_is_named",
    ),
    of_package(
        "explore.py",
        "position = position * len(values) + slider.value",
        "position = position + slider.value",
        "tests/test_explore.py::test_ipywidgets_show_the_same_frames",
    ),
    of_package(
        "features/mel.py",
        "filters *= (2 / ",
        "filters *= (1 / ",
        "tests/features/test_features.py::test_mel_filterbank_is_librosas",
    ),
    of_package(
        "files/saving.py",
        "np.round(audio * 2.0**15)",
        "np.floor(audio * 2.0**15)",
        "tests/test_files.py::test_pcm_comes_back_within_half_a_step",
    ),
    of_package(
        "filters/fir.py",
        "return below(high_hz) - below(low_hz)",
        "return below(high_hz) + below(low_hz)",
        "tests/filters/test_filters.py::test_highpass_and_bands_match_firwin_up_to_its_scaling",
    ),
    of_package(
        "filters/rooms.py",
        "for below in (-5, -25)",
        "for below in (-5, -35)",
        "tests/filters/test_rooms.py::test_the_reverberation_time_is_read_off_the_response",
    ),
    of_package(
        "linear_algebra.py",
        "signs = (-1.0) ** np.arange(len(matrix))",
        "signs = 1.0 ** np.arange(len(matrix))",
        "tests/test_linear_algebra.py::test_the_inverse_agrees_with_numpy",
    ),
    of_package(
        "listen/player.py",
        "self.too_loud = largest > 1.0",
        "self.too_loud = largest > 2.0",
        "tests/listen/test_player.py::test_above_full_scale_is_said_and_the_level_stays",
    ),
    of_package(
        "matching/beam.py",
        "before = blank if new == last else both",
        "before = both",
        "tests/matching/test_ctc.py::test_a_doubled_letter_needs_a_blank_between",
    ),
    of_package(
        "matching/ctc.py",
        " & (states != states[:, None])",
        "",
        "tests/matching/test_ctc.py::test_the_loss_of_every_text_is_the_sum_of_its_paths",
    ),
    of_package(
        "matching/dtw.py",
        "np.minimum(before, total[..., i, j] + diagonal * cost)",
        "np.minimum(before, total[..., i, j] + cost)",
        "tests/matching/test_dtw.py::test_the_cheapest_way_of_all_is_found",
    ),
    of_package(
        "matching/learning.py",
        "        for network, features, lengths in batches:\n",
        "        for network, features, lengths in batches[-1:]:\n",
        "tests/matching/test_learning.py::test_all_sequences_are_learned_from",
    ),
    of_package(
        "matching/joint.py",
        "(self.log_weights - 0.5 * log_determinants)",
        "self.log_weights",
        "tests/matching/test_joint.py::test_the_mean_is_that_of_the_density_cut_at_x",
    ),
    of_package(
        "matching/markov.py",
        "choice = arriving.argmax(axis=1)",
        "choice = arriving.argmin(axis=1)",
        "tests/matching/test_markov.py::test_sum_and_best_of_all_ways",
    ),
    of_package(
        "metrics/recognition.py",
        "np.minimum.accumulate(best - steps) + steps",
        "best",
        "tests/metrics/test_recognition.py::test_rates_over_the_corpus_agree_with_jiwer",
    ),
    of_package(
        "metrics/classification.py",
        "counts[row_of[true_label], row_of[predicted_label]] += 1",
        "counts[row_of[predicted_label], row_of[true_label]] += 1",
        "tests/metrics/test_classification.py::test_counts_match_scikit_learn",
    ),
    of_package(
        "metrics/decisions.py",
        "(surprise[truth].mean() + surprise[~truth].mean()) / 2",
        "surprise.mean()",
        "tests/metrics/test_verification.py::test_the_cost_of_ratios",
    ),
    of_package(
        "metrics/verification.py",
        "share = gap[before] / (gap[before] - gap[after])",
        "share = 0.5",
        "tests/metrics/test_verification.py::test_the_equal_error_rate_is_where_the_curve_crosses_the_diagonal",
    ),
    of_package(
        "models/layers/cells.py",
        "return (1 - update) * candidate + update * h",
        "return update * candidate + (1 - update) * h",
        "tests/models/layers/test_cells.py::test_one_step_is_torchs",
    ),
    of_package(
        "models/speech/speaker.py",
        "(n_channels, n_channels, 3, 4)",
        "(n_channels, n_channels, 3, 3)",
        "tests/models/speech/test_speaker.py::test_each_frame_sees_eleven_to_either_side_in_units_of_ten_decibels",
    ),
    of_package(
        "models/music/notes.py",
        "marks.clamp(min=1)[..., None]",
        "(marks + 1).clamp(min=1)[..., None]",
        "tests/models/music/test_notes.py::test_the_chances_of_all_sets_add_up_to_one",
    ),
    of_package(
        "models/speech/streaming.py",
        "part[..., -self.hop_length :], late[-1]",
        "part[..., -self.hop_length :], early[-1]",
        "tests/models/speech/test_denoise.py::test_a_stream_gives_what_the_whole_file_gives",
    ),
    of_package(
        "optimisers.py",
        "fair_mean = mean / (1 - decay**n_steps)",
        "fair_mean = mean / (1 - decay)",
        "tests/test_optimisers.py::test_the_path_is_torchs",
    ),
    of_package(
        "padding.py",
        "device=device) < lengths",
        "device=device) <= lengths",
        "tests/test_padding.py::test_a_mask_counts_the_frames",
    ),
    of_package(
        "plots/sound.py",
        "edges_s = (np.arange(n_frames + 1) - 0.5)",
        "edges_s = np.arange(n_frames + 1)",
        "tests/plots/test_plots.py::test_a_spectrogram_draws_each_cell_where_it_belongs",
    ),
    of_package(
        "reading.py",
        "WORDS_PER_MINUTE = 200",
        "WORDS_PER_MINUTE = 100",
        "audiolessons/reading.py",
    ),
    of_package(
        "recipes/_nested.py",
        "append(right(other, on_other))",
        "append(right(one, on_one))",
        "tests/recipes/test_nested.py::test_a_part_has_no_say_in_its_own_judgement",
    ),
    of_package(
        "recipes/_nested.py",
        "sum(given[part])",
        "given[part][-1]",
        "tests/recipes/test_nested.py::test_seeds_are_averaged_and_voted",
    ),
    of_package(
        "recipes/learning/chorales.py",
        "hearing = transforms.Chain(_Transpose(seed=seed), network)",
        "hearing = transforms.Chain(network)",
        "tests/recipes/test_chorales.py::test_a_training_hears_the_pieces_varied",
    ),
    of_package(
        "recipes/learning/chorales.py",
        "torch.randint(-6, 7,",
        "torch.randint(-6, 6,",
        "tests/recipes/test_chorales.py::test_pieces_are_transposed_in_training_and_none_after",
    ),
    of_package(
        "recipes/learning/chorales.py",
        "for value in (0.0, -1.0)",
        "for value in (0.0, 0.0)",
        "tests/recipes/test_chorales.py::test_the_official_split_is_kept",
    ),
    of_package(
        "recipes/tasks/speaker/_altered_voices.py",
        "response[round(DIRECT_S * SAMPLE_RATE) :] *=",
        "response *=",
        "tests/recipes/test_speaker.py::test_an_altered_sound_by_hand",
    ),
    of_package(
        "recipes/tasks/denoising/_voice_mixing.py",
        "return level * (voice + noise), level * voice",
        "return level * (voice + noise), voice",
        "tests/recipes/test_voices_in_noise.py::test_ratios_and_levels_lie_in_their_ranges",
    ),
    of_package(
        "recipes/tasks/denoising/_voice_mixing.py",
        "_at_level(self._apply(noise, narrow))",
        "_at_level(noise)",
        "tests/recipes/test_voices_in_noise.py::test_a_narrow_line_carries_voice_and_noise_alike",
    ),
    of_package(
        "results/rows.py",
        'if relation == "<="',
        'if relation == ">="',
        "tests/test_bench.py::test_a_goal_is_met_or_missed",
    ),
    of_package(
        "signals/levels.py",
        "10.0 ** (-snr_db / 20)",
        "10.0 ** (-snr_db / 10)",
        "tests/signals/test_signals.py::test_mix_has_the_ratio_asked_for",
    ),
    of_package(
        "sources.py",
        "lines[first.end_lineno :]",
        "lines[first.end_lineno + 1 :]",
        "tests/test_sources.py::test_the_docstring_goes_and_comments_stay",
    ),
    of_package(
        "spectral/fourier.py",
        "phasors = np.exp(-2j * np.pi * turns)",
        "phasors = np.exp(2j * np.pi * turns)",
        "tests/spectral/test_spectral.py::test_dft_is_scipys_fft",
    ),
    of_package(
        "training/run.py",
        "if score < self.best_score:",
        "if score > self.best_score:",
        "tests/training/test_loop.py::test_the_best_weights_come_back",
    ),
    of_package(
        "training/mixing.py",
        "both = share**2 * power + (1 - share) ** 2 * power[other]",
        "both = share * power + (1 - share) * power[other]",
        "tests/training/test_mixing.py::test_a_mixture_is_what_adding_the_sounds_gives",
    ),
    of_package(
        "transforms/colouring.py",
        "(lengths / tempo.to(lengths.device))",
        "(lengths * tempo.to(lengths.device))",
        "tests/transforms/test_colouring.py::test_time_runs_at_the_tempo_that_the_length_tells",
    ),
    of_package(
        "transforms/masking.py",
        "_mean(x, inside), x)",
        "_mean(x, torch.ones_like(inside)), x)",
        "tests/transforms/test_transforms.py::test_masks_hide_with_the_mean_of_the_sound",
    ),
    of_package(
        "writing.py",
        "            partial.unlink()",
        "            pass",
        "tests/test_writing.py::test_a_block_that_fails_leaves_what_was_there",
    ),
    # --- the chapters: outputs, solutions, stubs, what their form demands ------------------------
    Fault(
        "book/intro.ipynb",
        "  1: Four periods of a 220 Hz note",
        "  1: Five periods of a 220 Hz note",
        "book/intro.ipynb::0,3",
    ),
    Fault(
        "book/reference/mathematics.ipynb",
        "magnitude 2.000, phase 30.0 degrees",
        "magnitude 2.000, phase 31.0 degrees",
        "book/reference/mathematics.ipynb::0,1",
    ),
    Fault(
        "book/sound/signals.ipynb",
        "return 10 * np.log10(np.mean(reference**2) / np.mean(error**2))",
        "return 20 * np.log10(np.mean(reference**2) / np.mean(error**2))",
        "tests/exercises/test_all.py::test_the_solution_in_the_chapter_passes[signals.snr]",
    ),
    Fault(
        "book/sound/filters.ipynb",
        "with the hall's echoes: 63999 samples",
        "with the hall's echoes: 64000 samples",
        "book/sound/filters.ipynb::0,1",
    ),
    Fault(
        "book/sound/stft.ipynb",
        "return np.sum(x * np.exp(-2j * np.pi * k * n / len(x)))",
        "return np.sum(x * np.exp(-1j * np.pi * k * n / len(x)))",
        "tests/exercises/test_all.py::test_the_solution_in_the_chapter_passes[stft.bin]",
    ),
    Fault(
        "book/sound/features.ipynb",
        "**Not quite.**",
        "**No.**",
        "tests/book/test_structure.py::test_the_quiz_explains_every_option[features]",
    ),
    Fault(
        "book/learning/gradients.ipynb",
        '"hints",',
        '"help",',
        "tests/book/test_structure.py::test_exercises_are_stub_check_hints_solution[gradients]",
    ),
    Fault(
        "book/learning/cnn.ipynb",
        '"execution_count": 3,',
        '"execution_count": null,',
        "tests/book/test_structure.py::test_the_stored_notebook_can_be_trusted[cnn]",
    ),
    Fault(
        "book/learning/rnn.ipynb",
        "(easy)",
        "(core)",
        "tests/book/test_structure.py::test_the_prompt_states_the_level[rnn]",
    ),
    Fault(
        "book/learning/attention.ipynb",
        "132 queries, 126 keys",
        "126 queries, 132 keys",
        "book/learning/attention.ipynb::0,1,2,3",
    ),
    Fault(
        "book/learning/evaluation.ipynb",
        '"## Quiz',
        '"## Questions',
        "tests/book/test_structure.py::test_the_sections_stand_in_their_order[evaluation]",
    ),
    Fault(
        "book/tasks/denoising.ipynb",
        "return ratio / (1 + ratio)",
        "return ratio / (2 + ratio)",
        "tests/exercises/test_all.py::test_the_solution_in_the_chapter_passes[denoising.gain]",
    ),
    Fault(
        "book/tasks/multimodal.ipynb",
        "return total - np.logaddexp.reduce(total)",
        "return total",
        "tests/exercises/test_all.py::test_the_solution_in_the_chapter_passes[multimodal.late]",
    ),
    # --- pages, scripts in the browser, data, set-up, the tests' own rules -----------------------
    of_package(
        "static/compare.js",
        "source.start(start, position)",
        "source.start(start + 0.01 * i, position)",
        "tests/site/test_compare.py::test_a_click_switches_while_it_plays_and_no_click_is_lost",
    ),
    of_package(
        "static/explore.js",
        "frame.hidden = i !== position",
        "frame.hidden = i !== 0",
        "tests/site/test_browser_checks.py::test_a_dead_slider_is_found",
    ),
    Fault(
        "book/_ext/lessons/media.py",
        "return ABSENT + credit(",
        "return ABSENT + str(",
        "tests/site/test_extension.py::test_a_recording_is_carried_when_it_is_there_and_explained_when_not",
    ),
    Fault(
        "_toc.yml",
        "      - file: book/sound/stft\n",
        "",
        "tests/book/test_registers.py::test_nothing_is_left_out[out_of_the_contents]",
    ),
    Fault(
        "data/embedded/SHA256SUMS",
        "  chorales.zip",
        "0  chorales.zip",
        "tests/test_embedded.py::test_the_archives_are_those_of_the_list_and_small",
    ),
    Fault(
        "data/sources.json",
        '"credit": "Zohar Jackson and contributors"',
        '"credit": ""',
        "tests/datasets/test_resolution.py::test_the_registry_of_the_book_is_complete",
    ),
    Fault(
        "Makefile",
        "could not be installed",
        "was not installed",
        "tests/test_setup.py::test_setup_goes_on_without_a_compiler_and_says_so",
    ),
    of_package(
        "signals/levels.py",
        "from __future__ import annotations",
        "from __future__ import annotations\n\nimport torch",
        "tests/test_architecture.py::test_the_package_keeps[layer_violations]",
    ),
    Fault(
        "conftest.py",
        "RECORDINGS if marked else UNMARKED",
        "RECORDINGS",
        "tests/test_suite.py::test_an_unmarked_test_that_opens_a_set_fails[itself]",
    ),
]


def plant(fault, folder):
    """Change the one place; return the text as it was."""
    path = folder / fault.file
    text = path.read_text(encoding="utf-8")
    if fault.old not in text:
        raise ValueError(f"{fault.file} does not read {fault.old!r}: say another place to spoil")
    path.write_text(text.replace(fault.old, fault.new, 1), encoding="utf-8")
    return text


def run(tests, folder):
    """Run tests in the copy, on the embedded set; return whether they passed and what was said."""
    nodes, options = [], []
    for test in tests:
        path, _, rest = test.partition("::")
        if path.endswith(".ipynb"):
            options = NBVAL
            nodes += [f"{path}::Cell {number}" for number in rest.split(",")]
        else:
            nodes.append(test)
    environment = {key: value for key, value in os.environ.items() if key != "AUDIOLESSONS_DATA"}
    environment |= {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    environment |= {"AUDIOLESSONS_CACHE": str(folder / "no_cache")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *nodes]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 1, 2):  # passed, failed, could not be collected
        raise ValueError(f"{nodes} did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 0, done.stdout


def unspoilt(faults, folder):
    """See all named tests pass while nothing is planted."""
    tests = sorted({fault.test for fault in faults})
    for some in ([t for t in tests if ".ipynb" in t], [t for t in tests if ".ipynb" not in t]):
        passed, said = run(some, folder) if some else (True, "")
        if not passed:
            sys.exit(f"before anything is planted, tests fail:\n{said[-5000:]}")


def judge(fault, folder):
    """Return what came of a fault: caught, or what went wrong."""
    try:
        before = plant(fault, folder)
        try:
            return "NOT CAUGHT" if run([fault.test], folder)[0] else "caught"
        finally:
            (folder / fault.file).write_text(before, encoding="utf-8")
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return "DOES NOT FIT"


def copy_tree(folder):
    """Copy what git tracks, as it stands now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def in_table(text):
    return text.strip().replace("|", "\\|").replace("\n", " ") or "(nothing)"


def main(words):
    chosen = [one for one in FAULTS if not words or any(word in str(one) for word in words)]
    began, results = time.monotonic(), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_tree(folder)
        unspoilt(chosen, folder)
        print("| file | instead of | stands | caught by | |\n|---|---|---|---|---|")
        for fault in chosen:
            results.append(judge(fault, folder))
            cells = [f"`{in_table(text)}`" for text in fault] + results[-1:]
            print(f"| {' | '.join(cells)} |", flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"\n{results.count('caught')} of {len(chosen)} caught, in {minutes:.0f} minutes.")
    return 0 if set(results) == {"caught"} else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="plant only faults that say one of these")
    sys.exit(main(parser.parse_args().words))
