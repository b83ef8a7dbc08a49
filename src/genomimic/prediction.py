"""Predictors from file to file: trained into a directory, and records scored into a table."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from jaxtyping import Float

from genomimic.accuracy import Measure, Measures, accuracy
from genomimic.dataset import Dataset, join
from genomimic.learning import command
from genomimic.predicting import MEMBERS, Kind, Trained, Watch, learn, silent
from genomimic.prediction_report import TITLES, interval_text, logo_page, render
from genomimic.predictor import Predictor
from genomimic.predictor_files import ACCURACY, check_directory, describe, packed, save
from genomimic.predictors import Classes
from genomimic.predictors.base import BLOCK
from genomimic.reading import digest_of
from genomimic.run import check_output, replacing
from genomimic.writing import appearing

DIGITS = 6


def train_predictor(
    data: Dataset,
    label: str,
    *,
    out: Path | str,
    kind: Kind = "auto",
    by: str | None = None,
    members: int = MEMBERS,
    seed: int = 0,
    overwrite: bool = False,
    watch: Watch = silent,
) -> Predictor:
    """Learn a label from sequences (see `predicting.learn`), judge the predictor on records held out, and keep it.

    Writes predictor.toml, weights.safetensors, accuracy.json and report.html into `out`, all or none. Raises
    `UsageError` where there is a predictor already and it is not to be replaced.
    """
    path = Path(out)
    check_output(path)
    check_directory(path, overwrite=overwrite)
    trained = learn(data, label, kind=kind, by=by, members=members, seed=seed, watch=watch)
    watch("judge", 0.0, "")
    measures = accuracy(trained)
    settings = {"seed": seed, "members": members, "kind": kind} | ({"by": by} if by else {})
    told = {"command": command(), "training": settings, "data": _data(data, trained)}
    made = trained.predictor
    config = describe(made.learner, made.target, made.task, made.modality, told)
    page = render(trained, measures, _provenance(config))
    save(path, config, packed(made.members, made.calibration), accuracy_json(trained, measures), page)
    watch("judge", 1.0, "")
    return replace(made, path=path, config=config)


def sentence(path: Path) -> str:
    """How good the predictor in a directory is, in a sentence."""
    said = json.loads((path / ACCURACY).read_bytes())
    found = {name: next(iter(measures.items())) for name, measures in said["holdout"].items()}
    name, one = found.pop(said["chosen"])
    others = ", ".join(f"{other} {measure['value']:.3f}" for other, (key, measure) in found.items() if key == name)
    return (
        f"{said['label']}: {TITLES[name]} {interval_text(Measure(**one))} on {said['records']['holdout']:,} "
        f"records held out, by the {said['chosen']} learner ({others})"
    )


def accuracy_json(trained: Trained, measures: Mapping[str, Measures]) -> dict[str, Any]:
    """What accuracy.json says."""
    shown = {name: {key: one._asdict() for key, one in found.items()} for name, found in measures.items()}
    return {
        "label": trained.predictor.target.label,
        "kind": trained.predictor.target.kind,
        "chosen": trained.chosen,
        "records": {
            "learned": len(trained.learned),
            "holdout": len(trained.holdout),
            "without_label": trained.left_out,
        },
        "holdout": shown,
        "loss_out_of_fold": {name: fitted.loss for name, fitted in trained.fitted.items()},
    }


def write_predictions(predictor: Predictor, pieces: Iterable[Dataset], out: Path) -> None:
    """Write a table: id, prediction, low and high, or id, prediction and the probability of each class.

    Pieces are scored as they come; how the records are cut into pieces changes nothing in the table.
    """
    with appearing(out) as partial, partial.open("w", newline="") as file:
        writer = _rows(file, out)
        for number, piece in enumerate(_whole_blocks(predictor, pieces)):
            columns = _predictions(predictor, piece)
            if number == 0:
                writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))


def _predictions(predictor: Predictor, dataset: Dataset) -> dict[str, np.ndarray | list[str]]:
    ids = dataset.ids.astype(str)
    if isinstance(predictor.target, Classes):
        told = predictor.classify(dataset)
        shares = {f"p_{name}": _texts(told.probabilities[:, i]) for i, name in enumerate(told.names)}
        return {"id": ids, "prediction": told.name, **shares}
    named = zip(("prediction", "low", "high"), predictor.predict(dataset), strict=True)
    return {"id": ids, **{name: _texts(values) for name, values in named}}


def _whole_blocks(predictor: Predictor, pieces: Iterable[Dataset]) -> Iterator[Dataset]:
    """Records in pieces of whole blocks of the compiled size, so that each is computed beside the same others."""
    held: list[Dataset] = []
    for piece in pieces:
        held.append(replace(piece, values=predictor.tokens(piece), labels={}))
        if sum(map(len, held)) >= BLOCK:
            whole = join(held)
            cut = len(whole) // BLOCK * BLOCK
            yield whole.take(np.arange(cut))
            held = [whole.take(np.arange(cut, len(whole)))]
    if sum(map(len, held)):
        yield join(held)


def write_scores(scores: Float[np.ndarray, " n"], dataset: Dataset, out: Path) -> None:
    """Write what a user's own scorer said: id and prediction."""
    write_table(out, {"id": dataset.ids.astype(str), "prediction": _texts(scores)})


