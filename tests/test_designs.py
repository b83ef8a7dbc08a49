"""Designs assessed: who judges, what is told from what, and the files that are written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

import genomimic as gm
from genomimic import designs
from genomimic.alphabet import PROTEIN
from genomimic.assessing import Judged, assess, edited
from genomimic.cli import app, main
from genomimic.dataset import Dataset
from genomimic.designs import beside, sentence, write_designs
from genomimic.errors import GenomimicError, UsageError
from genomimic.metrics.discrimination import auc, auc_interval
from genomimic.modalities.sequences import Sequences
from genomimic.oracles import Aim, Oracles, aim_of, check_oracles, train_oracles
from genomimic.parts import parts_of
from genomimic.rules import read_rules
from genomimic.synthesis import longest_stem, order_sheet, warnings
from tests.faults import FULL, Broken

MODALITY = Sequences("dna", stranded=True, aligned=True)


def records(n, seed=0, gc=0.5):
    values = np.random.default_rng(seed).choice(4, (n, 40), p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])
    return Dataset(values.astype(np.int8), np.array([f"r{i}" for i in range(n)], object), MODALITY)


def share_of_gc(data):
    return np.isin(data.values, [1, 2]).mean(1)


def judge(data):
    value = share_of_gc(data)
    return Judged(value, value - 0.1, value + 0.1)


def assessed(designs, sign=1):
    natural = records(600, 1)
    return assess(designs, natural, share_of_gc(natural), judge=judge, bits=lambda one: 2 - share_of_gc(one), sign=sign)


@pytest.fixture(scope="module")
def found():
    return assessed(records(30, 2, gc=0.9))


def test_designs_beyond_nature_are_said_to_be_so_and_told_from_it(found):
    assert found.median > found.percentile(0.99) > found.percentile(0.5)
    assert found.recognised > 0.8
    assert assessed(records(60, 3)).recognised < found.recognised
    assert "told from the best natural ones with an AUC of" in sentence(found, Aim("gc"))


def test_low_values_can_be_wanted():
    low = assessed(records(30, 2, gc=0.1), sign=-1)
    assert low.median < low.percentile(0.99) < low.percentile(0.5)


def test_a_copy_of_a_natural_sequence_is_found_at_no_distance():
    natural = records(600, 1)
    copied = assessed(natural.take(np.arange(5)))
    assert copied.nearest.distance.tolist() == [0] * 5


def test_random_edits_change_about_the_share_of_letters_that_they_say():
    natural = records(1, 4)
    made = edited(natural, 600, np.random.default_rng(0))
    changed = (made.values != natural.values).mean(1)
    said = made.labels["exchanged"].astype(float)
    for share in np.unique(said):
        assert changed[said == share].mean() == pytest.approx(share, abs=0.02)


def test_files_hold_the_designs_the_order_sheet_and_a_page_that_names_rules_and_nearest(found, tmp_path):
    out = tmp_path / "made.fa"
    oracles = Oracles(None, None, records(5), records(5), "The judge is a rule of thumb.")
    designs = replace(found.designs.dataset, labels={"guide": np.full(30, "1.5")})
    found = replace(found, designs=found.designs._replace(dataset=designs))
    rules = read_rules(MODALITY, max_homopolymer=39)
    write_designs(found, out, aim=Aim("gc"), oracles=oracles, rules=rules, provenance={"seed": 1})
    page, sheet = beside(out)
    first = out.read_text().splitlines()[0]
    assert "judged=" in first
    assert "guide=1.5" in first
    rows = sheet.read_text().splitlines()
    assert len(rows) == 31
    assert rows[0].startswith("name,sequence,length,gc_percent,warnings,judged_gc,low,high,bits_per_base")
    said = page.read_text()
    for words in ("The judge is a rule of thumb.", "--max-homopolymer 39", "30 of 30", "aligned positions from r"):
        assert words in said or words.replace("aligned ", "") in said


def breaking(monkeypatch, name, fault):
    """Files with this in their names break when they are written."""
    really_open = Path.open

    def opened(path, mode="r", *rest, **options):
        file = really_open(path, mode, *rest, **options)
        return Broken(file, fault) if "w" in mode and name in path.name else file

    monkeypatch.setattr(Path, "open", opened)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["made.fa", "made.html", "made-order.csv"])
@pytest.mark.parametrize(("fault", "raised"), [(FULL, UsageError), (KeyboardInterrupt(), KeyboardInterrupt)])
@pytest.mark.parametrize("earlier", [True, False])
def test_what_is_cut_short_leaves_all_earlier_files_or_none(found, tmp_path, monkeypatch, name, fault, raised, earlier):
    for one in ("made.fa", "made.html", "made-order.csv") if earlier else ():
        (tmp_path / one).write_text("before")
    before = contents(tmp_path)
    breaking(monkeypatch, name, fault)
    oracles = Oracles(None, None, records(5), records(5), "")
    with pytest.raises(raised):
        write_designs(found, tmp_path / "made.fa", aim=Aim("gc"), oracles=oracles, rules=(), provenance={})
    monkeypatch.undo()
    assert contents(tmp_path) == before


@pytest.mark.parametrize(("fault", "status", "line"), [(FULL, 2, "No space left"), (KeyboardInterrupt(), 130, "inter")])
def test_the_command_says_in_a_line_what_cut_it_short(home, tmp_path, capsys, monkeypatch, fault, status, line):
    breaking(monkeypatch, "d-order.csv", fault)
    oracles = ["--guide", home / "oracle", "--judge", home / "other"]
    given = ["--objective", "activity", "-o", tmp_path / "d.fa", "-n", "3", "--method", "select", *oracles]
    with pytest.raises(SystemExit) as ended:
        main(["design", str(home / "run"), *map(str, given)])
    monkeypatch.undo()
    said = capsys.readouterr().err.splitlines()
    assert ended.value.code == status
    assert said[-1].startswith("genomimic: ")
    assert line in said[-1]
    assert "Traceback" not in "".join(said)
    assert contents(tmp_path) == {}


def test_what_vendors_stumble_over_is_found():
    kinds = {one.kind for one in warnings("A" * 12 + "GATTACACATTAGACCATGACTTAG" * 2 + "GC" * 40)}
    assert {"run of one letter", "repeat", "GC of a stretch"} <= kinds
    stem = "GATTACACATTAG"
    assert longest_stem(f"TT{stem}ACGA{'CTAATGTGTAATC'}TT")[0] >= len(stem)
    assert warnings("GATCATTGCAACTTGGACATCAGCTTATGC") == ()
    assert order_sheet(["a"], ["ACGT"], {"x": ["1"]}, MODALITY.letters).decode().splitlines()[1] == "a,ACGT,4,50.0,,1"


def test_of_proteins_nothing_is_said_that_is_about_nucleic_acids():
    assert warnings("G" * 30, PROTEIN) == ()
    assert order_sheet(["a"], ["MKGG"], {}, PROTEIN).decode().splitlines()[1] == "a,MKGG,4,,"


@pytest.mark.parametrize("text", ["", "=x", "cell_type="])
def test_an_objective_is_a_label_or_a_class(text):
    with pytest.raises(UsageError, match="--objective"):
        aim_of(text)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a run of labelled sequences, whose activity is their share of G and C, and predictors of it."""
    home = tmp_path_factory.mktemp("designs")
    data = records(400, 5)
    texts, noise = list(MODALITY.texts(data)), np.random.default_rng(0).normal(0, 0.02, 400)
    activity = share_of_gc(data) + noise
    lines = [
        f">s{i} activity={value:.4f} kind=k{i % 2}\n{text}\n"
        for i, (text, value) in enumerate(zip(texts, activity, strict=True))
    ]
    (home / "a.fa").write_text("".join(lines))
    read = gm.read(home / "a.fa", stranded=True, aligned=True)
    gm.train(gm.model("markov", order=1), read, out=home / "run")
    gm.train_predictor(read, "activity", out=home / "oracle", kind="linear", members=2)
    gm.train_predictor(read, "activity", out=home / "other", kind="linear", members=2, seed=1)
    return home


