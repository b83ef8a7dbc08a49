"""What users can do, right and wrong, through the real entry point: one line of failure, and nothing left behind."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

import genomimic
from genomimic import arguments, cli, evaluation, models, run, sampling, training
from genomimic.designing import METHODS
from genomimic.errors import UsageError
from genomimic.predictors import LEARNERS
from genomimic.run import CHECKPOINT
from genomimic.writing import write
from tests.conftest import toy
from tests.faults import FULL, Broken

LETTERS = {"dna": "ACGT", "rna": "ACGU", "protein": "ACDEFGHIKLMNPQRSTVWY"}
ENOUGH = 230
TINY_VAE = ["--model", "vae", "--steps", "60", "--width", "16", "--latent", "4", "--layers", "2"]


def texts(n=ENOUGH, *, length=20, kind="dna", seed=0):
    rng = np.random.default_rng(seed)
    lengths = np.full(n, length) if isinstance(length, int) else rng.integers(*length, n)
    return ["".join(rng.choice(list(LETTERS[kind]), size)) for size in lengths]


def fasta(path, sequences, header=lambda i: f"s{i}"):
    path.write_text("".join(f">{header(i)}\n{text}\n" for i, text in enumerate(sequences)))
    return path


@pytest.fixture(autouse=True)
def wide_intervals(monkeypatch):
    """Commands judge as they always do, but from a few draws of half the records."""
    monkeypatch.setattr(evaluation, "evaluate", partial(evaluation.evaluate, replicates=4))


@pytest.fixture
def call(capsys):
    """Run a command line: its exit status, stdout and stderr."""

    def call(*arguments):
        status = 0
        try:
            cli.main([str(argument) for argument in arguments])
        except SystemExit as error:
            status = error.code or 0
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def works(call):
    """Run a command line that must end well; nothing but progress and notes may be on stderr."""

    def works(*arguments):
        status, out, err = call(*arguments)
        assert status == 0, err
        assert "Warning" not in err
        assert "Traceback" not in err
        return out

    return works


def tree(folder):
    """Every file below a folder with its contents."""
    return {p.relative_to(folder): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


@pytest.fixture
def refused(call, tmp_path):
    """Run a command line that must be refused in one line that matches, and leave every file as it was."""

    def refused(match, *arguments, status=2):
        before = tree(tmp_path)
        code, out, err = call(*arguments)
        told = [line for line in err.splitlines() if line.startswith("genomimic: ")]
        assert code == status, err
        assert len(told) == 1, err
        assert err.endswith(told[0] + "\n")
        assert re.search(match, told[0]), told[0]
        assert "Traceback" not in err
        assert out == ""
        assert tree(tmp_path) == before

    return refused


def succeed(*arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    assert ended.value.code == 0


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """DNA, a run of the PWM on it, and samples; tests copy what they damage."""
    home = tmp_path_factory.mktemp("home")
    fasta(home / "dna.fa", texts())
    succeed("train", home / "dna.fa", "-o", home / "pwm", "--model", "pwm")
    succeed("sample", home / "pwm", "-n", "120", "-o", home / "made.fa.gz")
    return home


@pytest.fixture(scope="session")
def vae(home):
    """A run of the VAE on the same DNA."""
    succeed("train", home / "dna.fa", "-o", home / "vae", *TINY_VAE)
    return home / "vae"


@pytest.fixture
def pwm(home, tmp_path):
    """A copy of the PWM's run that a test may damage."""
    return shutil.copytree(home / "pwm", tmp_path / "pwm")


# Bad input


