"""Addresses: their values are checked, a view survives a reload, and what the visitor did last counts."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import address


@pytest.mark.parametrize(
    ("read", "values", "value"),
    [
        (address.one_of(["a", "b"]), ["b"], "b"),
        (address.one_of(["a", "b"]), ["c"], None),
        (address.one_of(["a"]), [], None),
        (address.one_of(["a"], {"A": "a"}), ["A"], "a"),
        (address.one_of(["a"], {"A": "a"}), ["a"], "a"),
        (address.some_of(["a", "b", "c"], 2), ["b", "x", "b", "a", "c"], ["b", "a"]),
        (address.number(1, 10), ["7"], 7),
        (address.number(1, 10), ["11"], None),
        (address.number(1, 10), ["-1"], None),
        (address.number(1, 10), ["9" * 5000], None),
        (address.number(1, 10), ["²"], None),
        (address.flag, ["yes"], True),
        (address.flag, ["no"], False),
        (address.flag, ["perhaps"], None),
    ],
)
def test_the_values_in_an_address_are_checked(read: address.Reader, values: list[str], value: object) -> None:
    assert read(values) == value


def small_page() -> None:
    import streamlit as st

    from dashboard import address

    with address.synchronised({"colour": address.one_of(["red", "blue"]), "count": address.number(0, 9)}):
        st.selectbox("Colour", ["red", "blue"], key="colour", persist_state="session")
        st.number_input("Count", 0, 9, 1, key="count", persist_state="session")


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(small_page)


def test_a_view_is_written_into_the_address_and_comes_back(page: AppTest) -> None:
    page.run()
    page.selectbox(key="colour").set_value("blue")
    page.number_input(key="count").set_value(4).run()
    assert page.query_params == {"colour": "blue", "count": "4"}
    again = AppTest.from_function(small_page)
    for key, value in page.query_params.items():
        again.query_params[key] = value
    again.run()
    assert (again.selectbox(key="colour").value, again.number_input(key="count").value) == ("blue", 4)


def test_what_is_no_use_is_left_out(page: AppTest) -> None:
    page.query_params["colour"] = "green"
    page.query_params["count"] = "many"
    page.run()
    assert not page.exception
    assert (page.selectbox(key="colour").value, page.number_input(key="count").value) == ("red", 1)
    assert page.query_params == {"colour": "red", "count": "1"}


def test_a_choice_counts_more_than_the_old_address_and_a_new_link_more_than_the_choice(page: AppTest) -> None:
    page.query_params["colour"] = "blue"
    page.run()
    page.selectbox(key="colour").set_value("red").run()
    assert page.selectbox(key="colour").value == "red"
    page.query_params["colour"] = "blue"  # the visitor follows a link
    page.run()
    assert page.selectbox(key="colour").value == "blue"
