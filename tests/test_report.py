import csv
import inspect
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from genomimic.census import Census
from genomimic.comparing import ranking
from genomimic.comparison import compare
from genomimic.dataset import Dataset
from genomimic.evaluation import Report, Score, SetReport
from genomimic.evidence import EVIDENCE, Table, tables
from genomimic.figures import PICTURES
from genomimic.likelihoods import Halves, SeenAndUnseen, likelihood_score, memory_scores
from genomimic.modalities.sequences import Sequences
from genomimic.packing import unpack
from genomimic.report import number_text, question_of, render, write_report
from genomimic.report_files import discard_files
from genomimic.report_tables import csv_text, file_names
from genomimic.sections import DiscriminatorScores, LatentMap, TrainingLog
from genomimic.set_views import tile
from tests.toys import cells

VOID = {"meta", "link", "br", "img", "input", "hr"}
LOADING = {"src", "href", "action", "data", "poster", "srcset", "xlink:href"}
HOSTILE = '<script>alert("x")</script>'


def packs_of(html: str) -> dict[str, dict]:
    """What the page unpacks later, by the name of the pack."""
    found = re.findall(r'<script type="text/plain" id="pack-([\w-]+)">([\w+/=]*)</script>', html)
    return {name: json.loads(unpack(text)) for name, text in found if name != "plotly"}


def page_of(report: Report, **model) -> str:
    """The HTML of a report with its ranks."""
    return render(report, ranking(report), **model)


def figures_of(html: str) -> dict[str, dict]:
    return {key: figure for one in packs_of(html).values() for key, figure in one["figures"].items()}


def unpacked(html: str) -> str:
    """The page with the figures that are HTML in their places, as a browser shows it."""
    for key, figure in figures_of(html).items():
        if "html" in figure:
            html = re.sub(rf'(data-key="{key}">)<p class="waiting">…</p>', lambda m, f=figure: m[1] + f["html"], html)
    return html


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
    return page_of(
        dna,
        training=TrainingLog.from_rows(rows, model="vae", best_step=100, stop_reason="all steps done"),
        latent=LatentMap.project(
            rng.normal(size=(40, 8)),
            np.full((40, 8), 0.5),
            rng.normal(size=(30, 8)),
            colour_name="GC",
            real_colour=rng.random(40),
            synthetic_colour=rng.random(30),
            line_name="GC",
            line=np.linspace(0.4, 0.6, 7),
        ),
        discriminator=DiscriminatorScores(rng.random(50), rng.random(40), rng.random(30)),
        reproduce="genomimic mimic promoters.fa.gz --model vae -o out",
    )


@pytest.fixture(scope="module")
def page(full: str) -> Page:
    return Page(unpacked(full))


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
    bare = page_of(dna)
    counted = TrainingLog.from_rows([{"step": 1, "loss": 1.9}], model="markov")
    assert 'id="training"' not in page_of(dna, training=counted)
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


def test_charts_are_unpacked_when_they_come_into_view(full: str):
    specs = [figure["spec"] for figure in figures_of(full).values() if "spec" in figure]
    assert len(specs) == 8
    assert all({"data", "layout"} <= set(spec) for spec in specs)
    assert "bdata" not in json.dumps(specs)
    assert full.count('class="plot"') == 8


def test_hostile_names_stay_text():
    report = made(Sequences("dna", stranded=True, aligned=True), HOSTILE, prefix=HOSTILE)
    hostile = Report(report.sets, report.train, report.holdout, {"data": HOSTILE, HOSTILE: HOSTILE})
    html = page_of(hostile, reproduce=HOSTILE)
    assert HOSTILE not in unpacked(html)
    page = Page(unpacked(html))
    assert page.open == []
    assert len(page.all("script")) == len(Page(page_of(made(report.holdout.modality, "x"))).all("script"))


@pytest.mark.parametrize("name", ["train", "holdout"])
def test_a_set_may_be_called_like_the_real_data(name: str):
    assert f"synthetic {name}" in page_of(made(Sequences("dna", stranded=True, aligned=False), name))