def designed(home, *more, objective="activity", how=("-n", "6", "--method", "select")):
    command = ["design", str(home / "run"), "--objective", objective, "-o", str(home / "d.fa")]
    given = ["--guide", str(home / "oracle"), "--judge", str(home / "other"), *how, *more]
    return app([*command, *given], result_action="return_value")


def test_design_makes_sequences_that_the_judge_likes_within_rules(home, capsys):
    designed(home, "--max-homopolymer", "4")
    assert "told from the best natural ones with an AUC of" in capsys.readouterr().out
    made = gm.read(home / "d.fa")
    assert share_of_gc(made).min() > 0.55
    assert all(letter * 5 not in text for text in MODALITY.texts(made) for letter in "ACGT")
    assert (home / "d.html").exists()
    assert (home / "d-order.csv").exists()


def test_who_guides_does_not_judge(home, capsys):
    twice = {name: gm.Predictor.load(home / "oracle") for name in ("guide", "judge")}
    with pytest.raises(UsageError, match="--guide and --judge are the same predictor"):
        check_oracles(Aim("activity"), **twice)
    designed(home)
    said = "The given judge learned from the file that the run learned from"
    assert said in capsys.readouterr().out
    assert said in (home / "d.html").read_text()
    assert "/other, with Pearson&#39;s r " in (home / "d.html").read_text()


