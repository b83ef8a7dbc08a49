"""Methods of design on a toy objective with a known answer: it rises, rules hold, one seed gives the same designs."""

import inspect
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from genomimic import cli, designs, models
from genomimic.compliance import violations
from genomimic.defaults import EDIT_PRICE
from genomimic.designing import METHODS, Brief, Objective, design
from genomimic.designing.evolution import search
from genomimic.designing.guiding import _resampled, _turns, guide
from genomimic.designing.proposals import redrawn
from genomimic.designing.reward import Scale, bits
from genomimic.designing.selection import APART, distinct
from genomimic.designing.starts import check_request, checked_starts
from genomimic.errors import UsageError
from genomimic.rules import read_rules
from genomimic.sampling import sample
from tests.toys import sequences

GIVEN = sequences("ATATATATATAT", "GGTAGGTAGGTA")

WRITERS = {
    "select": "markov",
    "search": "markov",
    "ascend": "vae",
    "edit": "markov",
    "guide": "markov",
}


def cytosines(dataset):
    return (dataset.values == 1).sum(1).astype(float)


def more_c(**changed):
    """An objective whose number is how many C a record has."""
    return Objective("C", cytosines, (jnp.ones(()), lambda params, x: params * x[:, 1].sum()), **changed)


@pytest.fixture(scope="module")
def rules(trained):
    return read_rules(trained("markov").modality, max_homopolymer=3, forbid=["GAT"], require=["TA"])


@pytest.mark.parametrize("method", METHODS)
def test_designs_are_better_than_samples_and_keep_the_rules(trained, rules, method):
    run = trained(WRITERS[method], "fixed")
    yardstick = trained("markov", "fixed")
    made = design(run, more_c(), n=8, method=method, price=0.1, rules=rules, seed=1, yardstick=yardstick)
    assert len(made) == 8
    assert violations(made, rules) == []
    samples = sample(run, 300, rules=rules)
    assert np.median(cytosines(made)) > np.median(cytosines(samples)) + cytosines(samples).std()
    assert set(made.labels["method"]) == {method}
    assert made.labels["guide"].astype(float).tolist() == cytosines(made).tolist()
    assert (made.labels["bits_per_base"].astype(float) > 0).all()


def test_the_command_and_python_ask_the_same_where_nothing_is_said():
    asked = [inspect.signature(one).parameters for one in (cli.design, designs.design_file, design)]
    assert len({(one["method"].default, one["price"].default) for one in asked}) == 1
    assert inspect.signature(Brief).parameters["price"].default == asked[0]["price"].default


def test_the_same_seed_designs_the_same(trained, rules):
    brief = Brief(trained("markov", "fixed"), more_c(), 5, rules=rules, seed=3)
    first, again, other = (search(one, rounds=3) for one in (brief, replace(brief), replace(brief, seed=4)))
    np.testing.assert_array_equal(first.values, again.values)
    assert (first.values != other.values).any()


def test_a_price_buys_likelihood_and_fewer_or_a_given_number_can_be_wanted(trained):
    run = trained("markov", "fixed")
    free, dear = (design(run, more_c(), n=10, method="select", price=price) for price in (0.0, 5.0))
    assert dear.labels["bits_per_base"].astype(float).mean() < free.labels["bits_per_base"].astype(float).mean()
    assert cytosines(dear).mean() < cytosines(free).mean()
    assert cytosines(design(run, more_c(sign=-1), n=5, method="select", price=0.0)).max() == 0
    assert set(cytosines(design(run, more_c(target=2.0), n=5, method="select", price=0.0))) == {2.0}


def test_records_of_many_lengths_are_designed(trained):
    run = trained("markov", "variable")
    brief = Brief(run, more_c(), 4, price=0.0, rules=read_rules(run.modality, max_homopolymer=3))
    made = search(brief, rounds=4)
    assert cytosines(made).min() > cytosines(sample(run, 200)).mean()


def test_edits_of_given_sequences_are_few_and_dear_ones_are_none(trained):
    run, given = trained("markov", "fixed"), replace(GIVEN, ids=np.array(["left", "right"]))
    cheap, dear = (design(run, more_c(), method="edit", price=0.0, start=given, edit_price=e) for e in (0.01, 100.0))
    assert ((cheap.values == 1).sum(1) >= 8).all()
    np.testing.assert_array_equal(dear.values, given.values)
    assert cheap.labels["start"].tolist() == ["left", "right"]
    assert set(cheap.labels["edit_price"]) == {"0.01"}
    assert cheap.labels["edits"].astype(int).tolist() == (cheap.values != given.values).sum(1).tolist()


@pytest.mark.parametrize(
    ("given", "kind", "match"),
    [
        (GIVEN, "fixed", "start, record 2 '1', position 1: GG breaks --forbid GG; mend the sequences, or change"),
        (sequences("ATATATATATATA"), "fixed", "record 1 '0' has 13 letters, and records of this run have 12; cut"),
        (sequences("ATATATATATATA"), "variable", "has 13 letters, and records of this run have up to 12"),
        (sequences("ATATNTATATAT"), "fixed", "record 1 '0', position 5: the letter is not known; write one of ACGT"),
        (sequences("AUAUAUAUAUAU", alphabet="rna"), "fixed", "start holds rna, and the run was trained on dna"),
    ],
)
def test_given_sequences_that_do_not_suit_are_named(trained, given, kind, match):
    run = trained("markov", kind)
    with pytest.raises(UsageError, match=match):
        checked_starts(given, run, read_rules(run.modality, forbid=["GG"]))