def test_several_sets_are_compared():
    html = page_of(made(Sequences("dna", stranded=False, aligned=False), "one", "two", "three"))
    page = Page(html)
    assert sum(tag == "article" for tag, _ in page.tags) == 3
    chart = html[html.index('id="score-chart"') : html.index('id="score-table"')]
    assert len(re.findall(r'<div class="row[ "].*?</div>\s*</div>', chart, re.DOTALL)) == 4
    assert [tab["data-name"] for tab in Page(html).all("button") if "set" in (tab.get("id") or "")[:3]]
    assert set(packs_of(html)) == {"set0", "set1", "set2", "model", "scores"}
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
    html = unpacked(page_of(made(modality, "markov", lengths=lengths)))
    assert Page(html).open == []
    assert ("Sequence logos" in html) == modality.aligned
    assert ("GC content</h3>" in html) == (modality.letters.complements is not None)
    assert ("Lengths</h3>" in html) == (lengths[0] != lengths[1])


def test_files_are_written(dna: Report, tmp_path: Path):
    path = write_report(dna, tmp_path / "out")
    assert path == tmp_path / "out" / "report.html"
    written = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert written["format"] == 1
    assert sorted(file.name for file in path.parent.iterdir()) == ["report.html", "scores.csv", "scores.json"]


def test_the_weakest_score_leads():
    found = tile("fidelity", list(scores(0.4)[:3]))
    assert found.headline == "weakest: K-mer JS divergence, k = 6"
    assert found.detail == "skill 0.40 [0.30, 0.50]; 0 of 1 as good as fresh real data"
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
        mean,
        np.ones((200, 3)),
        mean,
        colour_name="x",
        real_colour=colours,
        synthetic_colour=colours,
        line_name="x",
        line=np.zeros(7),
    )
    assert np.abs(np.corrcoef(found.real[:, 0], mean[:, 1])[0, 1]) > 0.99
    assert found.explained.sum() == pytest.approx(1, abs=0.01)
    assert found.real == pytest.approx(found.synthetic)
    assert found.unit_kl.argmax() == 1


def evidence(rows: int, name: str = "enriched_words") -> Table:
    rng = np.random.default_rng(0)
    columns = {
        "word": np.array(["".join(rng.choice(list("ACGT"), 12)) for _ in range(rows)], dtype=object),
        "real per 1,000": rng.random(rows),
        "q": rng.random(rows) * 1e-9,
        "note": np.array(["=1+1", HOSTILE, "plain, with a comma", "-"] * rows, dtype=object)[:rows],
    }
    return Table(name, "fidelity", f"Title of {name}", "How to read it.", columns)


def with_tables(report: Report, *tables: Table) -> Report:
    return replace(report, sets=tuple(replace(one, tables=tables) for one in report.sets))


class TestTables:
    def test_first_rows_are_in_the_page_and_all_in_its_pack(self, dna: Report):
        html = page_of(with_tables(dna, evidence(40)))
        page = html[html.index('<table id="set0-enriched-words"') :]
        assert page[: page.index("</table>")].count("<tr>") == 13
        assert "12 of 40 rows" in html
        table = packs_of(html)["set0"]["tables"]["set0-enriched-words"]
        assert [len(column) for column in table["columns"]] == [40] * 4
        assert table["kinds"] == ["letters", "number", "number", "text"]
        assert table["columns"][1] == pytest.approx(evidence(40).columns["real per 1,000"], rel=1e-4)

    def test_csv_files_hold_every_row_in_full_precision(self, dna: Report, tmp_path: Path):
        write_report(with_tables(dna, evidence(40)), tmp_path)
        rows = list(csv.DictReader((tmp_path / "tables/vae/enriched_words.csv").read_text().splitlines()))
        assert [float(row["q"]) for row in rows] == evidence(40).columns["q"].tolist()
        assert [row["note"] for row in rows[:4]] == ["'=1+1", HOSTILE, "plain, with a comma", "-"]
        scores = list(csv.DictReader((tmp_path / "scores.csv").read_text().splitlines()))
        assert [row["score"] for row in scores] == ["kmer_js_6", "gc_mean", "bits_per_base", "near_copies"]
        assert scores[0]["composition scores"] == "0.04"
        assert scores[2]["ceiling"] == ""

    def test_an_unknown_table_is_shown_as_a_table(self, dna: Report):
        html = page_of(with_tables(dna, evidence(3, "never_heard_of")))
        assert "Title of never_heard_of" in html
        assert "More tables" in html

    def test_hostile_cells_stay_text(self, dna: Report):
        page = Page(page_of(with_tables(dna, evidence(4))))
        assert len(page.all("script")) == len(Page(page_of(dna)).all("script"))

    def test_names_of_sets_make_plain_folders(self):
        assert file_names(["../../etc", "..", "", "A", "a"]) == ["etc", "set", "set_2", "A", "a_2"]

    def test_a_missing_value_is_an_empty_field(self):
        assert csv_text({"x": np.array([1.5, np.nan]), "ok": np.array([True, False])}) == "x,ok\n1.5,yes\n,no\n"


