"""One training run: what it keeps from epoch to epoch, and what it does in each."""

from __future__ import annotations

import copy
import math
import time
from contextlib import nullcontext

import torch

from audiolessons.errors import AudioError
from audiolessons.training import checkpoints, loaders, optimising, processes, stepping
from audiolessons.training.devices import (
    check_device,
    find_generators,
    pick_device,
    random_states,
    restore_random_states,
    seed_everything,
)
from audiolessons.training.history import History
from audiolessons.training.showing import Table


class Run:
    """Everything that one call of `fit` keeps from epoch to epoch."""

    def __init__(self, model, train, valid, config, loss, metric):
        self.config, self.loss, self.metric = config, loss, metric
        self.device = check_device(config.device) if config.device else pick_device()
        processes.join(self.device)
        seed = config.seed or 0
        self.train = loaders.share(train, name="train", seed=seed)
        self.valid = None if valid is None else loaders.share(valid, name="valid", seed=seed)
        if processes.n_processes() > 1:
            processes.check_same_length(self.train, "train")
        self.model = model.to(self.device)
        self.parallel = processes.wrap(model, self.device)
        self.parameters = [one for one in model.parameters() if one.requires_grad]
        self.optimiser = optimising.make_optimiser(self.parameters, config)
        self.scheduler = optimising.make_scheduler(self.optimiser, self.train, config)
        self.precision = optimising.pick_precision(config, self.device)
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=self.precision is torch.float16
        )
        self.history = History(metric_name=_name(metric))
        self.best_score, self.best_weights = math.inf, None
        self.settings = checkpoints.settings(config, n_batches=loaders.length(self.train))
        if config.checkpoint_folder is not None:
            checkpoints.check_writable(config.checkpoint_folder)
            for name, given in (("train", self.train), ("valid", self.valid)):
                self.settings[f"data in {name}"] = loaders.digest(given)[:12]
        self.generators = find_generators(model, {"train": self.train, "valid": self.valid})
        self.table = Table(
            self.history,
            epochs=config.epochs,
            is_shown=config.show_progress and processes.rank() == 0,
        )

    def train_epochs(self):
        self._begin()
        while self.history.n_epochs < self.config.epochs and not self.history.stopped_early:
            self._epoch(self.history.n_epochs + 1)
            if self.config.checkpoint_folder is not None:
                states = processes.gather(random_states(self.device, self.generators))
                checkpoints.save(self._state(states), self.config.checkpoint_folder)
            self.table.epoch()
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)
        self.model.eval()
        self.table.end()

    def _begin(self):
        """Start from the seed, or from the checkpoint of an interrupted run."""
        config, rank = self.config, processes.rank()
        folder = config.checkpoint_folder
        state = None if folder is None else checkpoints.load(folder, settings=self.settings)
        if state is not None:
            self._restore(state)
            done = f"{self.history.n_epochs} of {config.epochs} epochs were trained before"
            self.table.say(f"{done}: continuing from {folder}")
            return
        if config.seed is not None:
            seed_everything((config.seed + rank) % 2**32)
        if rank > 0:  # else every process would augment its items alike
            for name, generator in self.generators.items():
                if name.startswith("model."):
                    generator.manual_seed(generator.initial_seed() + rank)

    def _epoch(self, epoch):
        started = time.perf_counter()
        numbers = {"learning_rate": self._rate()}
        loaders.set_epoch(self.train, epoch - 1)
        numbers["train_loss"], numbers["train_metric"] = self._train_once(epoch)
        if self.valid is not None:
            processes.agree_on_buffers(self.model)
            numbers["valid_loss"], numbers["valid_metric"] = self._validate_once(epoch)
        numbers["epoch_s"] = time.perf_counter() - started
        for name, number in numbers.items():
            if number is not None:
                getattr(self.history, name).append(number)
        self._judge(epoch, numbers)

    def _judge(self, epoch, numbers):
        """Keep the weights if they are the best so far; stop if none have been for too long."""
        config, history = self.config, self.history
        loss = numbers["train_loss" if self.valid is None else "valid_loss"]
        score = -numbers["valid_metric"] if config.monitor == "metric" else loss  # low is good
        if config.scheduler == "plateau":
            self.scheduler.step(score)
        if math.isnan(score):
            raise AudioError(f"the metric is NaN in epoch {epoch}: it must give a number")
        if self.valid is None:  # nothing says that earlier weights were better
            history.best_epoch = epoch
            return
        if score < self.best_score:
            self.best_score, history.best_epoch = score, epoch
            self.best_weights = copy.deepcopy(self.model.state_dict())
        if config.patience is not None and epoch - history.best_epoch >= config.patience:
            history.stopped_early = True

    def _train_once(self, epoch):
        """Change the weights after every batch of the training set; return loss and metric."""
        self.parallel.train()
        losses, metrics = stepping.Mean(self.device), stepping.Mean(self.device)
        for number, batch, is_last in self._batches("train", epoch):
            with batch.explained(is_first=number == 1):
                self._forward(self.parallel, batch)
                losses.add(batch.values, batch.n_items)
                self._refuse_bad(losses, batch, epoch, number, is_last)
                self._backward(self._for_all(batch.values, batch.n_items))
                self._measure(metrics, batch)
            self.table.batch(number, loaders.length(self.train))
        self._refuse_bad_weights(epoch)
        return losses.result(), self.metric and metrics.result()

    @torch.no_grad()
    def _validate_once(self, epoch):
        """Go through the validation set with the weights as they are; return loss and metric."""
        self.model.eval()
        losses, metrics = stepping.Mean(self.device), stepping.Mean(self.device)
        for number, batch, is_last in self._batches("valid", epoch):
            with batch.explained(is_first=number == 1):
                self._forward(self.model, batch)
                losses.add(batch.values, batch.n_items)
                self._refuse_bad(losses, batch, epoch, number, is_last)
                self._measure(metrics, batch)
        return losses.result(), self.metric and metrics.result()

    def _batches(self, name, epoch):
        """Give each batch with its number and whether it is the last, as far as that is known."""
        given, number = getattr(self, name), 0
        part = "validation of " if name == "valid" else ""
        for number, one in enumerate(given, start=1):
            where = f"{part}epoch {epoch}, batch {number}"
            is_last = loaders.length(given) in (number, None)
            yield number, stepping.Batch(one, self.device, where=where), is_last
        if number == 0:
            raise AudioError(loaders.empty(name))

    def _forward(self, model, batch):
        with self._autocast():
            batch.output = model(*batch.inputs)
            values = self.loss(batch.output, batch.target)
        if not isinstance(values, torch.Tensor):
            raise AudioError(f"loss gives {type(values).__name__}: it must return a torch tensor")
        batch.values = values

    def _measure(self, metrics, batch):
        if self.metric is not None:
            with torch.no_grad():
                metrics.add(self.metric(batch.output, batch.target), batch.n_items)

    def _for_all(self, values, n_items):
        """Return the mean to differentiate, weighted so that the processes' average is right."""
        mean = values.mean()
        if processes.n_processes() == 1:
            return mean
        count = stepping.count(values, n_items)
        (counted,) = processes.total([count], self.device)
        return mean * (count * processes.n_processes() / counted)

    def _backward(self, mean):
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(mean).backward()
        if self.config.clip_norm is not None:
            self.scaler.unscale_(self.optimiser)
            torch.nn.utils.clip_grad_norm_(self.parameters, self.config.clip_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        if self.scheduler is not None and self.config.scheduler != "plateau":
            self.scheduler.step()

    def _refuse_bad(self, losses, batch, epoch, number, is_last):
        bad = losses.first_bad(is_last=is_last)
        if bad is not None:
            batch.refuse_bad_loss(bad, epoch=epoch, rate=self._rate(), is_this=bad == number)

    def _refuse_bad_weights(self, epoch):
        """The loss of a batch says nothing of the step that follows it: look where that led to."""
        bad = [
            name
            for name, one in self.model.named_parameters()
            if one.requires_grad and not one.isfinite().all()
        ]
        if bad:
            raise AudioError(
                f"{len(bad)} of the model's tensors hold NaN or infinity after epoch {epoch}, "
                f"{bad[0]!r} among them, at learning rate {self._rate():.3g}, and its losses do "
                "not: a gradient was not finite. Look for a square root, a norm or a logarithm of "
                f"0 in the model and the loss, or use a smaller learning_rate (try "
                f"{self._rate() / 10:.1g})"
            )

    def _autocast(self):
        if self.precision is None:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.precision)

    def _rate(self):
        return float(self.optimiser.param_groups[0]["lr"])

    def _state(self, random):
        return {
            "settings": self.settings,
            "model": self.model.state_dict(),
            "best_weights": self.best_weights,
            "best_score": self.best_score,
            "optimiser": self.optimiser.state_dict(),
            "scheduler": self.scheduler.state_dict() if self.scheduler is not None else None,
            "scaler": self.scaler.state_dict(),
            "history": dict(vars(self.history)),
            "random": random,
        }

    def _restore(self, state):
        folder = self.config.checkpoint_folder
        try:
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            if self.scheduler is not None:
                self.scheduler.load_state_dict(state["scheduler"])
            self.scaler.load_state_dict(state["scaler"])
            vars(self.history).update(state["history"])
            self.best_score, self.best_weights = state["best_score"], state["best_weights"]
            # Last: everything above may draw random numbers.
            states = state["random"][processes.rank()]
            restore_random_states(states, self.device, self.generators)
        except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as problem:
            said = " ".join(str(problem).split())[:200]
            raise AudioError(
                f"the checkpoint in {folder} is of another model ({said}), or of another version: "
                "give another checkpoint_folder, or delete the file to train from the start"
            ) from problem


def _name(metric):
    if metric is None:
        return None
    name = getattr(metric, "__name__", type(metric).__name__).strip("<>").replace("_", " ")
    return name[:1].upper() + name[1:]
