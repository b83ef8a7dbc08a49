"""The report of designs: what they gain and what that costs, rules, and each beside its nearest natural sequence."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from markupsafe import Markup

from genomimic.alignment import Column, align, caption, marks, side_by_side
from genomimic.assessing import Assessment, Group
from genomimic.compliance import violations
from genomimic.modalities import Sequences
from genomimic.plots.colours import SETS, TRAIN
from genomimic.plots.tradeoff import Cloud, Mark, tradeoff_svg
from genomimic.rules import Rules
from genomimic.synthesis import warnings
from genomimic.templating import asset, environment

LISTED = 100
LEVELS = (0.5, 0.9, 0.99)
LINE = 100
COLOURS = {"natural": TRAIN, "edited": SETS[4], "start": SETS[3], "designs": SETS[0]}
READING = (
    "Higher is more active to the judge; further right is likelier to the generator, so more like the sequences that "
    "it learned from. Natural sequences show what there is, random edits of the best of them what change without a "
    "plan does. Designs far left of the natural ones are nothing that the judge has ever seen: it may be wrong there."
)


def render(
    found: Assessment,
    *,
    objective: str,
    label: str,
    judge: str,
    caution: str,
    rules: Rules,
    provenance: Mapping[str, Any],
) -> str:
    """The page of designs; `judge` says in sentences who judged and how well, `caution` why it may not be believed."""
    n = len(found.designs.dataset)
    return (
        environment()
        .get_template("design.html.j2")
        .render(
            title=objective,
            lead=f"{n:,} designs; {found.beyond:.0%} of them are judged better than 99 in 100 {found.peers}.",
            css=asset("report.css"),
            tiles=_tiles(found, label),
            legend=[{"name": name, "colour": COLOURS[key]} for key, name, _ in _groups(found)],
            figure=Markup(_figure(found, label)),
            reading=READING,
            judge=judge,
            caution=caution,
            label=label,
            groups=[_row(name, group) for _, name, group in _groups(found)],
            rules=_kept(found, rules),
            listed=_listed(found),
            designs=[_design(found, row, label) for row in found.order[:LISTED].tolist()],
            provenance=provenance.items(),
        )
    )


def _groups(found: Assessment) -> tuple[tuple[str, str, Group], ...]:
    given = () if found.start is None else (("start", "sequences to start from", found.start),)
    return (
        ("natural", found.peers, found.natural),
        ("edited", "random edits of the best natural ones", found.edited),
        *given,
        ("designs", "designs", found.designs),
    )


def _tiles(found: Assessment, label: str) -> list[dict[str, str]]:
    data = found.designs.dataset
    assert isinstance(data.modality, Sequences)
    lengths = np.maximum((data.values < data.modality.letters.size).sum(1), 1)
    apart = found.nearest.distance / lengths[: len(found.nearest.distance)]
    usual, typical = float(np.median(found.natural.bits)), np.median(found.natural.judged.value)
    return [
        {
            "name": f"judged {label}",
            "value": f"{found.median:.3g} in the median",
            "note": f"natural: {typical:.3g}; best hundredth {found.percentile(0.99):.3g}",
        },
        {
            "name": "naturalness",
            "value": f"{np.median(found.designs.bits):.3f} bits a letter",
            "note": f"natural: {usual:.3f}; fewer is more natural to the generator",
        },
        {
            "name": "told from the best natural ones",
            "value": f"AUC {found.told}",
            "note": "by a linear classifier: 0.5 not at all, 1 always",
        },
        {
            "name": "nearest natural sequence",
            "value": f"{np.median(apart):.0%} of letters differ",
            "note": f"in the median; least {apart.min():.0%}",
        },
        *([] if found.start is None else [_changed(found)]),
    ]


def _changed(found: Assessment) -> dict[str, str]:
    """How much was changed of what was given."""
    assert found.start is not None
    said = f"{np.median(found.edits):.3g} in the median"
    before = np.median(found.start.judged.value)
    return {"name": "letters changed", "value": said, "note": f"most {found.edits.max()}; judged {before:.3g} before"}


def _figure(found: Assessment, label: str) -> str:
    clouds = [
        Cloud(name, group.bits, group.judged.value, COLOURS[key], key in ("start", "designs"))
        for key, name, group in _groups(found)
    ]
    levels = [Mark(found.percentile(share), f"{share:.0%} of {found.peers} {_side(found)}") for share in LEVELS]
    if found.target is not None:
        levels = [Mark(found.target, "wanted")]
    alt = f"Judged {label} against naturalness of {len(found.designs.dataset):,} designs and of natural sequences"
    return tradeoff_svg(
        clouds, levels, x="bits a letter to the generator (more natural to the right)", y=f"judged {label}", alt=alt
    )


def _side(found: Assessment) -> str:
    return "lie below" if found.sign > 0 else "lie above"


def _row(name: str, group: Group) -> dict[str, str]:
    low, middle, high = np.quantile(group.judged.value, (0.1, 0.5, 0.9))
    return {
        "name": name,
        "n": f"{len(group.dataset):,}",
        "median": f"{middle:.3g}",
        "range": f"{low:.3g} to {high:.3g}",
        "bits": f"{np.median(group.bits):.3f}",
    }


def _kept(found: Assessment, rules: Rules) -> list[dict[str, str]]:
    n, broken = len(found.designs.dataset), violations(found.designs.dataset, rules) if rules else []
    counts = {str(rule): n - sum(one.rule == str(rule) for one in broken) for rule in rules}
    return [{"name": name, "kept": f"{kept:,} of {n:,}"} for name, kept in counts.items()]


def _listed(found: Assessment) -> str:
    first = f"The {LISTED} that the judge thinks best" if len(found.order) > LISTED else "All, the best first"
    other = "nearest natural sequence" if found.start is None else "sequence that each was made of"
    return f"{first}. Letters that differ from the {other} are marked; lines below show the latter."


def _design(found: Assessment, row: int, label: str) -> dict[str, Any]:
    data, judged = found.designs.dataset, found.designs.judged
    assert isinstance(data.modality, Sequences)
    text = next(iter(data.modality.texts(data.take(np.array([row])))))
    interval = f" ({judged.low[row]:.3g} to {judged.high[row]:.3g})" if judged.low[row] < judged.high[row] else ""
    guide = data.labels["guide"][row] if "guide" in data.labels else ""
    before = "" if found.start is None else f", before {found.start.judged.value[row]:.3g}"
    said = [f"judged {label} {judged.value[row]:.3g}{interval}{before}"]
    said += [f"{found.designs.bits[row]:.3f} bits a letter"]
    said += [f"guide {guide}"] if guide else []
    warned = "; ".join(f"{one.kind}: {one.detail}" for one in warnings(text, data.modality.letters))
    nearest, letters = _beside(found, row, text)
    return {
        "id": str(data.ids[row]),
        "said": ", ".join(said),
        "nearest": nearest,
        "letters": letters,
        "warnings": f"Synthesis may stumble over {warned}" if warned else "",
    }


def _beside(found: Assessment, row: int, text: str) -> tuple[str, Markup]:
    """What a design has in common with what it was made of, or its nearest natural sequence, and both, by letter."""
    if found.start is None and row >= len(found.nearest.index):
        return "", Markup(escape(text))
    columns, said = _changed_from_start(found, row, text) if found.start else _nearest(found, row, text)
    ours, theirs, signs = (
        "".join(column.synthetic for column in columns),
        "".join(column.real for column in columns),
        marks(columns),
    )
    lines = []
    for start in range(0, len(ours), LINE):
        part = slice(start, start + LINE)
        lines += [_marked(ours[part], signs[part]), escape(theirs[part]), ""]
    return said, Markup("\n".join(lines).rstrip())


def _changed_from_start(found: Assessment, row: int, text: str) -> tuple[list[Column], str]:
    """What a design has in common with what it was made of; edits exchange letters and move none."""
    assert found.start is not None
    one = found.start.dataset.take(np.array([row]))
    assert isinstance(one.modality, Sequences)
    columns = side_by_side(text, next(iter(one.modality.texts(one))))
    return columns, caption(columns, str(one.ids[0]))


def _nearest(found: Assessment, row: int, text: str) -> tuple[list[Column], str]:
    """What a design has in common with its nearest natural sequence, on the strand where that lies."""
    one, back = found.real.take(found.nearest.index[row : row + 1]), bool(found.nearest.reversed[row])
    assert isinstance(one.modality, Sequences)
    letters = one.modality.letters
    values = letters.reverse_complement(one.values) if back else one.values
    columns = align(text, letters.decode(values[0]))
    return columns, caption(columns, str(one.ids[0]), reversed_strand=back)


def _marked(letters: str, signs: Sequence[str]) -> str:
    return "".join(
        escape(letter) if sign == "|" else f"<b>{escape(letter)}</b>"
        for letter, sign in zip(letters, signs, strict=True)
    )