def test_ten_sets_stay_under_six_megabytes():
    report = made(Sequences("dna", stranded=True, aligned=True), *(f"set{n}" for n in range(10)))
    families = [scores()[0]._replace(metric=f"metric_{n}", family=f"family {n // 5}") for n in range(45)]
    sets = tuple(replace(one, scores=tuple(families)) for one in report.sets)
    html = page_of(with_tables(replace(report, sets=sets), *(evidence(1000, f"table_{n}") for n in range(12))))
    assert len(html.encode()) < 6e6
    sizes = {len(table["columns"][0]) for one in packs_of(html).values() for table in one["tables"].values()}
    assert min(sizes) >= 25


def test_long_tables_lose_their_last_rows_where_a_page_would_weigh_too_much(dna: Report, monkeypatch):
    report = with_tables(dna, evidence(2000), evidence(30, "positions"))
    small = len(page_of(with_tables(dna, evidence(500), evidence(30, "positions"))).encode())
    monkeypatch.setattr("genomimic.report_packs.PAGE_BYTES", small)
    html = page_of(report)
    tables = packs_of(html)["set0"]["tables"]
    assert len(html.encode()) <= small + 1000
    assert 25 <= len(tables["set0-enriched-words"]["columns"][0]) < 2000
    assert len(tables["set0-positions"]["columns"][0]) == 30
    assert tables["set0-enriched-words"]["size"] == 2000


def test_families_are_closed_where_there_are_many_scores(dna: Report):
    assert '<details class="family"' in page_of(dna)
    assert len(re.findall(r"<details[^>]* open>", page_of(dna))) == 2
    many = tuple(scores()[0]._replace(metric=f"metric_{n}") for n in range(45))
    html = page_of(replace(dna, sets=(replace(dna.sets[0], scores=many),)))
    assert not re.findall(r"<details[^>]* open>", html)


def test_the_comparison_marks_where_each_set_stands():
    report = made(Sequences("dna", stranded=True, aligned=True), "good", "bad")
    good, bad = report.sets
    sets = (replace(good, scores=scores(1.0)), replace(bad, scores=scores(-1.0)))
    html = page_of(replace(report, sets=sets))
    table = html[html.index('id="compared-table"') :]
    row = table[table.index('data-metric="kmer_js_6"') :]
    assert re.findall(r'<b class="mark (\w+)" ', row[: row.index("</tr>")]) == ["real", "floor"]
    assert 'id="compared"' not in page_of(replace(report, sets=sets[:1]))


MOTIFS = {
    "name": np.array(["=a", "b"], dtype=object),
    "real per kb": np.array([1.0, 2.0]),
    "synthetic per kb": np.array([0.25, 2.0]),
    "q": np.array([0.001, 0.9]),
}


