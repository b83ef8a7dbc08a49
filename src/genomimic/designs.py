"""The verb design, from a run to files: oracles trained, sequences designed, rules checked again, all judged."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from genomimic import models
from genomimic.assessing import Assessment, assess
from genomimic.dataset import Dataset
from genomimic.defaults import EDIT_PRICE, METHOD, PRICE
from genomimic.design_report import render
from genomimic.designing import Objective, check_method, design
from genomimic.designing.reward import bits
from genomimic.designing.starts import check_request, checked_starts
from genomimic.errors import UsageError
from genomimic.io.compression import bare_suffix
from genomimic.learning import Watch, origin_of, silent
from genomimic.modalities import Sequences
from genomimic.oracles import Aim, Oracles, train_oracles
from genomimic.ordering import guard_for
from genomimic.parts import Parts, parts_of
from genomimic.predictor import Predictor
from genomimic.rules import Rules
from genomimic.run import Run, replacing
from genomimic.synthesis import order_sheet
from genomimic.training import fit
from genomimic.where import Where
from genomimic.writing import Writer, check_format

YARDSTICK = "position-markov"
"""What says how natural sequences are where the run's model has no likelihood; `markov` where they are not aligned."""


class Designed(NamedTuple):
    """Designs as they were judged, the files written, and why the judge may not be independent, if it may not."""

    assessment: Assessment
    files: tuple[Path, ...]
    caution: str


def design_file(
    run: Run,
    aim: Aim,
    out: Path | str,
    *,
    n: int | None = None,
    method: str = METHOD,
    price: float = PRICE,
    rules: Rules = (),
    where: Where | None = None,
    guide: Predictor | None = None,
    judge: Predictor | None = None,
    start: Dataset | None = None,
    edit_price: float = EDIT_PRICE,
    seed: int = 0,
    watch: Watch = silent,
) -> Designed:
    """Design n sequences for an aim with a run, judge them, and write them with an order sheet and a report beside.

    A guide and a judge are trained on records of the run apart, where not given. `price`: what it costs to be unnatural
    (see `designing.reward`). See `designing.design` for the methods and what they refuse.
    """
    out = Path(out)
    check_output(out, run)
    check_method(method, run)
    if rules:
        guard_for(run, rules)
    n = check_request(n, method, start, edit_price)
    start = None if start is None else checked_starts(start, run, rules)
    parts = parts_of(run)
    oracles = train_oracles(parts, aim, guide=guide, judge=judge, seed=seed, watch=watch)
    objective = Objective.of_predictor(oracles.guide, of=aim.of, sign=aim.sign, target=aim.target)
    yardstick = yardstick_of(run, parts, seed)
    watch("design", 0.0, method)
    designs = design(
        run,
        objective,
        n=n,
        method=method,
        price=price,
        rules=rules,
        seed=seed,
        yardstick=yardstick,
        where=where,
        start=start,
        edit_price=edit_price,
    )
    watch("design", 1.0, f"{len(designs):,} by {method}")
    watch("judge", 0.0, "")
    found = judge_designs(designs, yardstick, aim, oracles, start=start, seed=seed)
    watch("judge", 1.0, "")
    told = origin(run, method, price, seed)
    return write_designs(found, out, aim=aim, oracles=oracles, rules=rules, provenance=told)


def judge_designs(
    designs: Dataset, yardstick: Run, aim: Aim, oracles: Oracles, *, start: Dataset | None = None, seed: int = 0
) -> Assessment:
    """Designs beside natural sequences that the judge has not seen; `yardstick` says how natural sequences are.

    `start` are the sequences that they were made of, row by row, where they were given.
    """
    return assess(
        designs,
        oracles.natural,
        aim.measured(oracles.natural),
        judge=lambda dataset: aim.judged(oracles.judge, dataset),
        bits=lambda dataset: bits(yardstick, dataset),
        known=oracles.known,
        sign=aim.sign,
        target=aim.target,
        start=start,
        peers=aim.peers,
        seed=seed,
    )


def write_designs(
    found: Assessment, out: Path, *, aim: Aim, oracles: Oracles, rules: Rules, provenance: Mapping[str, Any]
) -> Designed:
    """Write the designs, the best first, an order sheet and a report beside them; nothing where rules are broken."""
    judged, (page, sheet) = _judged(found), beside(out)
    files = {page: _page(found, aim, oracles, rules, provenance), sheet: _sheet(judged, aim)}
    with replacing(files), Writer(out, judged.modality, provenance=dict(provenance)) as writer:
        writer.write(judged)
    return Designed(found, (out, sheet, page), oracles.caution)


def check_output(out: Path, run: Run) -> None:
    """Refuse, before any work, a run that is not of sequences and a name that cannot be written."""
    if not isinstance(run.modality, Sequences):
        raise UsageError("design is for sequences; this run is of gene expression")
    check_format(out, run.modality)


def beside(out: Path) -> tuple[Path, Path]:
    """Where the report and the order sheet of a file of designs are: out.fa.gz to out.html and out-order.csv."""
    stem = out.name.split(".")[0] if bare_suffix(out) else out.name
    return out.with_name(f"{stem}.html"), out.with_name(f"{stem}-order.csv")


def sentence(found: Assessment, aim: Aim) -> str:
    """What was reached and what it cost, in a sentence."""
    natural = np.median(found.natural.judged.value)
    given = "" if found.start is None else f"before {np.median(found.start.judged.value):.3g}, "
    return (
        f"judged {aim.name} {found.median:.3g} in the median ({given}{found.peers} {natural:.3g}, their best "
        f"hundredth {found.percentile(0.99):.3g}); told from the best natural ones with an AUC of "
        f"{found.told}"
    )


def yardstick_of(run: Run, parts: Parts, seed: int) -> Run:
    """The run, or a counting model of the same records where the run's model has no likelihood."""
    if run.model.likelihood != "none":
        return run
    name = YARDSTICK if run.spec.aligned else "markov"
    return fit(models.build(name), parts.train, parts.validation, seed=seed)


def _judged(found: Assessment) -> Dataset:
    """The designs, the best first, with what the judge said as labels."""
    judged, bits, data = found.designs.judged, found.designs.bits, found.designs.dataset
    ranges = {"judged_low": judged.low, "judged_high": judged.high} if judged.ranged else {}
    said = {"judged": judged.value, **ranges, "bits_per_base": bits}
    labels = {name: np.array([f"{value:.4g}" for value in column]) for name, column in said.items()}
    return replace(data, labels={**data.labels, **labels}).take(found.order)


def _sheet(data: Dataset, aim: Aim) -> bytes:
    assert isinstance(data.modality, Sequences)
    headings = {"judged": f"judged_{aim.of or aim.label}", "judged_low": "low", "judged_high": "high"}
    headings |= {name: name for name in ("bits_per_base", "start", "edits")}
    columns = {heading: data.labels[name].tolist() for name, heading in headings.items() if name in data.labels}
    texts = list(data.modality.texts(data))
    return order_sheet(data.ids.astype(str).tolist(), texts, columns, data.modality.letters)


def _page(found: Assessment, aim: Aim, oracles: Oracles, rules: Rules, provenance: Mapping[str, Any]) -> bytes:
    title = f"Designs for {aim}"
    return render(
        found,
        objective=title,
        label=aim.name,
        judge=oracles.said,
        caution=oracles.caution,
        rules=rules,
        provenance=provenance,
    ).encode()


def origin(run: Run, method: str, price: float, seed: int) -> dict[str, Any]:
    """What a file of designs says of where they come from."""
    return {**origin_of(run, seed), "method": method, "price of naturalness": price}
