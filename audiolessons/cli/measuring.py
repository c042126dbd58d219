"""`train`, `scenes` and `bench`: what recipes do."""

from __future__ import annotations

from pathlib import Path


def add_to(commands) -> None:
    """Add the commands to the parser's."""
    train = commands.add_parser(
        "train",
        help="train again the networks whose weights the project stores",
        description="Train networks on the recordings and store their weights, with a hash and a "
        "record of the training, in data/weights. Chapters start from them.",
    )
    train.add_argument("name", metavar="NAME", help="name of a recipe, such as denoising")
    train.add_argument(
        "--epochs", type=int, metavar="N", help="fewer or more than the recipe's own number"
    )
    train.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="another folder than data/weights"
    )
    train.set_defaults(run=_train)

    scenes = commands.add_parser(
        "scenes",
        help="draw the test scenes of a recipe, before anything is trained",
        description="Draw which voices, noises and levels a recipe is tested with, and write "
        "data/scenes/NAME.json. Scenes that are there are never replaced.",
    )
    scenes.add_argument("name", metavar="NAME", help="name of a recipe, such as denoising")
    scenes.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="another folder than data/scenes"
    )
    scenes.set_defaults(run=_scenes)

    bench = commands.add_parser(
        "bench",
        help="measure results and speed; store them in data/results and _build/bench",
        description="Measure what has not been measured yet, print it, and store it: what models "
        "reach in data/results/NAME.json, what belongs to this machine in _build/bench/NAME.json. "
        "What was interrupted goes on.",
    )
    bench.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="name of a recipe, such as denoising, or of a part, such as tasks (default: all)",
    )
    bench.add_argument("--row", metavar="ROW", help="only this row, such as crn.stoi_5db, or crn")
    bench.add_argument("--again", action="store_true", help="measure what is there as well")
    bench.add_argument(
        "--check",
        action="store_true",
        help="measure again, store nothing, and say which rows moved by more than their spread",
    )
    bench.add_argument("--quick", action="store_true", help="short sounds and one epoch, to try it")
    bench.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="another folder than data/results"
    )
    bench.set_defaults(run=_bench)


def _train(options) -> int:
    from audiolessons import results
    from audiolessons.datasets import data_folder

    recipe = _recipe_with("store", options.name)
    results.check_writable(options.output or data_folder() / "weights")
    for path in recipe.store(epochs=options.epochs, folder=options.output):
        print(path)
    return 0


def _scenes(options) -> int:
    from audiolessons import results
    from audiolessons.datasets import data_folder

    recipe = _recipe_with("scenes", options.name)
    results.check_writable(options.output or data_folder() / "scenes")
    scenes = recipe.scenes()
    print(results.write_scenes(options.name, scenes, folder=options.output))
    return 0


def _recipe_with(function, name):
    from audiolessons import recipes
    from audiolessons.errors import check_choice

    offered = recipes.offering(function)
    return offered[check_choice(name, name="name of a recipe", choices=tuple(offered))]


def _bench(options) -> int:
    from audiolessons import bench

    where = {"row": options.row, "folder": options.output}
    if options.check:
        return bench.check(options.names, **where)
    return bench.run(options.names, quick=options.quick, again=options.again, **where)
