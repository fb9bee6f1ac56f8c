"""The page of measured tables: every view draws, and a click leads to a task of the kind that was measured."""

import json

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import library_texts
from dashboard.widgets import table_chart
from metalearn.plots.result_tables import VIEWS, table_figure
from metalearn.pretrained.recipes import RECIPES
from metalearn.pretrained.results import load_table, shipped_tables


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
        assert len(page.get("plotly_chart")) == 1


def test_a_click_leads_to_a_task_with_the_learner_and_its_twin(page: AppTest) -> None:
    page.selectbox(key="table").set_value("mixed").run()
    assert not links(page)
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
        figure = json.loads(page.get("plotly_chart")[0].proto.spec)
        shown = [*figure["layout"]["yaxis"]["ticktext"], *(curve["name"] for curve in figure["data"])]
        shown += [str(value) for frame in page.dataframe for value in frame.value.to_numpy().ravel()]
        words = {word.strip(",") for text in shown for word in text.replace("<br>", " ").split()}
        assert words.isdisjoint({name for name in page_names() if "-" in name or "_" in name} | {"preinit"})
        assert "shuffled" not in shown
        assert not figure["layout"]["title"].get("text")


def page_names() -> set[str]:
    return {*library_texts.LEARNERS, *library_texts.CONTROLS, *library_texts.EMBEDDINGS}


def test_what_does_not_help_is_listed(page: AppTest) -> None:
    page.selectbox(key="table").set_value("mixed").run()
    gains = [row for row in load_table("mixed") if row["measure"] == "gain" and row["mean"] <= row["ci95"]]
    assert len(page.dataframe[0].value) == len(gains)


def test_one_can_see_for_oneself_where_it_does_not_help(page: AppTest, app: AppTest) -> None:
    page.selectbox(key="table").set_value("mixed").run()
    cases = [link.proto for link in page.get("page_link") if "±" in link.proto.label]
    assert 1 <= len(cases) <= 3
    gains = {row["learner"]: row for row in load_table("mixed") if row.get("over") == "shuffled"}
    for case in cases:
        row = next(row for name, row in gains.items() if RECIPES[name].title == case.label.rpartition(",")[0])
        assert row["mean"] <= row["ci95"]
        assert "told=shuffled" in case.query_string
