import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from genomimic.comparison import compare
from genomimic.dataset import Dataset
from genomimic.evaluation import Report, Score, SetReport
from genomimic.modalities.sequences import Sequences
from genomimic.report import number_text, render, tile, write_report
from genomimic.sections import DiscriminatorScores, LatentMap, TrainingLog

VOID = {"meta", "link", "br", "img", "input", "hr"}
LOADING = {"src", "href", "action", "data", "poster", "srcset", "xlink:href"}
HOSTILE = '<script>alert("x")</script>'


class Page(HTMLParser):
    """Tags in order, with what is open at the end."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def dataset(modality: Sequences, n: int, lengths: tuple[int, int], seed: int, prefix: str) -> Dataset:
    rng = np.random.default_rng(seed)
    letters = modality.letters
    values = rng.integers(0, letters.size, (n, lengths[1])).astype(np.int8)
    ends = rng.integers(lengths[0], lengths[1] + 1, n)
    values[np.arange(lengths[1]) >= ends[:, None]] = letters.pad
    values[0, 0] = letters.unknown
    ids = np.array([f"{prefix}_{i}" for i in range(n)], dtype=object)
    return Dataset(values, ids, modality, notes={"letters_unknown": 3})


def scores(skill: float = 0.5, **changes: object) -> tuple[Score, ...]:
    one = Score(
        metric="kmer_js_6",
        family="k-mers",
        group="fidelity",
        value=0.02,
        low=0.01,
        high=0.03,
        better="lower",
        ceiling=0.001,
        ceiling_low=0.0005,
        ceiling_high=0.0015,
        floors={"composition": 0.04, "markov": 0.03, "uniform": 0.2},
        floor="composition",
        skill=skill,
        skill_low=skill - 0.1,
        skill_high=skill + 0.1,
        resolved=True,
        n=60,
    )
    nan = float("nan")
    vague = one._replace(metric="gc_mean", resolved=False)
    bits = one._replace(metric="bits_per_base", ceiling=nan, skill=nan, skill_low=nan, skill_high=nan, resolved=False)
    return one._replace(**changes), vague, bits, one._replace(metric="near_copies", group="novelty", floor="uniform")


def made(modality: Sequences, *names: str, lengths: tuple[int, int] = (30, 30), prefix: str = "record") -> Report:
    train, holdout = dataset(modality, 80, lengths, 0, "train"), dataset(modality, 60, lengths, 1, "real")
    sets = []
    for number, name in enumerate(names):
        comparison = compare(train, holdout, dataset(modality, 60, lengths, 2 + number, prefix))
        verdict = f"Verdict {number}."
        sets.append(SetReport(name, name, comparison, scores(0.5 - number), (), verdict, ("A finding.", "Another.")))
    return Report(tuple(sets), train, holdout, {"data": "promoters.fa.gz", "seed": 7})


@pytest.fixture(scope="module")
def dna() -> Report:
    return made(Sequences("dna", stranded=True, aligned=True), "vae")


@pytest.fixture(scope="module")
def full(dna: Report) -> str:
    rng = np.random.default_rng(0)
    rows = [{"step": 10 * k, "loss": 2.0 - k / 100, "d_real": 0.1, "note": "x"} for k in range(20)]
    return render(
        dna,
        training=TrainingLog.from_rows(rows, model="vae", best_step=100, stop_reason="all steps done"),
        latent=LatentMap.project(
            rng.normal(size=(40, 8)),
            np.full((40, 8), 0.5),
            rng.normal(size=(30, 8)),
            colour_name="GC",
            real_colour=rng.random(40),
            synthetic_colour=rng.random(30),
        ),
        discriminator=DiscriminatorScores(rng.random(50), rng.random(40), rng.random(30)),
        reproduce="genomimic mimic promoters.fa.gz --model vae -o out",
    )


@pytest.fixture(scope="module")
def page(full: str) -> Page:
    return Page(full)


def test_html_is_well_formed(page: Page):
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_nothing_is_loaded(page: Page):
    for tag, attributes in page.tags:
        for name in LOADING & set(attributes):
            assert (attributes[name] or "").startswith(("#", "data:,")), (tag, name, attributes[name])
    assert not page.all("iframe")
    assert not page.all("img")
    assert "@import" not in "".join(str(attributes) for attributes in page.all("style"))


def test_every_reference_within_the_page_has_its_target(page: Page):
    ids = {attributes.get("id") for _, attributes in page.tags}
    for _, attributes in page.tags:
        if (attributes.get("href") or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "data-spec"):
            assert set((attributes.get(name) or "").split()) <= ids


def test_every_figure_says_what_it_shows(page: Page):
    figures = page.all("figure")
    assert len(figures) >= 10
    assert len(page.all("figcaption")) == len(figures)
    assert all(figure.get("aria-labelledby") and figure.get("aria-describedby") for figure in figures)
    pictures = [a for tag, a in page.tags if (tag == "svg" or a.get("role") == "img") and not a.get("aria-hidden")]
    assert pictures
    assert all(picture.get("aria-label") for picture in pictures)


def test_what_scrolls_can_be_reached_by_keyboard(page: Page):
    boxes = [attributes for _, attributes in page.tags if "scroll" in (attributes.get("class") or "").split()]
    assert boxes
    assert all(box.get("tabindex") == "0" for box in boxes)


def test_verdict_comes_first(full: str):
    assert (
        full.index("Verdict 0.") < full.index('id="score-chart"') < full.index('id="figures"') < full.index('id="data"')
    )


def test_says_that_data_are_synthetic(full: str):
    assert full.index("<strong>Synthetic data.</strong>") < full.index("</header>")


def test_size(full: str):
    assert len(full.encode()) < 6e6


def test_sections_on_the_model_need_their_data(dna: Report, full: str):
    bare = render(dna)
    counted = TrainingLog.from_rows([{"step": 1, "loss": 1.9}], model="markov")
    assert 'id="training"' not in render(dna, training=counted)
    for key in ("training", "latent", "latent-units", "discriminator"):
        assert f'<figure class="card" id="{key}"' in full
        assert f'id="{key}"' not in bare
    assert 'href="#model"' not in bare


def test_reading_notes_and_provenance_are_shown(full: str):
    words = " ".join(" ".join(Page(full).words).split())
    assert "Letters that name no single base" in words
    assert "genomimic mimic promoters.fa.gz --model vae -o out" in words
    assert "promoters.fa.gz, mimicked by vae" in words


def test_unresolved_scores_are_greyed_and_say_why(full: str):
    assert "cannot be told apart at n=60" in full
    assert "no ceiling is known" in full


def test_chart_specs_are_json(full: str):
    specs = re.findall(r'<script type="application/json" id="[\w-]+">(.*?)</script>', full)
    assert len(specs) == 7
    for spec in specs:
        assert {"data", "layout"} <= set(json.loads(spec))


def test_hostile_names_stay_text():
    report = made(Sequences("dna", stranded=True, aligned=True), HOSTILE, prefix=HOSTILE)
    hostile = Report(report.sets, report.train, report.holdout, {"data": HOSTILE, HOSTILE: HOSTILE})
    html = render(hostile, reproduce=HOSTILE)
    assert HOSTILE not in html
    page = Page(html)
    assert page.open == []
    assert len(page.all("script")) == len(Page(render(made(report.holdout.modality, "x"))).all("script"))


@pytest.mark.parametrize("name", ["train", "holdout"])
def test_a_set_may_be_called_like_the_real_data(name: str):
    assert f"synthetic {name}" in render(made(Sequences("dna", stranded=True, aligned=False), name))


def test_several_sets_are_compared():
    html = render(made(Sequences("dna", stranded=False, aligned=False), "one", "two", "three"))
    page = Page(html)
    assert sum(tag == "article" for tag, _ in page.tags) == 3
    chart = html[html.index('id="score-chart"') : html.index('id="table"')]
    assert chart.count('class="lane"') == 2 * 3
    assert html.count('id="set-panel-') == 3
    assert "3 synthetic sets compared" in html


@pytest.mark.parametrize(
    ("modality", "lengths"),
    [
        (Sequences("protein", stranded=True, aligned=False), (20, 60)),
        (Sequences("rna", stranded=True, aligned=True), (25, 25)),
        (Sequences("dna", stranded=False, aligned=False), (40, 400)),
        (Sequences("dna", stranded=False, aligned=False), (5, 9)),
    ],
)
def test_other_kinds_of_sequences(modality: Sequences, lengths: tuple[int, int]):
    html = render(made(modality, "markov", lengths=lengths))
    assert Page(html).open == []
    assert ("Sequence logos" in html) == modality.aligned
    assert ("GC content</h3>" in html) == (modality.letters.complements is not None)
    assert ("Lengths</h3>" in html) == (lengths[0] != lengths[1])


def test_files_are_written(dna: Report, tmp_path: Path):
    path = write_report(dna, tmp_path / "out")
    assert path == tmp_path / "out" / "report.html"
    written = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert written["format"] == 1
    assert sorted(file.name for file in path.parent.iterdir()) == ["report.html", "scores.json"]


def test_the_weakest_score_is_named():
    found = tile("fidelity", list(scores(0.4)[:3]))
    assert found.headline == "0 of 1 as good as fresh real data"
    assert found.detail == "weakest: K-mer JS divergence, k = 6, skill 0.40"
    assert tile("fidelity", [scores()[1]]).headline == "not resolved"


def test_numbers():
    assert [number_text(x) for x in (0.0, -1e-7, -0.00041, 1.0, float("nan"))] == ["0", "0", "-0.00041", "1", "n/a"]


def test_log_rows_become_columns():
    log = TrainingLog.from_rows([{"step": 1, "loss": 2.0}, {"step": 2, "bits": 1.5, "ok": True}], model="gan")
    assert set(log.columns) == {"step", "loss", "bits"}
    assert np.isnan(log.columns["loss"][1])
    assert TrainingLog.from_rows([], model="x").columns["step"].size == 0


def test_latent_map_projects_on_principal_axes():
    mean = np.random.default_rng(0).normal(size=(200, 3)) * [0.1, 5.0, 1.0]
    colours = np.zeros(200)
    found = LatentMap.project(
        mean, np.ones((200, 3)), mean, colour_name="x", real_colour=colours, synthetic_colour=colours
    )
    assert np.abs(np.corrcoef(found.real[:, 0], mean[:, 1])[0, 1]) > 0.99
    assert found.explained.sum() == pytest.approx(1, abs=0.01)
    assert found.real == pytest.approx(found.synthetic)
    assert found.unit_kl.argmax() == 1
