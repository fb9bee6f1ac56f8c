"""The page of measured tables: every view draws, and a click leads to a task of the kind that was measured."""

import json
from urllib.parse import parse_qs

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import library_texts, worlds
from dashboard.widgets import table_chart, verdicts
from metalearn.characters.character_set import CharacterSet
from metalearn.plots.result_tables import VIEWS, table_figure
from metalearn.pretrained.recipes import RECIPES
from metalearn.pretrained.results import load_table, shipped_tables

WORLD_TABLES = ("worlds", "mixed", "learners")


@pytest.fixture
def page(app: AppTest) -> AppTest:
    app.run()
    return app.switch_page("views/does_it_help.py").run()


def links(page: AppTest) -> list[str]:
    return [element.proto.label for element in page.get("page_link") if "Watch" in element.proto.label]


@pytest.mark.parametrize("table", shipped_tables())
def test_every_view_of_a_table_draws(page: AppTest, table: str) -> None:
    for view in range(len(VIEWS[table])):
        page.selectbox(key="table").set_value(table)
        page.selectbox(key="view").set_value(view)
        page.run()
        assert not page.exception
        assert not page.error
        assert len(page.get("plotly_chart")) == 4


def test_a_click_or_a_name_leads_to_a_task_with_the_learner_and_its_twin(page: AppTest) -> None:
    page.selectbox(key="table").set_value("mixed").run()
    assert not links(page)
    (names,) = [box for box in page.selectbox if box.label.startswith("Click a point")]
    names.set_value("attention").run()
    assert RECIPES["attention"].title in links(page)[0]
    page.session_state["figure mixed"] = {"selection": {"points": [{"y": 0.1, "curve_number": 0}]}}
    page.run()
    (link,) = links(page)
    first = next(row["learner"] for row in load_table("mixed") if row["measure"] == "gain")
    assert RECIPES[first].title in link


def test_a_click_is_the_row_of_the_point_that_was_clicked() -> None:
    for table in ("learners", "mixed"):
        rows = load_table(table)
        for view in VIEWS[table]:
            for number, curve in enumerate(table_figure(table, rows, view).data):
                for x, y in zip(curve.x, curve.y, strict=True):
                    assert table_chart.clicked_row(rows, view, {"y": y, "curve_number": number})["mean"] == x


@pytest.mark.parametrize(("table", "number"), [("families", 2), ("learners", 1), ("mixed", 0)])
def test_the_code_draws_the_same_figure(table: str, number: int) -> None:
    code = table_chart.code(table, number)
    found: dict[str, go.Figure] = {}
    exec(code.removesuffix("figure.show()"), found)
    assert found["figure"] == table_figure(table, load_table(table), VIEWS[table][number])


@pytest.mark.parametrize("table", shipped_tables())
def test_no_identifier_is_shown(page: AppTest, table: str) -> None:
    assert set(library_texts.LEARNERS) == set(RECIPES)
    page.selectbox(key="table").set_value(table).run()
    for view in range(len(VIEWS[table])):
        page.selectbox(key="view").set_value(view).run()
        figure = json.loads(page.get("plotly_chart")[-1].proto.spec)
        shown = [*figure["layout"]["yaxis"]["ticktext"], *(curve["name"] for curve in figure["data"])]
        for chart in page.get("plotly_chart")[:3:2]:  # the dial stands between them
            shown += json.loads(chart.proto.spec)["layout"]["yaxis"]["ticktext"]
        words = {word.strip(",") for text in shown for word in text.replace("<br>", " ").split()}
        identifiers = {name for name in library_texts.IN_TABLES if "-" in name or "_" in name}
        assert words.isdisjoint(identifiers | {"preinit"})
        assert "shuffled" not in shown
        assert not figure["layout"]["title"].get("text")


def gain(world: str, learner: str, over: str, mean: float, ci95: float) -> dict[str, object]:
    return {"measure": "gain", "world": world, "learner": learner, "over": over, "mean": mean, "ci95": ci95}


