import re

import numpy as np
import pytest

from genomimic.alignment import align, caption, count_differences
from genomimic.alphabet import DNA, PROTEIN, RNA
from genomimic.evaluation import Score
from genomimic.plots import charts, training
from genomimic.plots.colours import INK, letter_colours, lettering
from genomimic.plots.glyphs import OUTLINES
from genomimic.plots.helix import MOST_PER_ROW, MOST_ROWS, Ink, helix_svg
from genomimic.plots.logos import COLUMN, HEIGHT, axis_end, logo, logo_svg
from genomimic.plots.scorechart import score_chart, skill_of
from genomimic.plots.sequences import MOST_LETTERS, coloured

DNA_INK = Ink(letter_colours("ACGT"), dict(zip("ACGT", "TGCA", strict=True)))


def sequences(*texts: str) -> np.ndarray:
    return np.stack([DNA.encode(text) for text in texts])


class TestLogo:
    def test_height_is_information_content(self):
        many = np.repeat(sequences("AAA", "AAC", "ACG", "ACT"), 1000, 0)
        one = logo(many, "ACGT")
        correction = 3 / (2 * np.log(2) * 4000)
        assert one.information == pytest.approx([2 - correction, 1 - correction, 0.0], abs=1e-9)
        assert one.heights[0] == pytest.approx([2 - correction, 0, 0, 0])
        assert one.heights[1] == pytest.approx([(1 - correction) / 2, (1 - correction) / 2, 0, 0])

    def test_unknown_letters_and_padding_count_for_nothing(self):
        values = np.repeat(sequences("A"), 500, 0)
        mixed = np.concatenate([values, np.full((100, 1), DNA.pad, np.int8), np.full((100, 1), DNA.unknown, np.int8)])
        assert logo(mixed, "ACGT").heights == pytest.approx(logo(values, "ACGT").heights)
        assert logo(np.full((9, 2), DNA.pad, np.int8), "ACGT").information.tolist() == [0, 0]

    def test_drawn_letters_have_those_heights(self):
        one = logo(np.repeat(sequences("A", "C"), 1000, 0), "ACGT")
        svg = logo_svg(one, name="x", end=2.0, prefix="p")
        drawn = re.findall(r'#p-(\w)" transform="translate\((\d+) ([\d.]+)\)scale\(([\d.]+) ([\d.]+)\)', svg)
        assert {letter for letter, *_ in drawn} == {"A", "C"}
        heights = [100 * float(tall) / HEIGHT * 2.0 for *_, tall in drawn]
        assert sum(heights) == pytest.approx(one.information[0], rel=1e-3)
        assert all(100 * float(wide) < COLUMN for *_, wide, _ in drawn)

    def test_every_letter_has_an_outline(self):
        assert set(DNA.symbols + RNA.symbols + PROTEIN.symbols) <= set(OUTLINES)

    def test_axis_holds_the_tallest_stack(self):
        tall = logo(np.repeat(sequences("A"), 1000, 0), "ACGT")
        assert axis_end(tall) == 2.0
        assert axis_end(logo(np.zeros((0, 3), np.int8), "ACGT")) == 0.05

    def test_names_are_escaped(self):
        svg = logo_svg(logo(sequences("ACGT"), "ACGT"), name='<script>"', end=1.0, prefix="p")
        assert "<script>" not in svg