BAD_FILES = {
    "empty": ("a.fa", b"", "is empty"),
    "no records": ("a.fa", b"\n\n", "no records"),
    "not FASTA": ("a.fa", b"hello\n", "line 1: 'hello' stands before any header; FASTA needs"),
    "no sequence": ("a.fa", b">a\nACGT\n>b\n>c\nACGT\n", "record 2 'b': the record has no sequence; remove it"),
    "truncated": ("a.fa.gz", gzip.compress(b">a\nACGT\n" * 999)[:-9], "truncated or damaged .gz .*copy or download"),
    "binary": ("a.fa", b">a\nAC\x00\x01", "binary file .*give FASTA"),
    "three": ("a.fa", b">a\nACGTAC\n>b\nAGGTAC\n>c\nATTTAC\n", "3 distinct sequences .*give at least 30"),
    "identical": ("a.fa", b">a\nACGTACGTAC\n" * 99, "all 99 sequences are identical"),
    "not DNA": ("a.fa", b">a\nACGTACGTA!\n" * 99, "record 1 'a': base 10: '!'"),
    "no column": ("a.csv", b"name,kind\na,b\n", "which column holds the sequences.*--column"),
    "ragged": ("a.csv", b"name,seq\nx,ACGT\ny\n", "not a table that can be read"),
    "no Parquet": ("a.parquet", b"PAR1....PAR1", "not a Parquet file"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("command", ["mimic", "train"])
def test_a_file_that_cannot_be_learned_from(refused, tmp_path, command, name):
    file, content, match = BAD_FILES[name]
    (tmp_path / file).write_bytes(content)
    refused(match, command, tmp_path / file, "-o", tmp_path / "out", "--model", "pwm")


def test_files_that_are_not_what_was_said(refused, tmp_path):
    protein = fasta(tmp_path / "a.faa", texts(kind="protein"))
    refused(
        r"record 1 's0': base \d+: '.' is not a letter of dna .*--modality protein",
        *("train", protein, "--modality", "dna", "-o", tmp_path / "out", "--model", "pwm"),
    )
    (tmp_path / "a.csv").write_text("name,seq\nx,ACGT\n")
    refused("no column 'sea'; did you mean 'seq'", "train", tmp_path / "a.csv", "--column", "sea", "-o", tmp_path / "o")
    refused("FASTA, which has no columns", "train", protein, "--column", "seq", "-o", tmp_path / "o")
    refused("does not exist; check", "train", tmp_path / "none.fa", "-o", tmp_path / "o")
    refused("is a folder; name a file", "train", tmp_path, "-o", tmp_path / "o")


def test_too_few_to_judge_is_told_before_training(refused, tmp_path):
    few = fasta(tmp_path / "few.fa", texts(60))
    refused("holdout has 6 sequences, at least 20", "mimic", few, "-o", tmp_path / "out", "--model", "pwm")


def test_windows_that_fit_nothing(refused, home, tmp_path):
    def train(*flags):
        return "train", home / "dna.fa", "-o", tmp_path / "out", "--model", "pwm", *flags

    refused("no sequence is left .*shorten --window", *train("--window", "500"))
    refused("--window is 0; it must be at least 1", *train("--window", "0"))
    refused("--stride needs --window", *train("--stride", "5"))
    refused("no labels; FASTA headers give them as fold=VALUE", *train("--split-by", "fold"))


# Bad usage


@pytest.mark.parametrize(
    ("match", "flags"),
    [
        (r"no model 'vea' \(did you mean vae\?\)", ["--model", "vea"]),
        (r"vae has no setting --latnt \(did you mean --latent\?\)", ["--model", "vae", "--latnt", "3"]),
        ("--latent x: expected an integer", ["--model", "vae", "--latent", "x"]),
        ("--latent 0: expected an integer of at least 1", ["--model", "vae", "--latent", "0"]),
        ("--latent 2.5: expected an integer", ["--model", "vae", "--latent", "2.5"]),
        ("--batch 0: expected", ["--model", "vae", "--batch", "0"]),
        ("--steps 0: expected", ["--model", "vae", "--steps", "0"]),
        ("--rate nan: expected a number above 0", ["--model", "vae", "--rate", "nan"]),
        ("--rate inf: expected", ["--model", "vae", "--rate", "inf"]),
        ("--decay -1: expected a number of at least 0", ["--model", "vae", "--decay", "-1"]),
        ("--dropout 1: expected a number from 0 to 0.9", ["--model", "vae", "--dropout", "1"]),
        (r"--loss x: expected relativistic\|bce", ["--model", "gan", "--loss", "x"]),
        ("--alpha 0: expected", ["--model", "markov", "--alpha", "0"]),
        ("order 99 is not possible on this data; use 0 to", ["--model", "markov", "--order", "99"]),
        ("--seed", ["--seed", "-1"]),
        ("--seed", ["--seed", "99999999999999999999"]),
        ("--window", ["--window", "x"]),
        ('Did you mean "dna"', ["--modality", "dnaa"]),
    ],
)
def test_settings_that_cannot_be(refused, home, tmp_path, match, flags):
    refused(match, "train", home / "dna.fa", "-o", tmp_path / "out", *flags)


def test_commands_that_cannot_be(refused, home, tmp_path):
    out = tmp_path / "x.fa"
    refused('Unknown command "trian". Did you mean "train"', "trian")
    refused("--data requires an argument", "train")
    refused("--out requires an argument", "train", home / "dna.fa")
    refused("Unused Tokens", "show", home / "pwm", "more")
    refused("-n", "sample", home / "pwm", "-n", "0", "-o", out)
    refused("-n", "sample", home / "pwm", "-n", "ten", "-o", out)
    refused("--batch", "sample", home / "pwm", "-n", "5", "--batch", "0", "-o", out)
    refused("-n", "mimic", home / "dna.fa", "-n", "0", "-o", tmp_path / "out", "--model", "pwm")
    refused("did you mean vae", "models", "vea")


# Output that cannot be written


def test_output_in_the_way_of_a_file(refused, home, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    for out in (file, file / "below" / "it"):
        match = "cannot be made: .*file is a file and not a folder; choose another -o"
        refused(match, "train", home / "dna.fa", "-o", out, "--model", "pwm")
        refused(match, "mimic", home / "dna.fa", "-o", out, "--model", "pwm")
        refused(match, "evaluate", home / "made.fa.gz", "--run", home / "pwm", "-o", out)
    refused("cannot be written", "sample", home / "pwm", "-n", "5", "-o", file / "x.fa")
    refused("no folder .*make it first", "sample", home / "pwm", "-n", "5", "-o", tmp_path / "none" / "x.fa")
    refused("name the file .fa", "sample", home / "pwm", "-n", "5", "-o", tmp_path / "x.txt")
    (tmp_path / "y.fa").mkdir()
    refused("is a folder; name a file", "sample", home / "pwm", "-n", "5", "-o", tmp_path / "y.fa")
    refused("", "example", "-o", tmp_path / "none" / "x.fa.gz")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody can write")
def test_output_in_a_folder_where_nobody_can_write(refused, home):
    refused("/proc/out/split.parquet cannot be written", "train", home / "dna.fa", "-o", "/proc/out", "--model", "pwm")
    refused("cannot be written", "sample", home / "pwm", "-n", "5", "-o", "/proc/x.fa")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_in_a_folder_without_permission(refused, home, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    out = tmp_path / "locked" / "out"
    refused("no permission to write", "train", home / "dna.fa", "-o", out, "--model", "pwm")


@pytest.fixture
def full_disk(monkeypatch, tmp_path):
    """No file below the test's folder takes more than 3 bytes."""
    really_open = Path.open

    def opened(path, mode="r", *rest, **options):
        file = really_open(path, mode, *rest, **options)
        return Broken(file, FULL) if "w" in mode and path.is_relative_to(tmp_path) else file

    monkeypatch.setattr(Path, "open", opened)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_nothing_partial(refused, home, tmp_path):
    full = "No space left on device"
    refused(full, "train", home / "dna.fa", "-o", tmp_path / "new" / "run", "--model", "pwm")
    refused(full, "mimic", home / "dna.fa", "-o", tmp_path / "out", "--model", "pwm")
    refused(full, "sample", home / "pwm", "-n", "500", "-o", tmp_path / "x.fa")
    refused(full, "sample", home / "pwm", "-n", "500", "-o", tmp_path / "x.fa.gz")


def test_a_disk_that_fills_up_leaves_no_report_or_the_earlier_one(works, refused, home, tmp_path, monkeypatch):
    judge = "evaluate", home / "made.fa.gz", "--run", home / "pwm", "-o"
    works(*judge, tmp_path / "earlier")
    really_write = run._write_out

    def room_for_some(path, content):
        if "nearest_records.csv" in path.name:
            raise FULL
        really_write(path, content)

    monkeypatch.setattr(run, "_write_out", room_for_some)
    for folder in ("new", "earlier"):
        refused("nearest_records.csv cannot be written: No space left", *judge, tmp_path / folder)


def test_training_that_breaks_down_leaves_nothing(refused, home, tmp_path):
    settings = [*TINY_VAE, "--rate", "1e30"]
    refused("not a number; lower the learning rate", "train", home / "dna.fa", "-o", tmp_path / "out", *settings)


# Runs that cannot be used


def damaged(file, how):
    content = file.read_bytes()
    file.write_bytes({"cut": content[:-20], "empty": b"", "noise": b"\xff" * 99}[how])


@pytest.mark.parametrize("how", ["cut", "empty", "noise", "gone"])
def test_a_damaged_checkpoint(refused, home, pwm, tmp_path, how):
    if how == "gone":
        (pwm / CHECKPOINT).unlink()
    else:
        damaged(pwm / CHECKPOINT, how)
    match = "no checkpoint yet; start with" if how == "gone" else "damaged checkpoint .*train again"
    refused(match, "show", pwm)
    refused(match, "sample", pwm, "-n", "5", "-o", tmp_path / "x.fa")
    refused(match, "evaluate", home / "made.fa.gz", "--run", pwm, "-o", tmp_path / "out")


@pytest.mark.parametrize("how", ["cut", "empty", "noise"])
def test_a_damaged_checkpoint_is_not_gone_on_with(refused, home, pwm, how):
    damaged(pwm / CHECKPOINT, how)
    arguments = ("train", home / "dna.fa", "-o", pwm, "--model", "pwm")
    before = (pwm / CHECKPOINT).read_bytes()
    refused("damaged checkpoint .*train again", *arguments, "--resume")
    assert (pwm / CHECKPOINT).read_bytes() == before


def test_a_folder_that_is_no_run(refused, tmp_path):
    match = r"not a run directory \(no run.toml\); make one with"
    refused(match, "show", tmp_path)
    refused(match, "sample", tmp_path / "none", "-n", "5", "-o", tmp_path / "x.fa")
    refused(match, "evaluate", tmp_path / "x.fa", "--run", tmp_path, "-o", tmp_path / "out")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.toml").touch()
    refused(r"not a run directory \(no run.toml\); it is in .*run", "show", tmp_path)


@pytest.mark.parametrize(
    ("match", "old", "new"),
    [
        ("damaged", "[model]", "[model"),
        ("format 2 is not the 1 that this genomimic reads", "format = 1", "format = 2"),
        ("cannot be understood .*no model 'pmw'", 'name = "pwm"', 'name = "pmw"'),
        (r"damaged \(length is missing in \[spec\]\)", "[spec]", "[sepc]"),
        ("damaged checkpoint", "length = 20", "length = 21"),
        ("cannot be understood", "length = 20", "length = -1"),
        ("cannot be understood", "symbols = 4", 'symbols = "x"'),
        (r"damaged \(path is missing in \[data\]\)", "[data]", "[date]"),
    ],
)
def test_a_damaged_run_toml(refused, pwm, match, old, new):
    file = pwm / "run.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    refused(match, "show", pwm)


def test_a_damaged_split(refused, home, pwm, tmp_path):
    damaged(pwm / "split.parquet", "cut")
    refused("split.parquet: missing or damaged", "evaluate", home / "made.fa.gz", "--run", pwm, "-o", tmp_path / "out")


def test_data_that_changed_or_went_since_training(refused, works, home, tmp_path):
    data, folder = fasta(tmp_path / "mine.fa", texts()), tmp_path / "run"
    works("train", data, "-o", folder, "--model", "pwm")
    fasta(data, texts(seed=1))
    arguments = ("evaluate", home / "made.fa.gz", "--run", folder, "-o", tmp_path / "out")
    refused("mine.fa: has changed since .*bring the old file back", *arguments)
    refused("cannot resume: .* was .* and is now", "train", data, "-o", folder, "--model", "pwm", "--resume")
    data.unlink()
    refused("mine.fa cannot be read", *arguments)


def test_a_run_is_neither_overwritten_nor_mixed(refused, works, home, pwm):
    again = ("train", home / "dna.fa", "-o", pwm, "--model")
    refused("holds a run already; go on with --resume, start anew with --overwrite", *again, "pwm")
    refused("cannot resume: model name was pwm and is now composition", *again, "composition", "--resume")
    refused("cannot resume: model pseudocount was 1.0", *again, "pwm", "--pseudocount", "2", "--resume")
    refused("cannot resume: training seed was 0 and is now 7", *again, "pwm", "--seed", "7", "--resume")
    refused("no labels", *again, "pwm", "--overwrite", "--split-by", "fold")
    works(*again, "pwm", "--resume")
    works(*again, "composition", "--overwrite")
    assert "composition" in works("show", pwm)


# Evaluating what cannot be compared


def test_evaluate_wants_to_know_what_is_real(refused, home, tmp_path):
    made, real, out = home / "made.fa.gz", home / "dna.fa", tmp_path / "out"
    match = "say what is real by one of: --run RUN"
    refused(match, "evaluate", made, "-o", out)
    refused(match, "evaluate", made, "--train", real, "-o", out)
    refused(match, "evaluate", made, "--real", real, "--holdout", real, "-o", out)
    refused(match, "evaluate", made, "--real", real, "--run", home / "pwm", "-o", out)
    refused("--synthetic requires an argument", "evaluate", "--real", real, "-o", out)


def test_evaluate_refuses_sets_that_cannot_be_compared(refused, home, tmp_path):
    def against(*flags):
        return *flags, "--run", home / "pwm", "-o", tmp_path / "out"

    protein = fasta(tmp_path / "protein.fa", texts(kind="protein"))
    refused("protein.fa, record 1 .*not a letter of dna", "evaluate", *against(protein))
    few = fasta(tmp_path / "few.fa", texts(5))
    refused("few has 5 records; at least 20 are needed", "evaluate", *against(few))
    refused("few has 5 records", "evaluate", *against(home / "made.fa.gz", few))
    refused("none.fa does not exist", "evaluate", *against(tmp_path / "none.fa"))
    small = fasta(tmp_path / "small.fa", texts(60))
    refused(
        "holdout has 6 sequences, at least 20", "evaluate", few, home / "made.fa.gz", "--real", small, "-o", few.parent
    )


# Interrupts


def test_an_interrupt_in_training_and_going_on(call, works, home, vae, tmp_path, monkeypatch):
    arguments = ["train", home / "dna.fa", "-o", tmp_path / "run", *TINY_VAE]
    real_write = training.write_checkpoint

    def interrupted(path, checkpoint):
        real_write(path, checkpoint)
        if checkpoint.step:
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "write_checkpoint", interrupted)
    status, _, err = call(*arguments)
    assert status == 130
    assert err.splitlines()[-1].startswith("genomimic: interrupted")
    assert "--resume" in err
    monkeypatch.undo()
    assert not list(tmp_path.rglob("*.tmp"))
    works(*arguments, "--resume")
    assert (tmp_path / "run" / CHECKPOINT).read_bytes() == (vae / CHECKPOINT).read_bytes()


def test_an_interrupt_before_the_first_checkpoint(call, works, home, tmp_path, monkeypatch):
    arguments = ["train", home / "dna.fa", "-o", tmp_path / "run", "--model", "pwm"]

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "write_checkpoint", interrupt)
    assert call(*arguments)[0] == 130
    monkeypatch.undo()
    (tmp_path / "run" / CHECKPOINT.parent).mkdir()
    works(*arguments, "--resume")


def test_an_interrupt_in_sampling_leaves_the_file_as_it_was(call, home, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        yield sampling.sample(run.Run.load(home / "pwm"), 5)
        raise KeyboardInterrupt

    out = tmp_path / "x.fa"
    out.write_text("before")
    monkeypatch.setattr("genomimic.workflow.stream", interrupt)
    assert call("sample", home / "pwm", "-n", "9", "-o", out)[0] == 130
    assert tree(tmp_path) == {Path("x.fa"): b"before"}


COMMAND = [sys.executable, "-c", "from genomimic.cli import main; main()"]


def test_kill_in_training_and_going_on_ends_with_the_same_bytes(works, tmp_path):
    data = fasta(tmp_path / "dna.fa", texts(600))
    settings = ["--model", "vae", "--width", "16", "--latent", "4", "--layers", "2", "--steps", "400", "--batch", "16"]
    arguments = ["train", str(data), *settings, "-o"]
    works(*arguments, tmp_path / "whole")
    killed = subprocess.Popen([*COMMAND, *arguments, str(tmp_path / "killed")], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while killed.poll() is None and time.monotonic() < until and not steps(tmp_path / "killed"):
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert 0 < steps(tmp_path / "killed") < steps(tmp_path / "whole")
    works(*arguments, tmp_path / "killed", "--resume")
    for name in ("whole", "killed"):
        works("sample", tmp_path / name, "-n", "300", "-o", tmp_path / f"{name}.fa.gz", "--seed", "5")
    assert (tmp_path / "killed" / CHECKPOINT).read_bytes() == (tmp_path / "whole" / CHECKPOINT).read_bytes()
    assert (tmp_path / "killed.fa.gz").read_bytes() == (tmp_path / "whole.fa.gz").read_bytes()
    assert not list(tmp_path.rglob("*.tmp"))


def steps(folder):
    """Steps that a run's checkpoint has behind it."""
    return run.read_meta(folder)["step"] if (folder / CHECKPOINT).is_file() else 0


def test_a_fault_of_ours_has_a_status_of_its_own(refused, home, monkeypatch):
    monkeypatch.setattr("genomimic.showing.text", lambda run: 1 / 0)
    refused("a fault in genomimic, please report it: ZeroDivisionError", "show", home / "pwm", status=1)


# What must work


def test_mimic_does_the_whole_job(works, home, tmp_path):
    out = works("mimic", home / "dna.fa", "-o", tmp_path / "out", *TINY_VAE, "-n", "50")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "report.html",
        "run",
        "scores.csv",
        "scores.json",
        "synthetic.fa.gz",
        "tables",
    ]
    assert len(genomimic.read(tmp_path / "out" / "synthetic.fa.gz")) == 50
    assert out.splitlines()[1].startswith("vae: ")
    scores = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert scores["format"] == 1
    assert {"metric", "value", "low", "high", "ceiling", "floors", "skill", "resolved", "n"} <= scores["scores"][
        0
    ].keys()
    assert "<html" in (tmp_path / "out" / "report.html").read_text()


def labelled(path, kind):
    sequences = texts(kind=kind)
    rows = [f"id{i},{text},{'ab'[i % 2]},{i % 10}" for i, text in enumerate(sequences)]
    path.write_text("name,seq,class,fold\n" + "\n".join(rows) + "\n")
    return path


def fastq(path):
    path.write_text("".join(f"@r{i}\n{text}\n+\n{'I' * len(text)}\n" for i, text in enumerate(texts())))
    return path


def odd(path):
    """What a file may hold: Windows lines, lower case, N and R, long names of any letters, duplicates, a constant."""
    sequences = ["AAA" + text for text in texts(length=(12, 20))]
    sequences = [text.lower() if i % 3 else text[:-1] + "NR"[i % 2] for i, text in enumerate(sequences)]
    names = [f"ä{'n' * 9999 if i % 50 == 0 else ''} {i} two=1 {'λ' * i}" for i in range(len(sequences) + 9)]
    lines = [f">{name}\r\n{text}\r\n" for name, text in zip(names, sequences + sequences[:9], strict=True)]
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")
    return path


KINDS = {
    "odd": lambda d: (odd(d / "a.fa"),),
    "rna": lambda d: (fasta(d / "a.fa", texts(kind="rna")),),
    "protein": lambda d: (fasta(d / "a.fa", texts(kind="protein", length=(7, 10))),),
    "labels": lambda d: (labelled(d / "a.csv", "dna"), "--split-by", "fold"),
    "fastq": lambda d: (fastq(d / "a.fq"),),
    "windows": lambda d: (fasta(d / "a.fa", texts(3, length=1900)), "--window", "20"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_data(works, tmp_path, kind):
    """Judged where judging meets the kind, trained and sampled elsewhere."""
    out, given = tmp_path / "out", KINDS[kind](tmp_path)
    if kind in ("odd", "protein", "labels"):
        works("mimic", *given, "-o", out, "--model", "pwm")
        assert (out / "report.html").is_file()
    else:
        works("train", *given, "-o", out / "run", "--model", "pwm")
        works("sample", out / "run", "-n", "5", "-o", out / "x.fa")
    config = run.read_config(out / "run")
    assert config["modality"]["name"] == (kind if kind in ("rna", "protein") else "dna")


def sets_of(report):
    return [one["set"] for one in json.loads((report / "scores.json").read_text())["sets"]]


def test_sets_are_named_and_seeds_of_one_generator_belong_together(tmp_path):
    odd = tmp_path / "a=b.fa"
    odd.touch()
    named = arguments.named_sets(["vae=v1.fa", "vae=v2.fa.gz", "x/gan.fa", "gan.fa", str(odd)])
    assert [(name, generator) for name, generator, _ in named] == [
        ("vae", "vae"),
        ("vae (2)", "vae"),
        ("gan", "gan"),
        ("gan (2)", "gan (2)"),
        ("a=b", "a=b"),
    ]
    assert [str(path) for _, _, path in named][:2] == ["v1.fa", "v2.fa.gz"]
    with pytest.raises(UsageError, match="give a set as FILE or NAME=FILE"):
        arguments.named_sets(["=made.fa"])


def test_evaluate_in_every_way(works, home, tmp_path):
    made, real = home / "made.fa.gz", home / "dna.fa"
    longer = fasta(tmp_path / "longer.fa", texts(80, length=(15, 26), seed=3))
    works("evaluate", made, longer, "--run", home / "pwm", "-o", tmp_path / "run")
    assert sets_of(tmp_path / "run") == ["made", "longer"]
    holdout = fasta(tmp_path / "holdout.fa", texts(60, length=(15, 22), seed=4))
    works("evaluate", made, "--train", real, "--holdout", holdout, "-o", tmp_path / "two")
    shorter = fasta(tmp_path / "longer.fasta", texts(40, length=15, seed=5))
    works("evaluate", shorter, "--real", real, "-o", tmp_path / "real" / "deep")
    assert sets_of(tmp_path / "real" / "deep") == ["longer"]


def test_sample_in_every_compression_and_batch(works, home, tmp_path):
    for suffix in (".fa", ".fa.gz", ".fa.zst", ".fa.xz", ".fa.bz2"):
        out = tmp_path / f"x{suffix}"
        works("sample", home / "pwm", "-n", "300", "-o", out)
        first = out.read_bytes()
        works("sample", home / "pwm", "-n", "300", "-o", out, "--batch", "7")
        assert out.read_bytes() == first
        assert len(genomimic.read(out)) == 300
    assert tree(tmp_path).keys() == {Path(f"x{s}") for s in (".fa", ".fa.gz", ".fa.zst", ".fa.xz", ".fa.bz2")}


def test_sample_fills_in_a_template(works, refused, home, tmp_path):
    data, run, out = fasta(tmp_path / "dna.fa", texts(300, seed=3)), tmp_path / "run", tmp_path / "filled.fa.gz"
    works("train", data, "-o", run, "--model", "diffusion", "--steps", "50", "--width", "8", "--layers", "1")
    template = "ACGTNNNNNNNNNNNNACGT"
    works("sample", run, "-n", "40", "-o", out, "--template", template)
    made = genomimic.read(out)
    assert len(made) == 40
    assert set(made.labels["template"]) == {template}
    assert all(text[:4] == "ACGT" == text[-4:] for text in made.modality.texts(made))
    out.unlink()
    for match, given in (
        ("has 8 letters, and records of this run have 20; write N", "ACGTNNNN"),
        ("has 21 letters, and records of this run have 20; shorten", "N" * 21),
        ("position 3: 'X' is neither a letter of dna .ACGT. nor a code", "NNX" + "N" * 17),
        ("nothing to fill in; write N", "ACGT" * 5),
        ("neither letters and N alone nor a file", tmp_path / "none.fa"),
    ):
        refused(match, "sample", run, "-n", "5", "-o", out, "--template", given)


def test_sample_keeps_rules(works, refused, home, tmp_path):
    out = tmp_path / "ruled.fa.gz"
    flags = ("--gc", "0.4:0.5", "--max-homopolymer", "3", "--forbid-site", "EcoRI", "--require", "TATA@5:12")
    works("sample", home / "pwm", "-n", "40", "-o", out, *flags, "--template", "ACNNNNNNNNNNNNNNNNNN")
    made = genomimic.read(out)
    rules = genomimic.read_rules(made.modality, gc="0.4:0.5", max_homopolymer=3, require=["TATA@5:12"])
    assert genomimic.violations(made, rules) == []
    assert set(made.labels["rules"]) == {" ".join(flags) + " --template ACNNNNNNNNNNNNNNNNNN"}
    out.unlink()
    for match, given in (
        ("no sequence of 20 letters keeps both --gc 0:0 --require TATAG;", ("--gc", "0:0", "--require", "TATAG")),
        ("no such enzyme; did you mean EcoRI", ("--forbid-site", "ecori")),
        ("no sequence of 20 letters keeps --template ACGT;", ("--template", "ACGT")),
    ):
        refused(match, "sample", home / "pwm", "-n", "5", "-o", out, *given)


@pytest.fixture(scope="session")
def cells(tmp_path_factory):
    """A file of cells with missing counts, one of continuous values, and what `impute` makes of the first."""
    folder = tmp_path_factory.mktemp("cells")
    for kind in ("counts", "continuous"):
        write(toy(260, 5, kind=kind), folder / f"{kind}.h5ad")
    tiny = ["--steps", "20", "--width", "16", "--latent", "4", "--layers", "2", "--draws", "16"]
    succeed("impute", folder / "counts.h5ad", "-o", folder / "filled.h5ad", *tiny)
    return folder


def test_impute_and_encode_write_what_their_help_says(works, cells, tmp_path):
    names = ("filled.h5ad", "filled.html", "filled.scores.json", "filled.genes.csv", "filled.cells.csv", "filled-run")
    assert all((cells / name).exists() for name in names)
    assert "Filled in: filled.h5ad" in (cells / "filled.html").read_text()
    out = works("impute", cells / "counts.h5ad", "-o", tmp_path / "a.csv", "--run", cells / "filled-run", "--draws", 16)
    assert re.search(r"hidden at random: .* nats a value, .*\n(.*\n)+imputed +.*a\.csv\n +.*a\.low\.csv\n", out)
    works("encode", cells / "filled-run", cells / "counts.h5ad", "-o", tmp_path / "latent.csv")
    rows = (tmp_path / "latent.csv").read_text().splitlines()
    assert len(rows) == 261
    assert rows[0] == "name,cell_type,error," + ",".join(
        f"{kind}_{i}" for kind in ("mean", "variance") for i in range(1, 5)
    )


def test_impute_and_encode_refuse_what_they_cannot_read(refused, home, cells, tmp_path):
    counts, run, out = cells / "counts.h5ad", cells / "filled-run", tmp_path / "x.h5ad"
    refused("has no layer 'rwa'; .*there is X", "impute", counts, "-o", out, "--layer", "rwa")
    refused("nothing to impute: no value is missing", "impute", cells / "filled.h5ad", "-o", out)
    refused("--zeros is for counts", "impute", cells / "continuous.h5ad", "-o", out, "--zeros")
    refused("impute is for gene expression", "impute", home / "dna.fa", "-o", out)
    refused("letters are filled in by: genomimic sample", "impute", counts, "-o", out, "--run", home / "pwm")
    refused("--steps is a setting .*--run has trained one", "impute", counts, "-o", out, "--run", run, "--steps", 9)
    refused("x.fa.*", "impute", counts, "-o", tmp_path / "x.fa", "--run", run)
    refused("pwm .*encode", "encode", home / "pwm", home / "dna.fa", "-o", tmp_path / "x.csv")
    refused("the latent space goes into .h5ad .*, .csv or .tsv", "encode", run, counts, "-o", tmp_path / "x.txt")
    refused("it holds sequences, and gene expression is wanted", "encode", run, home / "dna.fa", "-o", out)
    refused("cell '0', gene 'gene_2': -0.0878 is negative", "encode", run, cells / "continuous.h5ad", "-o", out)
    refused("none.h5ad does not exist", "encode", run, cells / "none.h5ad", "-o", out)


def test_show_models_example_and_version(works, vae, tmp_path, monkeypatch):
    assert re.search(r"model +vae: .*\n(.*\n)+.*encoder in all", works("show", vae))
    listed = works("models")
    assert all(name in listed for name in models.MODELS)
    assert "--signal" in works("models", "vae")
    monkeypatch.chdir(tmp_path)
    works("example")
    assert len(genomimic.read("splice_junctions.fa.gz")) == 3189
    assert works("--version").strip() == genomimic.__version__


def test_the_model_is_chosen_where_none_is_named(works, refused, home, tmp_path, monkeypatch):
    from genomimic import learning

    monkeypatch.setattr(learning, "rungs", lambda spec: [[models.build("composition")], [models.build("pwm")]])
    out = works("mimic", home / "dna.fa", "-o", tmp_path / "out", "-n", "50")
    page = (tmp_path / "out" / "report.html").read_text()
    assert "How the model was chosen" in page
    assert re.search(r"bits for a letter of a validation record", page)
    assert re.search(r"^(composition|pwm): ", out, re.MULTILINE)
    assert "chosen by auto" in works("show", tmp_path / "out" / "run")
    refused("--width is a setting of one model", "train", home / "dna.fa", "-o", tmp_path / "b", "--width", "3")


@pytest.mark.parametrize("budget", ["10", "m", "-3m", "0s", "nanm", "1e999h", "ten minutes", ""])
def test_a_budget_that_is_no_time(refused, home, tmp_path, budget):
    refused(
        "expected a number above 0 with s, m or h", "train", home / "dna.fa", "-o", tmp_path / "a", f"--budget={budget}"
    )


HELP = {
    "mimic": "DATA --out -o --model -n --seed --split-by --budget --resume --overwrite --modality --column --window",
    "train": "DATA --out -o --model --seed --split-by --budget --resume --overwrite --modality --column --window",
    "sample": "RUN -n --out -o --seed --batch --template",
    "evaluate": "SYNTHETIC --out -o --run --train --holdout --real --seed --modality --column --window --stride",
    "show": "RUN",
    "models": "NAME",
    "example": "--out -o",
}


@pytest.mark.parametrize("command", HELP)
def test_help_names_every_flag(works, command):
    for flag in ("--help", "-h"):
        shown = works(command, flag)
        assert [word for word in HELP[command].split() if word not in shown] == []
    assert command in works("--help")


def test_help_names_the_methods_and_learners_that_there_are():
    assert set(get_args(get_type_hints(cli.design)["method"])) == set(METHODS)
    assert set(get_args(get_type_hints(cli.predict)["learner"])) == {"auto", *LEARNERS}