def test_a_verdict_follows_from_the_gains_alone() -> None:
    rows = [
        gain("w", "a", "twin", 0.2, 0.1),
        gain("w", "a", "zero", 0.3, 0.1),
        gain("w", "a", "b", 0.01, 0.02),
        gain("w", "a", "another of the same question", 0.0, 0.1),
        gain("w", "b", "twin", 0.05, 0.05),
        gain("v", "a", "twin", -0.3, 0.1),
        {**gain("v", "b", "twin", 0.9, 0.1), "question": "drawer"},
    ]
    found = verdicts.cases(rows)
    assert [(case.world, case.learner, case.helps) for case in found] == [
        ("w", "a", True),
        ("w", "b", False),
        ("v", "a", False),
    ]
    first, second = (verdicts.verdict(of_world, str) for of_world in verdicts.by_world(found).values())
    assert first.startswith("**W: yes, for 1 of 2 learners.**")
    assert "+20.0 ± 10.0 points (twin)" in first
    assert "“b”, which is told nothing, does as well (+1.0 ± 2.0)." in first
    assert second.startswith("**V: no.** None of 1 learners")
    assert "-30.0 ± 10.0 points (twin)" in second
    rows[2]["mean"] = 0.1
    assert "over the best learner that is told nothing, “b”, +10.0 ± 2.0." in verdicts.verdict(
        verdicts.cases(rows)[:2], str
    )


def test_every_world_has_its_verdict_and_every_learner_its_line(page: AppTest) -> None:
    rows = [row for table in WORLD_TABLES for row in load_table(table)]
    found = verdicts.cases(rows)
    sentences = page.markdown[1].value.splitlines()
    assert len(sentences) == len({case.world for case in found})
    yes = [": yes, for" in sentence for sentence in sentences]
    assert yes == sorted(yes, reverse=True)
    helps, others = ([case for case in found if case.helps is helping] for helping in (True, False))
    charts = [json.loads(c.proto.spec)["layout"]["yaxis"]["ticktext"] for c in page.get("plotly_chart")[:3:2]]
    assert [len(lines) for lines in charts[:2]] == [len(helps), len(others)]
    assert charts[0][0].replace("<br>", " ").startswith(library_texts.LEARNERS[helps[0].learner])


def test_one_can_see_for_oneself_where_it_does_not_help(page: AppTest) -> None:
    cases = {
        f"{case.world} {case.learner} {case.least['over']} {verdicts.points(case.least)}": case
        for case in verdicts.cases([row for table in WORLD_TABLES for row in load_table(table)])
        if case.learner in worlds.LEARNERS.get(case.world, ()) or "protocol" in case.least
    }
    links = [link.proto for link in page.get("page_link") if "±" in link.proto.label]
    assert len(links) == len(cases)
    for link in links:
        query = parse_qs(link.query_string)
        if query["question"][0] in worlds.WORLDS:  # opens with the learner and its twin by itself
            assert library_texts.LEARNERS[worlds.LEARNERS[query["question"][0]][0]] in link.label
            continue
        about = [case for case in cases.values() if case.learner == query["learners"][0]]
        assert any(verdicts.points(case.least) in link.label for case in about)
        told = query["told"][0]
        assert told in ("shuffled", "zero", "random") or len(query["learners"]) == 2


def test_a_link_of_a_verdict_opens_with_what_it_promises(page: AppTest, omniglot: CharacterSet) -> None:
    links = [link.proto for link in page.get("page_link") if "±" in link.proto.label]
    link = next(link for link in links if "learners" in link.query_string)
    query = parse_qs(link.query_string)
    for key, values in query.items():
        page.query_params[key] = values
    opened = page.switch_page("views/adaptation.py").run()
    assert not opened.exception
    assert not opened.warning, opened.warning[0].value
    assert opened.multiselect(key="learners").value == query["learners"]