class TestHelix:
    def test_marks_exactly_the_differing_positions(self):
        rng = np.random.default_rng(0)
        real = rng.choice(list("ACGT"), 50)
        synthetic = real.copy()
        changed = np.array([3, 4, 20, 49])
        synthetic[changed] = [("C" if letter != "C" else "G") for letter in real[changed]]
        columns = align("".join(synthetic), "".join(real))
        svg = helix_svg(columns, DNA_INK, name="s")
        assert [at for at, column in enumerate(columns) if column.kind != "match"] == changed.tolist()
        xs = [float(x) for x in re.findall(r'class="differs" x="([\d.-]+)"', svg)]
        assert [round(x / 19) for x in xs] == changed.tolist()
        assert svg.count('class="mark substitution"') == 4

    def test_each_kind_of_difference_has_its_shape(self):
        columns = align("ACGTACGTTTGG", "ACCTACGTTGGA")
        assert count_differences(columns) == 3
        svg = helix_svg(columns, DNA_INK, name="s")
        assert svg.count('class="differs"') == 3
        shapes = {shape for shape in re.findall(r'class="mark \w+" transform="[^"]+" d="([^"]+)"', svg)}
        assert len(shapes) == len({column.kind for column in columns} - {"match"}) == 3

    def test_pairs_bases_with_their_complements(self):
        svg = helix_svg(align("AAAA", "AAAA"), DNA_INK, name="s")
        letters = re.findall(r'class="base"[^>]*>(\w)<', svg)
        assert sorted(letters) == ["A"] * 4 + ["T"] * 4
        assert "differs" not in svg

    def test_protein_has_one_strand(self):
        svg = helix_svg(align("MKV", "MKL"), Ink(letter_colours(PROTEIN.symbols), None), name="s")
        assert sorted(re.findall(r'class="base"[^>]*>(\w)<', svg)) == ["K", "M", "V"]

    def test_wraps_and_says_what_it_leaves_out(self):
        long = "ACGT" * 500
        svg = helix_svg(align(long, long), DNA_INK, name="s")
        assert svg.count('class="lane"') == 2 * MOST_ROWS
        drawn = len(re.findall(r'class="base"', svg)) // 2
        assert drawn <= MOST_PER_ROW * MOST_ROWS
        assert f"{2000 - drawn} more positions not drawn" in svg

    def test_empty_sequence_is_drawn(self):
        assert "<svg" in helix_svg(align("", "ACG"), DNA_INK, name="s")
        assert "<svg" in helix_svg([], DNA_INK, name="s")

    def test_captions(self):
        assert caption(align("ACGT", "ACGT"), "r1") == "identical to r1, all 4 positions"
        assert caption(align("ACT", "ACGT"), "r1").startswith("differs at 1 of 4 aligned positions from r1")
        assert "opposite strand" in caption(align("A", "A"), "r1", reversed_strand=True)


class TestCharts:
    def test_density_integrates_to_one(self):
        grid = np.linspace(-10, 10, 4001)
        curve = charts.density(np.random.default_rng(0).normal(size=500), grid, 0.01)
        assert float(curve.sum() * (grid[1] - grid[0])) == pytest.approx(1, abs=1e-3)

    def test_density_of_equal_values_is_finite(self):
        assert np.isfinite(charts.density(np.full(10, 3.0), np.linspace(0, 6, 10), 0.5)).all()

    def test_cumulative_is_the_empirical_distribution(self):
        x, y = charts.cumulative(np.array([2.0, 1.0, 2.0, 5.0]))
        assert x.tolist() == [1, 1, 2, 5]
        assert y.tolist() == [0, 0.25, 0.75, 1]

    def test_cumulative_of_many_values_is_thinned(self):
        x, y = charts.cumulative(np.arange(10_000.0))
        assert x.size <= charts.CURVE_POINTS + 1
        assert y[-1] == 1

    def test_unseen_words_have_a_place_on_log_axes(self):
        counts = np.array([0, 5, 10])
        figure = charts.kmer_scatter(["A", "C", "G"], counts, counts, counts, name="s", colour=INK)
        assert (np.array(figure.data[-1].y) > 0).all()

    def test_names_are_shown_as_they_are(self):
        values = {"<a href='x'>s</a>": np.arange(5.0)}
        figure = charts.density_curves(values, dict.fromkeys(values, INK), title="<b>", spread=1.0)
        assert figure.data[0].name == "&lt;a href='x'&gt;s&lt;/a&gt;"

    def test_every_axis_has_a_title(self):
        columns = {"step": np.arange(5.0), "loss": np.arange(5.0), "kl": np.full(5, np.nan), "d_real": np.ones(5)}
        figure = training.training_curves(columns, best_step=3)
        assert [axis.title.text for axis in figure.select_yaxes()] == ["validation loss", "mean D(x)"]
        assert list(figure.select_xaxes())[-1].title.text == "training step"

    def test_latent_colours_by_label_or_number(self):
        points = {"real": np.zeros((4, 2)), "synthetic": np.ones((3, 2))}
        explained = np.array([0.5, 0.2])
        labels = {"real": np.array(["a", "b", "a", "b"], object), "synthetic": np.array(["a", "b", "b"], object)}
        drawn = training.latent_scatter(points, labels, colour_name="kind", explained=explained).data
        assert [len(trace.x) for trace in drawn if trace.x[0] is not None] == [2, 1, 2, 2]
        assert [trace.name for trace in drawn if trace.showlegend is not False] == ["real", "synthetic", "a", "b"]
        numbers = {"real": np.arange(4.0), "synthetic": np.arange(3.0)}
        drawn = training.latent_scatter(points, numbers, colour_name="GC", explained=explained).data
        assert [len(trace.x) for trace in drawn if not trace.showlegend and trace.x[0] is not None] == [4, 3]
        assert [trace.name for trace in drawn if trace.showlegend is not False] == ["real", "synthetic"]

    def test_units_are_ordered(self):
        assert list(training.unit_bars(np.array([0.1, 3.0, 0.5]), active_above=0.2).data[0].y) == [3.0, 0.5, 0.1]