class TestPictures:
    def test_drawn_where_their_columns_are_there(self, dna: Report):
        motifs = Table("motifs", "fidelity", "Motifs", "Read.", MOTIFS)
        lacking = replace(motifs, columns={"name": MOTIFS["name"]})
        assert "set0-motifs-picture" not in figures_of(page_of(with_tables(dna, lacking)))
        html = page_of(with_tables(dna, motifs))
        assert "set0-motifs-picture" in figures_of(html)
        assert "1 of 2 motifs differ clearly (q below 0.05); first in the table =a: real 1, synthetic 0.25." in html

    @pytest.mark.parametrize("name", sorted(set(PICTURES) & set(EVIDENCE)))
    def test_the_columns_that_they_need_are_made(self, name: str):
        made = inspect.getsource(EVIDENCE[name].columns)
        assert [heading for heading in PICTURES[name].needs if f'"{heading}":' not in made] == []

    @pytest.mark.parametrize("name", sorted(PICTURES))
    def test_drawn_from_one_row_and_said_in_words(self, name: str):
        texts = {"name", "motif", "other", "word", "gene"}
        columns = {
            need: np.array(["A"], dtype=object)
            if need in texts
            else np.array([1])
            if need == "position"
            else np.ones(1)
            for need in PICTURES[name].needs
        }
        drawn = PICTURES[name].draw(columns, "a <b>", "#123456")
        assert drawn.alt.endswith(".")
        assert re.search(r"\d", drawn.alt)
        assert len(drawn.chart.to_plotly_json()["data"]) >= 1


def ranked(report: Report) -> Report:
    """Two generators, one of them far behind on one score, with two seeds of the other."""
    names = {"a": "near", "b": "near", "c": "far"}
    rng = np.random.default_rng(0)
    sets = []
    for number, (one, generator) in enumerate(zip(report.sets, names.values(), strict=True)):
        value = 0.002 + 0.0001 * number if generator == "near" else 0.5
        halves = {"kmer_js_6": value + rng.normal(0, 1e-3, 20), "gc_mean": 0.02 + rng.normal(0, 1, 20)}
        both = (scores()[0]._replace(value=value), scores()[1])
        sets.append(replace(one, name=list(names)[number], generator=generator, scores=both, halves=halves))
    return replace(report, sets=tuple(sets))


@pytest.fixture(scope="module")
def three() -> Report:
    return made(Sequences("dna", stranded=False, aligned=False), "a", "b", "c")


class TestRanks:
    def test_ranks_stand_where_generators_are_told_apart(self, three: Report):
        html = page_of(ranked(three))
        table = html[html.index('id="ranks-table"') :]
        table = table[: table.index("</table>")]
        assert re.findall(r'<b class="rank[ \w]*">(\d=?)</b> ([\d.]+)', table) == [("1", "0.00205"), ("2", "0.5")]
        assert "seeds 0.002 · 0.0021" in table
        assert "On 1 score they cannot be told apart" in html
        assert Page(html).open == []

    def test_ranks_are_written_for_spreadsheets_and_programs(self, three: Report, tmp_path: Path):
        write_report(ranked(three), tmp_path)
        rows = list(csv.DictReader((tmp_path / "ranks.csv").read_text().splitlines()))
        assert [(row["score"], row["generator"], row["rank"]) for row in rows] == [
            ("kmer_js_6", "near", "1"),
            ("kmer_js_6", "far", "2"),
            ("gc_mean", "near", "1="),
            ("gc_mean", "far", "1="),
        ]
        assert [row["seed 2"] for row in rows[:2]] == ["0.0021", ""]
        written = json.loads((tmp_path / "scores.json").read_text())
        assert [one["told_apart"] for one in written["ranks"]] == [True, False]
        assert written["ranks"][0]["standings"][0] == {
            "generator": "near",
            "rank": 1,
            "value": pytest.approx(0.00205),
            "seeds": [0.002, 0.0021],
        }

    def test_sets_judged_from_different_numbers_of_records_are_not_ranked_and_it_is_said(self, three: Report):
        report = ranked(three)
        fewer = replace(report.sets[2], scores=tuple(one._replace(n=40) for one in report.sets[2].scores))
        html = page_of(replace(report, sets=(*report.sets[:2], fewer)))
        assert 'id="ranks"' not in html
        assert "different numbers of records (40 to 60)" in html
        assert 'id="no-ranks"' not in page_of(report)

    def test_one_generator_has_no_ranks(self, dna: Report):
        assert 'id="ranks"' not in page_of(dna)