def test_a_copy_of_any_record_of_the_run_is_found(home):
    parts, oracle = parts_of(gm.Run.load(home / "run")), gm.Predictor.load(home / "oracle")
    other = gm.Predictor.load(home / "other")
    oracles = train_oracles(parts, Aim("activity"), guide=oracle, judge=other)
    copies = replace(parts.train, labels={})
    found = designs.judge_designs(copies, gm.Run.load(home / "run"), Aim("activity"), oracles)
    assert (found.nearest.distance == 0).all()
    assert len(found.designs.dataset) > len(oracles.natural)


def test_designs_of_a_class_stand_beside_natural_ones_of_that_class():
    labels = np.array(["a", "b", "b", "b"], object)
    of_a = Aim("kind", "a").among(replace(records(4), labels={"kind": labels}))
    assert of_a.ids.tolist() == ["r0"]
    with pytest.raises(GenomimicError, match="none of the 4 natural sequences to compare with is of kind=c"):
        Aim("kind", "c").among(replace(records(4), labels={"kind": labels}))


def test_given_sequences_are_improved_by_few_letters_and_the_report_shows_which(home, capsys):
    low = MODALITY.texts(records(3, 8, gc=0.2))
    (home / "mine.fa").write_text("".join(f">mine{i}\n{text}\n" for i, text in enumerate(low)))
    designed(home, how=("--start", str(home / "mine.fa"), "--method", "edit", "--edit-price", "0.3", "--price", "0"))
    made, given = gm.read(home / "d.fa"), gm.read(home / "mine.fa")
    start = given.take(np.array([given.ids.tolist().index(name) for name in made.labels["start"]]))
    edits = (made.values != start.values).sum(1)
    assert made.labels["edits"].astype(int).tolist() == edits.tolist()
    assert (edits > 0).all()
    assert (share_of_gc(made) > share_of_gc(start) + 0.1).all()
    assert "(before 0." in capsys.readouterr().out
    page, sheet = (home / "d.html").read_text(), (home / "d-order.csv").read_text()
    assert sheet.splitlines()[0].endswith(",start,edits")
    assert all(
        f"differs at {n} of 40 positions from {name}: {n} sub" in page for n, name in zip(edits, start.ids, strict=True)
    )
    assert "sequences to start from" in page


def test_a_value_that_is_wanted_is_met(home, capsys):
    designed(home, "--target", "0.3")
    assert share_of_gc(gm.read(home / "d.fa")).mean() == pytest.approx(0.3, abs=0.06)


@pytest.mark.parametrize(
    ("objective", "more", "message"),
    [
        ("activity", ["--maximise", "--minimise"], "say one of --maximise, --minimise and --target"),
        ("strength", [], "strength"),
        ("kind", [], "predicts activity, and kind is wanted; give a predictor of kind"),
        ("activity=high", [], "activity is a number; leave out =high"),
        ("activity", ["--gc", "0:0.1", "--require", "GGGGGGGG"], "keeps both --gc 0:0.1 --require GGGGGGGG"),
    ],
)
def test_what_cannot_be_designed_is_refused_in_one_line(home, objective, more, message):
    (home / "d.fa").unlink(missing_ok=True)
    with pytest.raises(GenomimicError, match=message) as caught:
        designed(home, *more, objective=objective)
    assert "\n" not in str(caught.value)
    assert not (home / "d.fa").exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"method": "ascend"}, "markov has no latent space to climb in; models that have: vae, gan"),
        ({"method": "guid"}, r"there is no method 'guid' \(did you mean guide\?\)"),
        ({"rules": read_rules(MODALITY, gc="0:0.1", require=["GGGGGGGG"])}, "keeps both --gc 0:0.1 --require"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(home, monkeypatch, tmp_path, asked, message):
    monkeypatch.setattr(designs, "parts_of", lambda run: pytest.fail("work was begun"))
    with pytest.raises(UsageError, match=message):
        designs.design_file(gm.Run.load(home / "run"), Aim("activity"), tmp_path / "x.fa", **asked)


@pytest.mark.parametrize(("n", "m", "apart"), [(10, 10, 1.0), (50, 20, 2.0)])
def test_the_interval_of_an_auc_holds_the_true_one_as_often_as_it_says(n, m, apart):
    rng, true = np.random.default_rng(0), norm.cdf(apart / np.sqrt(2))
    found = [auc_interval(auc(rng.normal(0, 1, n), rng.normal(apart, 1, m)), n, m) for _ in range(400)]
    assert np.mean([low <= true <= high for low, high in found]) == pytest.approx(0.95, abs=0.035)
    narrow, wide = auc_interval(0.7, n, m), auc_interval(0.7, n, m, widen=2**0.5)
    assert wide[0] < narrow[0] < 0.7 < narrow[1] < wide[1]