def score(**changes: object) -> Score:
    base = Score(
        metric="m",
        family="f",
        group="fidelity",
        value=0.2,
        low=0.1,
        high=0.3,
        better="lower",
        ceiling=0.0,
        ceiling_low=-0.1,
        ceiling_high=0.1,
        floors={"markov": 1.0, "pwm": 0.5},
        floor="markov",
        skill=0.8,
        skill_low=0.7,
        skill_high=0.9,
        resolved=True,
        n=100,
    )
    return base._replace(**changes)


class TestScoreChart:
    def chart(self, *scores: Score):
        return score_chart(
            {"s": scores}, {one.metric: one.metric for one in scores}, {one.metric: "" for one in scores}
        )

    def test_floor_is_zero_and_ceiling_one(self):
        assert skill_of(score(), 1.0) == 0
        assert skill_of(score(), 0.0) == 1
        assert skill_of(score(better="higher", ceiling=3.0), 2.0) == 0.5

    def test_places_are_in_percent_of_the_axis(self):
        chart = self.chart(score())
        row = chart.groups["fidelity"][0]
        assert row.lanes[0].percent == chart.axis.percent(0.8)
        assert {tick.name: tick.percent for tick in row.ticks}["markov"] == chart.floor_percent
        assert row.band == (chart.axis.percent(0.9), chart.axis.percent(1.1))

    def test_a_skill_beyond_the_axis_is_held_and_flagged(self):
        lane = self.chart(score(skill=-9.0, skill_low=-10.0, skill_high=-8.0)).groups["fidelity"][0].lanes[0]
        assert (lane.percent, lane.beyond) == (0, "left")

    def test_unresolved_rows_say_so(self):
        row = self.chart(score(resolved=False)).groups["fidelity"][0]
        assert (row.resolved, row.vague) == (False, True)
        assert "cannot be told apart at n=100" in row.reason
        assert "cannot be told apart" in row.lanes[0].alt

    def test_no_ceiling_or_no_floor(self):
        nan = float("nan")
        unknown = {"ceiling_low": nan, "ceiling_high": nan, "skill": nan, "skill_low": nan, "skill_high": nan}
        without_ceiling = self.chart(score(ceiling=nan, resolved=False, **unknown)).groups["fidelity"][0]
        assert "no ceiling" in without_ceiling.reason
        assert not without_ceiling.vague
        without_floor = self.chart(score(floors={}, floor="", resolved=False, **unknown)).groups["fidelity"][0]
        assert "no floor" in without_floor.reason
        beside = self.chart(score(floors={"pwm": 0.25}, floor="", resolved=False, **unknown)).groups["fidelity"][0]
        assert beside.reason == "no floor is set, so there is no skill; references: pwm 0.25"
        assert not beside.vague

    def test_names_of_close_references_stand_on_different_levels(self):
        floors = {"markov": 1.0, "pwm": 0.99, "position-markov": 0.98, "uniform": 1.01}
        ticks = self.chart(score(floors=floors)).groups["fidelity"][0].ticks
        assert len({tick.level for tick in ticks}) == len(ticks) == 4


def test_coloured_text_keeps_every_letter():
    html = coloured("ACGTNNA", "ACGT")
    assert re.sub(r"<[^>]+>", "", html) == "ACGTNNA"
    assert '<b class="l-unknown">NN</b>' in html


def test_coloured_text_is_cut_and_says_so():
    assert "and 60 more" in coloured("A" * (MOST_LETTERS + 60), "ACGT")


def test_lettering_is_readable():
    assert lettering("#ffffff") == INK
    assert lettering("#000000") == "#ffffff"
