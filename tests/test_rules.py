"""Rules: what they mean, what is refused, and that the automaton accepts exactly the sequences that keep them."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genomimic.alphabet import ALPHABETS, DNA
from genomimic.automata import DEAD, build, clashing
from genomimic.codons import AMINO_ACIDS, translate
from genomimic.compliance import violations
from genomimic.dataset import Dataset
from genomimic.errors import UsageError
from genomimic.modalities.sequences import Sequences
from genomimic.rules import Template, opposite, read_rules, told
from tests.toys import cells, sequences

BASES = Sequences("dna", stranded=True, aligned=True)


def rules(**flags):
    return read_rules(BASES, **flags)


def broken(text, **flags):
    """Rules that a text breaks, with the place and what stands there."""
    found = violations(sequences(text), rules(**flags))
    return [(one.rule.split()[0], one.position, one.found) for one in found]


@pytest.mark.parametrize(
    ("text", "flags", "expected"),
    [
        ("ACGTAA", {"gc": "0.3:0.4"}, []),
        ("ACGCAA", {"gc": "0.3:0.4"}, [("--gc", 0, "0.500 GC")]),
        ("AATTTA", {"max_homopolymer": 3}, []),
        ("AATTTT", {"max_homopolymer": 3}, [("--max-homopolymer", 3, "TTTT")]),
        ("CCGTTT", {"forbid": ["AAAC"]}, [("--forbid", 3, "GTTT")]),  # on the other strand
        ("CAGTGA", {"forbid": ["GTR"]}, [("--forbid", 3, "GTG")]),
        ("ATGAGACCA", {"forbid_site": ["BsaI"]}, [("--forbid-site", 3, "GAGACC")]),
        ("CCTATAAT", {"require": ["TATAAT@3"]}, []),
        ("CTATAATC", {"require": ["TATAAT@3"]}, [("--require", 3, "nothing")]),
        ("CTATAATC", {"require": ["TATAAT@2:7"]}, []),
        ("CTATAATC", {"require": ["TATAAT@3:8"]}, [("--require", 3, "nothing")]),
        ("CTATAATC", {"require": ["TANNAT"]}, []),
        ("ATTATAC", {"require": ["TATAAT"]}, [("--require", 1, "nothing")]),  # not on the other strand
        ("ACGT", {"template": "RCNT"}, []),
        ("CCGT", {"template": "RCNT"}, [("--template", 0, "the sequence")]),
        ("ATGTTTTAA", {"protein": "MF*"}, []),
        ("CATGTTCTAA", {"protein": "MX*@2"}, []),
        ("ATGTTATAA", {"protein": "MF*"}, [("--protein", 1, "protein ML*")]),
        ("ATGTTCGGN", {"template": "ATGTTTNNN", "keep_protein": True}, [("--template", 0, "the sequence")]),
        ("ATGTTCGGA", {"template": "ATGTTTNNN", "keep_protein": True}, []),
        ("AATGC", {"no_start_codons": True}, [("--no-start-codons", 2, "ATG")]),
        ("ATAATAA", {"no_stop_codons": True}, []),
        ("ATAATAA", {"no_stop_codons": True, "frame": 2}, [("--no-stop-codons", 2, "TAA")]),
    ],
)
def test_a_rule_means_what_its_page_says(text, flags, expected):
    assert broken(text, **flags) == expected
    tokens = sequences(text).values
    if "N" not in text:
        automaton = build((*rules(**flags), Template("N" * len(text))), DNA, len(text), ends=False)
        assert automaton.accepts(tokens).tolist() == [not expected]


@pytest.mark.parametrize(
    ("flags", "match"),
    [
        ({"gc": "0.5"}, "--gc 0.5: expected two shares"),
        ({"gc": "0.6:0.4"}, "the lower first"),
        ({"max_homopolymer": 0}, "--max-homopolymer 0: expected a whole number of at least 1"),
        ({"forbid": ["AXU"]}, r"--forbid AXU: 'X' is neither a letter of dna \(ACGT\) nor a code"),
        ({"forbid_site": ["bsai"]}, "no such enzyme; did you mean BsaI"),
        ({"forbid_site": ["Nonsense99"]}, "names are those of REBASE"),
        ({"require": ["TATAAT@0"]}, "positions from 1"),
        ({"require": ["TATAAT@a:b"]}, "expected MOTIF, MOTIF@START or MOTIF@START:END"),
        ({"require": ["TATAAT@35:38"]}, "6 letters do not fit into positions 35 to 38"),
        ({"protein": "MB"}, "'B' is no amino acid"),
        ({"protein": "M@0"}, "PROTEIN@START"),
        ({"keep_protein": True}, "--keep-protein needs the coding sequence"),
        ({"template": ""}, "--template : expected letters"),
    ],
)
def test_what_is_no_rule_is_refused_in_a_line(flags, match):
    with pytest.raises(UsageError, match=match) as error:
        rules(**flags)
    assert "\n" not in str(error.value)


def test_rules_are_for_sequences_and_codons_for_nucleic_acids():
    with pytest.raises(UsageError, match="rules are for sequences"):
        read_rules(cells(5, np.random.default_rng(0)).modality, max_homopolymer=3)
    with pytest.raises(UsageError, match="these are proteins"):
        read_rules(Sequences("protein", stranded=True, aligned=True), gc="0:1")


def test_rna_has_one_strand_and_its_own_letters():
    rna = read_rules(Sequences("rna", stranded=True, aligned=True), forbid=["GUA"], no_start_codons=True)
    assert [one.position for one in violations(sequences("UACAUGUA", alphabet="rna"), rna)] == [6, 4]


def test_the_opposite_of_a_word_and_the_genetic_code():
    assert opposite("ATGRN", DNA) == "NYCAT"
    assert len(AMINO_ACIDS) == 64
    assert translate("ATGGCCTGGTGATAGTAA") == "MAW***"


@pytest.mark.parametrize(
    ("flags", "length", "clash"),
    [
        (
            {"gc": "0.9:1", "max_homopolymer": 1, "forbid": ["CGC", "TTT"]},
            6,
            "all of --gc 0.9:1 --max.* 1 --forbid CGC;",
        ),
        ({"require": ["TATAAT@5"], "max_homopolymer": 3}, 8, r"8 letters keeps --require TATAAT@5; .* this rule"),
        ({"protein": "M", "no_start_codons": True, "gc": "0:1"}, 5, "keeps both --protein M@1 --no-start-codons;"),
    ],
)
def test_impossible_rules_are_refused_with_those_that_clash(flags, length, clash):
    with pytest.raises(UsageError, match=clash):
        build(rules(**flags), DNA, length, ends=False)
    found = clashing(rules(**flags), DNA, length, ends=False)
    for rule in found:
        build(tuple(other for other in found if other is not rule), DNA, length, ends=False)


WORDS = st.text("ACGTNRWS", min_size=1, max_size=4)
FLAGS = st.fixed_dictionaries(
    {},
    optional={
        "gc": st.sampled_from(["0:0.4", "0.4:0.6", "0.7:1", "0:0", "0.31:0.32"]),
        "max_homopolymer": st.integers(1, 4),
        "forbid": st.lists(WORDS, max_size=3),
        "require": st.lists(
            st.tuples(WORDS, st.sampled_from(["", "@1", "@2", "@2:5", "@1:4"])).map("".join), max_size=2
        ),
        "protein": st.sampled_from(["L", "X*@2", "R@3", "M"]),
        "no_start_codons": st.booleans(),
        "no_stop_codons": st.booleans(),
        "frame": st.integers(1, 3),
    },
)
LETTERS = {length: np.array(list(product(range(4), repeat=length)), np.int8) for length in range(1, 6)}


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(FLAGS, st.integers(2, 5), st.booleans(), st.one_of(st.none(), st.text("ACGTNNNNY", min_size=5, max_size=5)))
def test_the_automaton_accepts_exactly_what_keeps_the_rules(flags, length, ends, template):
    try:
        found = rules(**flags, template=template and template[:length])
    except UsageError:  # a motif too long for its place
        return
    lengths = range(1, length + 1) if ends else [length]
    rows = np.concatenate([np.pad(LETTERS[n], ((0, 0), (0, length - n)), constant_values=DNA.pad) for n in lengths])
    every = Dataset(rows, np.arange(len(rows)).astype(str), BASES)
    keeping = np.ones(len(rows), bool)
    keeping[[one.record for one in violations(every, found)]] = False
    if not keeping.any():
        with pytest.raises(UsageError, match="no sequence of") as error:
            build(found, DNA, length, ends=ends)
        clash = clashing(found, DNA, length, ends=ends)
        assert told(clash) in str(error.value)
        return
    automaton = build(found, DNA, length, ends=ends)
    np.testing.assert_array_equal(automaton.accepts(rows), keeping)
    follow_live_letters(automaton, length)


def follow_live_letters(automaton, length, walks=20):
    """No walk along live letters comes to a dead end."""
    rng = np.random.default_rng(0)
    for _ in range(walks):
        state, count = 0, 0
        for i in range(length):
            live = [a for a in range(4) if goes_on(automaton, i, state, count, a)]
            if automaton.ends[i, state, count] and (not live or rng.random() < 0.2):
                break
            letter = rng.choice(live)
            state, count = automaton.next[i, state, letter], count + automaton.weights[letter]
        else:
            assert automaton.ends[length, state, count]


def goes_on(automaton, i, state, count, letter):
    after, more = automaton.next[i, state, letter], count + automaton.weights[letter]
    return after != DEAD and more < automaton.live.shape[2] and bool(automaton.live[i + 1, after, more])


def test_states_stay_few(monkeypatch):
    automaton = build(rules(gc="0.35:0.55", max_homopolymer=5, forbid=["GGATCC", "TTTTT"]), DNA, 60, ends=False)
    assert automaton.next.shape[1] < 40
    monkeypatch.setattr("genomimic.automata.MOST_STATES", 1000)
    with pytest.raises(UsageError, match="more than 1,000 states"):
        build(rules(require=["ANNNNNNNNNNNNNNNNT"]), DNA, 60, ends=False)


def test_alphabets_without_g_and_c_have_rules_too():
    protein = Sequences("protein", stranded=True, aligned=True)
    found = read_rules(protein, max_homopolymer=2, require=["BX@1"])
    automaton = build(found, ALPHABETS["protein"], 3, ends=False)
    assert automaton.accepts(sequences("DDA", "DDD", "ADA", alphabet="protein").values).tolist() == [True, False, False]


def test_rules_are_told_whole_and_shown_short():
    long = rules(template="ATG" + "N" * 90, no_stop_codons=True, frame=4)
    assert told(long) == f"--template ATG{'N' * 90} --no-stop-codons --frame 4"
    with pytest.raises(UsageError, match=r"keeps --template ATGN{46}\.\.\. \(93 letters\);"):
        build(long, DNA, 20, ends=False)
