"""The page of measured tables: every view draws, and a click leads to a task of the kind that was measured."""

import pytest
from streamlit.testing.v1 import AppTest

from metalearn import tables


@pytest.fixture
def page(app: AppTest) -> AppTest:
    app.run()
    return app.switch_page("views/does_it_help.py").run()


def links(page: AppTest) -> list[str]:
    return [element.proto.label for element in page.get("page_link") if "Watch" in element.proto.label]


@pytest.mark.parametrize("table", tables.shipped())
def test_every_view_of_a_table_draws(page: AppTest, table: str) -> None:
    for view in range(len(tables.VIEWS[table])):
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
    first = next(row["learner"] for row in tables.load("mixed") if row["measure"] == "gain")
    assert first in link


def test_what_does_not_help_is_listed(page: AppTest) -> None:
    page.selectbox(key="table").set_value("mixed").run()
    gains = [row for row in tables.load("mixed") if row["measure"] == "gain" and row["mean"] <= row["ci95"]]
    assert len(page.dataframe[0].value) == len(gains)


def test_one_can_see_for_oneself_where_it_does_not_help(page: AppTest, app: AppTest) -> None:
    page.selectbox(key="table").set_value("mixed").run()
    cases = [link.proto for link in page.get("page_link") if "±" in link.proto.label]
    assert 1 <= len(cases) <= 3
    gains = {row["learner"]: row for row in tables.load("mixed") if row.get("over") == "shuffled"}
    for case in cases:
        row = gains[case.label.split(",")[0]]
        assert row["mean"] <= row["ci95"]
        assert "told=shuffled" in case.query_string