def write_attribution(predictor: Predictor, dataset: Dataset, out: Path, of: str | None = None) -> Path:
    """Write what each letter adds (id, position from 1, letter, added), and logos of the first records beside it."""
    added, texts = predictor.attribute(dataset, of), list(predictor.modality.texts(dataset))
    lengths = [len(text) for text in texts]
    values = np.concatenate([row[:n] for row, n in zip(added, lengths, strict=True)])
    columns = {
        "id": np.repeat(dataset.ids.astype(str), lengths),
        "position": np.concatenate([np.arange(1, n + 1) for n in lengths]),
        "letter": np.array(list("".join(texts))),
        "added": _texts(values),
    }
    page = out.with_suffix(".html")
    with replacing({page: logo_page(predictor, dataset).encode()}):
        write_table(out, columns)
    return page


def write_table(out: Path, columns: Mapping[str, np.ndarray | list[str]]) -> None:
    """Write columns as CSV, or TSV by the suffix."""
    sink = io.StringIO()
    writer = _rows(sink, out)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    with replacing({out: sink.getvalue().encode()}):
        pass


def _rows(sink: TextIO, out: Path) -> Any:
    """A writer of rows, of CSV, or TSV by the suffix of the file."""
    return csv.writer(sink, delimiter="\t" if out.suffix == ".tsv" else ",", lineterminator="\n")


def _texts(values: Float[np.ndarray, " n"]) -> list[str]:
    return [f"{value:.{DIGITS}g}" for value in values]


def _data(data: Dataset, trained: Trained) -> dict[str, Any]:
    source = data.source
    return {
        "path": str(Path(source.path).resolve()) if source else "",
        "sha256": digest_of(source) if source else "",
        "options": dict(source.options) if source else {},
        "records": len(data),
        "learned": len(trained.learned),
        "holdout": len(trained.holdout),
        "without_label": trained.left_out,
        "notes": dict(data.notes),
    }


def _provenance(config: Mapping[str, Any]) -> dict[str, Any]:
    data, training = config["data"], config["training"]
    return {
        "data": Path(data["path"]).name,
        "SHA-256": data["sha256"],
        "records": f"{data['records']:,}; {data['learned']:,} learned from, {data['holdout']:,} held out, "
        f"{data['without_label']:,} without the label",
        "settings": ", ".join(f"{name} {value}" for name, value in training.items()),
        "learner": ", ".join(f"{name} {value}" for name, value in config["learner"].items()),
        "versions": ", ".join(f"{name} {value}" for name, value in config["versions"].items()),
        "command": config["command"],
    }