class TestFilesOfAnEarlierReport:
    def test_those_not_written_again_are_removed_and_nothing_else(self, dna: Report, three: Report, tmp_path: Path):
        (tmp_path / "tables" / "a").mkdir(parents=True)
        notes = tmp_path / "tables" / "a" / "notes.csv"
        notes.write_text("mine")
        write_report(with_tables(ranked(three), evidence(3)), tmp_path)
        write_report(with_tables(dna, evidence(3)), tmp_path)
        found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
        assert found == [
            "report.html",
            "scores.csv",
            "scores.json",
            "tables/a/notes.csv",
            "tables/vae/enriched_words.csv",
        ]
        assert not (tmp_path / "tables" / "b").exists()

    def test_all_are_discarded(self, dna: Report, tmp_path: Path):
        write_report(with_tables(dna, evidence(3)), tmp_path)
        discard_files(tmp_path)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "name", ["../mine.csv", "/tmp/mine.csv", "tables/../../mine.csv", "mine.txt", "a/b.csv", 3]
    )
    def test_a_list_that_no_report_made_removes_nothing(self, name: object, tmp_path: Path):
        folder = tmp_path / "out"
        folder.mkdir()
        kept = [tmp_path / "mine.csv", folder / "mine.txt"]
        for path in kept:
            path.write_text("mine")
        (folder / "scores.json").write_text(json.dumps({"files": [name]}))
        discard_files(folder)
        assert all(path.exists() for path in kept)


def test_scores_of_likelihoods_have_questions():
    bits = SeenAndUnseen(np.array([1.0, 1.2, 1.1]), np.array([1.5, 1.4, 1.3]))
    rows = [np.arange(2), np.arange(1, 3)]
    made = memory_scores(bits, {}, Halves(rows, rows))
    held = [likelihood_score(bits.holdout, {}, bound=bound, halves=rows) for bound in (False, True)]
    assert all(question_of(one.metric) for one in (*made, *held))


def test_the_census_stands_before_the_figures_on_copies(dna: Report):
    census = Census(1200, 1100, 12, 3, 0)
    html = page_of(replace(dna, sets=(replace(dna.sets[0], census=census),)))
    facts = re.findall(r"<dt>([^<]+)</dt><dd><strong>([^<]+)</strong>", html[html.index('class="card census"') :])
    assert facts[:3] == [
        ("records read", "1,200"),
        ("different ones", "1,100 (91.7 %)"),
        ("exact copies of training records", "12 (1 %)"),
    ]
    assert html.index('id="set0-copies"') < html.index('class="card census"') < html.index('id="set0-distances"')
    assert 'class="card census"' not in page_of(dna)


def test_the_map_shows_both_sides_and_says_how_far_apart_they_lie(dna: Report):
    figure = figures_of(page_of(dna))["set0-map"]
    assert [trace["name"] for trace in figure["spec"]["data"]] == ["real holdout", "vae"]
    assert [len(trace["x"]) for trace in figure["spec"]["data"]] == [60, 60]
    assert "60 records a side; the middles lie" in page_of(dna)


GENE_FIGURES = ("map", "gene-pairs", "mean-variance", "violins", "distances")
OF_COUNTS, OF_VALUES = ("mean-dropout", "library-sizes", "detected-genes"), ("cell-means", "cell-spreads")
WORDS_OF_SEQUENCES = "letters? strands? motifs? GC bases? k-mers? homology nucleotides? sequences?".split()


def cells_report(kind: str, *, labelled: bool = True) -> Report:
    rng = np.random.default_rng(0)
    train, holdout, synthetic = (cells(n, rng, kind) for n in (90, 60, 60))
    synthetic = synthetic if labelled else replace(synthetic, labels={})
    comparison = compare(train, holdout, synthetic)
    names = ("gene_means", "gene_correlation", "exact_copies", "distinct_share", "two_sample_auc_linear")
    told = tuple(scores()[0]._replace(metric=name, family="genes") for name in names)
    shown = tables(comparison)
    one = SetReport("vae", "vae", comparison, told, shown, "Verdict.", (), Census(60, 60, 0, 0, 0))
    return Report((one,), train, holdout, {"data": "cells.h5ad", "split": "split by the label donor"})


