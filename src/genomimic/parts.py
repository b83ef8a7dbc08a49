"""Real data apart: to learn from, to choose by, and to judge by."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from genomimic.comparison import alike
from genomimic.dataset import Dataset, Source, join
from genomimic.errors import RunError
from genomimic.reading import digest_of, reread
from genomimic.run import Run, read_split
from genomimic.splitting import Split, split


class Parts(NamedTuple):
    """Real data apart: what models learn from, what they are chosen by, and what no model has seen."""

    train: Dataset
    validation: Dataset
    holdout: Dataset
    split: Split

    @classmethod
    def of(cls, data: Dataset, found: Split) -> "Parts":
        """The parts of a data set."""
        return cls(found.train(data), found.validation(data), found.holdout(data), found)


def parts_of(run: Run) -> Parts:
    """The real data of a run, read again from where it was; raises `RunError` where that file has changed."""
    stored = run.config.get("data", {})
    if run.path is None or not stored.get("path"):
        raise RunError("the run was trained on data that no file holds; judge with the parts of those data instead")
    source = Source(stored["path"], stored["options"])
    if digest_of(source) != stored["sha256"]:
        raise RunError(f"{stored['path']}: has changed since {run.path} was trained on it; bring the old file back")
    data = reread(source, run.modality)
    part, cluster = read_split(run.path)
    how = run.config["split"]
    return Parts.of(data, Split(part, cluster, how.get("w"), how.get("by"), how["seed"], how.get("note", "")))


def parts_of_two(train: Dataset, holdout: Dataset, *, seed: int = 0) -> Parts:
    """Parts from a training set and a holdout that are given apart; validation is taken from the training set."""
    named = zip(alike(train, holdout), ("train", "holdout"), strict=True)
    both = join([replace(data, labels={"part": np.full(len(data), name, object)}) for data, name in named])
    return Parts.of(both, split(both, by="part", seed=seed))
