"""Models that write under rules keep them, all of them, and can write everything that keeps them."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic import models
from genomimic.compliance import violations
from genomimic.errors import UsageError
from genomimic.models.guard import FREE
from genomimic.observation import Categorical
from genomimic.rules import read_rules
from genomimic.sampling import sample

FLAGS = {"gc": "0.3:0.5", "max_homopolymer": 3, "forbid": ["GAT", "CCN"], "require": ["TAT@2:9", "GT"]}
FIXED, VARIABLE = (
    ("position-markov", "potts", "vae", "gan", "autoregressive", "diffusion"),
    ("markov", "autoregressive"),
)
RUNS = [(name, "fixed") for name in FIXED] + [(name, "variable") for name in ("markov", "autoregressive")]


@pytest.mark.parametrize(("name", "kind"), RUNS)
def test_every_record_keeps_every_rule(trained, name, kind):
    run = trained(name, kind)
    rules = read_rules(run.modality, **FLAGS)
    made = sample(run, 300, rules=rules)
    assert violations(made, rules) == []
    assert len(np.unique(made.values, axis=0)) > 100
    assert set(made.labels["rules"]) == {
        "--gc 0.3:0.5 --max-homopolymer 3 --forbid GAT --forbid CCN --require TAT@2:9 --require GT"
    }
    if kind == "variable":
        lengths = (made.values != 4).sum(1)
        assert lengths.min() < lengths.max() == 12
    np.testing.assert_array_equal(sample(run, 20, start=250, rules=rules).values, made.values[250:270])


@pytest.mark.parametrize("kind", ["fixed", "variable"])
def test_everything_that_keeps_the_rules_is_drawn(trained, kind):
    run = trained("uniform", kind)
    rules = read_rules(run.modality, template="NWACGTACGTSC" if kind == "fixed" else "NWACGTACGS", gc="0.5:0.6")
    made = {"".join(text) for text in run.modality.texts(sample(run, 600, rules=rules))}
    pattern = [f"{a}{b}ACGTACG{{}}" for a in "ACGT" for b in "AT"]
    ends = ("TCC", "TGC") if kind == "fixed" else ("C", "G")
    every = {text.format(end) for text in pattern for end in ends}
    share = {text: sum(map(text.count, "GC")) / len(text) for text in every}
    assert made == {text for text in every if 0.5 <= share[text] <= 0.6}


def test_a_protein_keeps_its_amino_acids_and_changes_its_codons(trained):
    run = trained("autoregressive", "fixed")
    made = sample(run, 200, rules=read_rules(run.modality, template="ATGTTACGTTAA", keep_protein=True))
    assert len(np.unique(made.values, axis=0)) > 20


def test_what_cannot_be_is_refused(trained):
    run = replace(trained("uniform", "variable"), model=models.build("diffusion"))
    with pytest.raises(UsageError, match="diffusion keeps rules on records of one length only"):
        sample(run, 5, rules=read_rules(run.modality, max_homopolymer=3))
    run = trained("uniform", "fixed")
    with pytest.raises(UsageError, match=r"no sequence of 12 letters keeps both --gc 0:0.1 --require GCGC;"):
        sample(run, 5, rules=read_rules(run.modality, gc="0:0.1", require=["GCGC"], max_homopolymer=4))


class Greedy(Categorical):
    """The likeliest letter in place of a draw."""

    def draw(self, params, key):
        return jnp.argmax(params, -1).astype(jnp.int8)


def test_diffusion_from_left_to_right_is_what_its_network_says(trained):
    run = trained("diffusion", "fixed")
    spec, network, key = replace(run.spec, observation=Greedy(4)), run.state.average, jax.random.key(0)
    start = np.full(12, spec.observation.missing, np.int8)
    start[[5, 9]] = 2, 1
    x = start.copy()
    say = eqx.filter_jit(network.logits)
    for i in range(12):
        x[i] = np.argmax(say(jnp.asarray(x), jnp.zeros(0))[i])
    drawn = network.unroll(spec, jnp.asarray(start), jnp.zeros((1, 0)), (1.0,), FREE, key)
    np.testing.assert_array_equal(drawn, x)