def test_what_only_edits_can_do_is_refused_of_other_methods():
    for asked, match in (
        ((None, "search", GIVEN, EDIT_PRICE), "--start needs --method edit"),
        ((None, "search", None, 1.0), "--edit-price needs --method edit"),
        ((3, "edit", GIVEN, EDIT_PRICE), "--start gives 2 sequences, and one design is made for each; leave out -n 3"),
    ):
        with pytest.raises(UsageError, match=match):
            check_request(*asked)
    assert check_request(None, "edit", GIVEN, 1.0) == 2


def test_masked_diffusion_is_guided_by_any_function_of_records(trained, rules):
    run = trained("diffusion", "fixed")
    brief = Brief(run, Objective("C", cytosines), 6, 0.1, rules, seed=1)
    made, again, other = (guide(one, stages=6) for one in (brief, replace(brief), replace(brief, seed=2)))
    samples = cytosines(sample(run, 300, rules=rules))
    assert np.median(cytosines(made)) > np.median(samples) + samples.std()
    assert violations(made, rules) == []
    np.testing.assert_array_equal(made.values, again.values)
    assert (made.values != other.values).any()


def test_masked_diffusion_settles_letters_at_random_places_and_keeps_them_and_the_length(trained):
    run = trained("diffusion", "variable")
    brief, rng = Brief(run, more_c(), 40), np.random.default_rng(0)
    turns, width = _turns(brief, rng), run.spec.length
    assert all(sorted(row) == list(range(width)) for row in turns.tolist())
    assert len(np.unique(turns[:, 0])) > width / 2
    in_order = _turns(replace(brief, run=trained("markov", "fixed")), rng)
    assert (in_order == np.arange(in_order.shape[1])).all()
    values = brief.drawn(40).values
    born = redrawn(brief, values, turns >= 6, seed=0)
    np.testing.assert_array_equal(born[turns < 6], values[turns < 6])
    np.testing.assert_array_equal(born == run.spec.symbols, values == run.spec.symbols)
    assert (born != values).any()


def test_a_rough_likelihood_is_near_the_fine_one(trained):
    run = trained("diffusion", "fixed")
    samples = sample(run, 200)
    fine, rough = (bits(replace(run, model=model), samples) for model in (run.model, run.model.quick))
    assert rough.mean() == pytest.approx(fine.mean(), abs=0.02)
    assert np.corrcoef(fine, rough)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("name", "flags", "match"),
    [
        ("vae", {"method": "guide"}, "vae draws a latent .*; methods for it: ascend, search, select, edit"),
        ("potts", {"method": "ascend"}, "potts has no latent space to climb in; models that have: vae, gan"),
        ("vae", {"method": "climb"}, "there is no method 'climb'; methods: select, search"),
        ("markov", {"price": -1.0, "method": "select"}, "the price of being unnatural is -1; it must be at least 0"),
        ("gan", {"method": "select"}, "gan has no likelihood to price designs by; give a yardstick"),
        ("markov", {"n": 0}, "cannot make 0 designs"),
    ],
)
def test_what_cannot_be_designed_is_refused(trained, name, flags, match):
    run = replace(trained("markov", "fixed"), model=models.build(name))
    with pytest.raises(UsageError, match=match):
        design(run, more_c(), **{"n": 3, **flags})


def test_an_objective_without_a_gradient_is_no_mountain_to_climb(trained):
    for method, name in (("ascend", "vae"), ("edit", "autoregressive")):
        with pytest.raises(UsageError, match="C has no gradient"):
            design(trained(name, "fixed"), Objective("C", cytosines), n=3, method=method)


def test_near_twins_are_kept_only_where_there_is_nothing_else():
    data = sequences("AAAAAAAAAAAA", "AAAAAAAAAAAC", "GGGGGGGGGGGG", "CCCCCCCCCCCC")
    assert APART > 1 / 12
    assert distinct(data, np.array([4.0, 3.0, 2.0, 1.0]), 3).tolist() == [0, 2, 3]
    assert distinct(data, np.array([4.0, 3.0, 2.0, 1.0]), 4).tolist() == [0, 2, 3, 1]


def test_particles_live_on_as_their_weights_say():
    weights = np.log(np.array([[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 0.0, 1.0]]) + 1e-12)
    chosen = _resampled(weights, np.random.default_rng(0)).reshape(2, 4)
    assert np.bincount(chosen[0], minlength=4).tolist() == [2, 1, 1, 0]
    assert chosen[1].tolist() == [7, 7, 7, 7]


def test_a_scale_of_equal_numbers_does_not_divide_by_nothing():
    assert Scale.of(np.ones(3)).z(np.array([2.0])).tolist() == [1.0]
