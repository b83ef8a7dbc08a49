"""A user's own scorer: what it says is taken as it is, and what it cannot say is refused in one line."""

import sys

import numpy as np
import pytest
from toys import sequences

from genomimic.cli import main
from genomimic.errors import UsageError
from genomimic.reading import write
from genomimic.scorers import command_scorer, scored, table_scores

DATA = sequences("ACGT", "GGGG", "ACCC")
GC = [2, 4, 3]

COUNT = """
import sys
text = (open(sys.argv[1]) if len(sys.argv) > 1 else sys.stdin).read()
out = open(sys.argv[2], "w") if len(sys.argv) > 2 else sys.stdout
rows = [(block.split()[0], block.split()[-1]) for block in text.split(">")[1:]]
print("id,score,note", file=out)
for name, letters in reversed(rows):
    print(f"{name},{letters.count('G') + letters.count('C')},x", file=out)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "count.py"
    path.write_text(COUNT)
    return f"{sys.executable} {path}"


def test_a_callable_scores():
    assert scored(lambda data: np.isin(data.values, (1, 2)).sum(1), DATA).tolist() == GC


def test_a_command_scores_from_files_and_from_streams_in_any_order(script):
    for command in (f"{script} {{in}} {{out}}", f"{script} {{in}}", script):
        assert scored(command_scorer(command), DATA).tolist() == GC


@pytest.mark.parametrize(
    ("scorer", "said"),
    [
        (lambda data: [1.0, 2.0], r"the scorer gave \[2\] numbers for 3 records; it must give one for each"),
        (lambda data: ["a", "b", "c"], "the scorer gave no numbers: could not convert string to float"),
        (lambda data: [1.0, np.nan, 2.0], r"the scorer gave nan for record 2 \(1\); it must give a finite number"),
    ],
)
def test_what_is_not_a_number_for_each_record_is_refused(scorer, said):
    with pytest.raises(UsageError, match=said):
        scored(scorer, DATA)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "its table is empty"),
        ("id,score\n0,1\n", "its table has 1 rows below the header, for 3 records"),
        ("id,score\n0,1\n1,no\n2,3\n", "row 2 of its table holds 'no' for a score"),
        ("id,score\n0,1\n1,2\n7,3\n", "its table has no row for record '2'"),
    ],
)
def test_tables_that_cannot_be_right_are_refused(table, said):
    with pytest.raises(UsageError, match=said):
        table_scores(table, DATA, "it")


def test_tables_without_names_are_in_order_and_the_last_column_counts():
    assert table_scores("a\tb\nx\t1\ny\t2\nz\t3\n", DATA, "it").tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-program {in}", "cannot be run"),
        (f"{sys.executable} -c \"raise SystemExit('no model')\" {{in}}", "failed with status 1: no model"),
        (f'{sys.executable} -c "" {{in}} {{out}}', "wrote no file"),
        ("", "--scorer is empty"),
        ("python 'score.py", "check its quotes"),
    ],
)
def test_commands_that_fail_say_why(command, said):
    with pytest.raises(UsageError, match=said):
        scored(command_scorer(command), DATA)


def test_the_command_line_scores_with_a_command(script, tmp_path, capsys):
    write(DATA, tmp_path / "some.fa")
    with pytest.raises(SystemExit) as done:
        main(["predict", str(tmp_path / "some.fa"), "--scorer", f"{script} {{in}}", "-o", str(tmp_path / "s.csv")])
    assert done.value.code in (0, None)
    assert (tmp_path / "s.csv").read_text() == "id,prediction\n0,2\n1,4\n2,3\n"
    with pytest.raises(SystemExit):
        main(["predict", str(tmp_path / "some.fa"), "-o", str(tmp_path / "s.csv")])
    assert "say what to do by one of: --label NAME (learn)" in capsys.readouterr().err