@pytest.fixture(scope="module")
def of_cells() -> dict[str, str]:
    return {kind: page_of(cells_report(kind)) for kind in ("counts", "continuous")}


def shown_words(html: str) -> str:
    """Every word that a reader of the page meets, those of charts and tables too."""
    page = Page(unpacked(html))
    attributes = [
        str(value) for _, each in page.tags for name, value in each.items() if name in ("aria-label", "title")
    ]
    charts = [json.dumps(figure["spec"]) for figure in figures_of(html).values() if "spec" in figure]
    headings = [str(table["headings"]) for one in packs_of(html).values() for table in one["tables"].values()]
    return " ".join([*page.words, *attributes, *charts, *headings])


class TestCells:
    @pytest.mark.parametrize("kind", ["counts", "continuous"])
    def test_figures_of_cells_and_genes(self, of_cells: dict[str, str], kind: str):
        found = figures_of(of_cells[kind])
        wanted = (*GENE_FIGURES, "map-labels", "labels", "genes-picture", *(OF_COUNTS, OF_VALUES)[kind != "counts"])
        assert [key for key in wanted if f"set0-{key}" not in found] == []
        other = (*("logo", "sequences", "kmers", "gc", "helix"), *(OF_COUNTS, OF_VALUES)[kind == "counts"])
        assert [key for key in other if f"set0-{key}" in found] == []

    @pytest.mark.parametrize("kind", ["counts", "continuous"])
    def test_no_word_of_sequences(self, of_cells: dict[str, str], kind: str):
        words = shown_words(of_cells[kind])
        told = [re.findall(rf".{{40}}\b{word}\b.{{20}}", words) for word in WORDS_OF_SEQUENCES]
        assert [one for one in told if one] == []
        assert "60 synthetic cells judged beside 60 real ones" in words

    def test_whole_and_well_formed(self, of_cells: dict[str, str]):
        page = Page(unpacked(of_cells["counts"]))
        assert page.open == []
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        loaded = [attributes[name] for _, attributes in page.tags for name in LOADING & set(attributes)]
        assert [one for one in loaded if not (one or "").startswith(("#", "data:,"))] == []

    def test_words_are_explained_where_they_are_used(self, of_cells: dict[str, str], dna: Report):
        terms = {kind: set(re.findall("<dt>([^<]+)</dt><dd>", html)) for kind, html in of_cells.items()}
        assert {"Library size", "Holdout"} <= terms["counts"]
        assert not {"Logo", "Edit distance"} & terms["counts"]
        assert not {"Library size", "Dropout"} & set(re.findall("<dt>([^<]+)</dt><dd>", page_of(dna)))

    def test_without_labels_there_are_no_figures_by_label(self):
        found = figures_of(page_of(cells_report("counts", labelled=False)))
        assert "set0-map" in found
        assert not {"set0-map-labels", "set0-labels"} & set(found)

    def test_the_split_is_told_once(self, of_cells: dict[str, str]):
        assert of_cells["counts"].count("plit by the label donor") == 1

    def test_cells_of_a_type_are_nearest_to_their_own(self, of_cells: dict[str, str]):
        told = r"same cell_type for (\d+)% of synthetic cells, and for (\d+)% of real ones"
        found = re.search(told, of_cells["counts"])
        assert found
        assert min(int(found[1]), int(found[2])) > 60

    def test_fresh_real_cells_correlate_as_training_cells_do(self, of_cells: dict[str, str]):
        told = r"correlation ([\d.]+) and slope ([\d.]+); training cells in [a-z ]+ give ([\d.]+) and ([\d.]+)\."
        found = re.search(told, of_cells["counts"])
        assert found
        synthetic, fresh = np.array(found.groups(), float).reshape(2, 2)
        assert synthetic == pytest.approx(fresh, abs=0.15)
