"""What the documentation says is so: links, commands, names, code and quoted output."""

import importlib
import inspect
import re
import shlex
import textwrap
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import genomimic
from genomimic import evaluation
from genomimic.cli import app
from genomimic.comparison import compare
from genomimic.dataset import Dataset
from genomimic.designing import Brief, Objective
from genomimic.evidence import EVIDENCE
from genomimic.metrics import METRICS
from genomimic.modalities import Sequences
from genomimic.models import MODELS, describe
from genomimic.sampling import log_likelihood, sample
from genomimic.training import fit
from tests.conftest import toy

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = {
    *("mimic", "train", "sample", "evaluate", "show", "models", "example", "impute", "encode", "predict", "design"),
}
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def prose(page):
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(page):
    titles = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def stripped(text):
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def flags_of(command):
    found = re.findall(
        r"--[a-z][a-z-]*", " ".join(flag for a in app[command].assemble_argument_collection() for flag in a.names)
    )
    return set(found)


@EVERY_PAGE
def test_relative_links_resolve(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(linked), f"{page.name}: {target}"


@EVERY_PAGE
def test_commands_in_shell_blocks_parse(page):
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            command = line.partition("#")[0].strip()
            if command.startswith("genomimic "):
                app.parse_args(shlex.split(command)[1:], exit_on_error=False, print_error=False)


@EVERY_PAGE
def test_commands_and_flags_in_the_text_exist(page):
    known = {flag for command in COMMANDS for flag in flags_of(command)} | {"--version", "--help"}
    known |= {field.flag for name in MODELS for field in describe(name)}
    for code in re.findall(r"`([^`]+)`", prose(page)):
        words = code.split()
        if words[0] == "genomimic" and len(words) > 1:
            assert words[1] in COMMANDS or words[1].startswith("--"), code
        if words[0] == "genomimic" or words[0].startswith("--"):
            assert {word for word in words if word.startswith("--")} <= known, code


def test_the_python_block_of_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(ROOT / "README.md", "python")
    assert "latent=16)" in code
    monkeypatch.setattr("genomimic.modalities.sequences.Sequences.baselines", ("composition",))
    monkeypatch.setattr(evaluation, "evaluate", partial(evaluation.evaluate, replicates=4))
    exec(code.replace("latent=16)", "latent=4, steps=50, width=16, draws=2)"), {})
    for name in ("report.html", "scores.json", "synthetic.fa.gz", "run/run.toml"):
        assert (tmp_path / "my-second-report" / name).exists()
    assert len(genomimic.read("some.fa.gz")) == 100


def test_the_model_in_the_docs_trains_and_samples():
    code = next(block for block in blocks(ROOT / "docs/extend.md", "python") if "class Letters" in block)
    names = {"__name__": "letters"}
    exec(code, names)
    run = fit(names["Letters"](), toy(400, 1), toy(100, 2))
    made, real = sample(run, 2000).values, toy(400, 1).values
    for token in range(4):
        assert (made == token).mean() == pytest.approx((real == token).mean(), abs=0.03)
    assert np.isfinite(log_likelihood(run, toy(10, 3))).all()


def added(file):
    """Lines that the change to a file in docs/extend.md adds, in the names of that file."""
    change = next(block for block in blocks(ROOT / "docs/extend.md", "diff") if f"+++ b/{file}" in block)
    lines = [line[1:] for line in change.splitlines() if line.startswith("+") and not line.startswith("+++")]
    names = dict(vars(importlib.import_module(file.removeprefix("src/").removesuffix(".py").replace("/", "."))))
    exec("\n".join(lines), names)


def test_the_metric_in_the_docs_measures():
    before = dict(METRICS)
    added("src/genomimic/metrics/composition.py")
    new = METRICS.pop("purine_share")
    assert before == METRICS
    real, other = toy(200, 1), toy(200, 2)
    assert new.statistic(compare(real, other, other)) == pytest.approx(0, abs=1e-6)
    assert new.statistic(compare(real, other, real)) > 1e-3


def test_the_table_in_the_docs_is_made():
    added("src/genomimic/evidence/words.py")
    columns = EVIDENCE.pop("letters").columns(compare(toy(200, 1), toy(200, 2), toy(200, 3)))
    assert sorted(columns["letter"]) == list("ACGT")
    assert columns["share in real"].sum() == pytest.approx(1)


def test_code_in_the_tutorial_is_code_that_runs():
    models = [f"src/genomimic/models/{name}.py" for name in ("gan", "witness", "vae")]
    sources = ["examples/walkthrough.py", *models, "src/genomimic/scoring.py"]
    code = [stripped((ROOT / source).read_text()) for source in sources]
    for block in blocks(ROOT / "docs/tutorial.md", "python"):
        assert any(stripped(block) in text for text in code), block


def test_output_in_the_tutorial_is_that_of_the_walkthrough():
    lines = (ROOT / "examples/walkthrough.txt").read_text().splitlines()
    quoted = blocks(ROOT / "docs/tutorial.md", "output")
    assert len(quoted) > 10
    for line in "".join(quoted).splitlines():
        assert line in lines


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs/python.md", ROOT / "docs/tutorial.md"])
def test_names_used_in_code_are_public(page):
    for block in blocks(page, "python"):
        assert set(re.findall(r"\bgm\.(\w+)", block)) <= set(genomimic.__all__)


def test_public_names_are_sorted_described_and_documented():
    assert genomimic.__all__ == sorted(genomimic.__all__)
    text = (ROOT / "docs/python.md").read_text()
    for name in genomimic.__all__:
        assert inspect.getdoc(getattr(genomimic, name)), name
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_a_page_with_all_its_settings(name):
    counting = Sequences("dna", stranded=True, aligned=True).baselines
    page = (ROOT / "docs/models" / f"{'baselines' if name in counting else name}.md").read_text()
    assert f"`{name}`" in page
    for field in describe(name):
        row = re.search(rf"^\|.*`{field.flag}` \| ([^|]*) \|", page, re.MULTILINE)
        assert row, field.flag
        if field.default not in ("chosen by genomimic", "False"):
            assert row[1] == field.default, field.flag


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_stands_in_the_docs_with_its_card(name):
    cards, _, simulated = (ROOT / "docs/metrics.md").read_text().partition("## Do the intervals hold?")
    rows = [line for line in cards.splitlines() if line.startswith("|") and f"`{name}`" in line]
    assert len(rows) == 1
    assert f"`{name}`" in simulated
    cells, card = [cell.strip() for cell in re.split(r"(?<!\\)\|", rows[0])[1:-1]], METRICS[name]
    assert (cells[3], cells[5]) == (card.better, card.floor)
    if not re.search(r"\d$", name):
        assert cells[1].rstrip("?") in card.question


def test_every_policy_note_is_explained():
    text = (ROOT / "docs/concepts.md").read_text()
    from genomimic.reading import NOTES

    for name in NOTES:
        assert f"`{name}`" in text, name


def test_the_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {genomimic.__version__}\n" in citation
    released = re.search(r"^date-released: (\S+)$", citation, re.MULTILINE)[1]
    assert f"## [{genomimic.__version__}] - {released}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_layers_in_the_docs_are_those_of_the_contract():
    contract = re.search(r"^layers = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE)[1]
    layers = [line.strip().strip('",') for line in contract.strip().splitlines()]
    drawn = next(block for block in blocks(ROOT / "docs/design.md", "text") if "workflow" in block)
    assert [re.split(r" {2,}", line)[0] for line in textwrap.dedent(drawn).splitlines()] == layers


def test_the_method_of_design_in_the_docs_finds_better_ones_than_samples():
    code = next(block for block in blocks(ROOT / "docs/extend.md", "python") if "def best_of_two" in block)
    names = {"Brief": Brief, "Dataset": Dataset, "np": np}
    exec(code, names)
    run = fit(genomimic.model("markov", order=1), toy(200, 1), toy(100, 2))
    brief = Brief(run, Objective("A", lambda records: (records.values == 0).sum(1)), 100, price=0.0)
    assert brief.reward(names["best_of_two"](brief)).mean() > brief.reward(brief.drawn(100)).mean() + 0.2
