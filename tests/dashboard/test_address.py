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

    choices = {
        "colour": address.Choice(address.one_of(["red", "blue"]), "red"),
        "count": address.Choice(address.number(0, 9), lambda: 1 if st.session_state["colour"] == "red" else 2),
        "names": address.Choice(address.some_of(["a", "b", "c"], 2), ["a"]),
    }
    address.set_common()
    address.arrive(st.session_state.get("at", "small"))
    if st.session_state.get("ends early"):
        st.stop()
    with address.synchronised(choices):
        st.selectbox("Colour", ["red", "blue"], key="colour", persist_state="session")
        st.number_input("Count", 0, 9, key="count", persist_state="session")
        st.multiselect("Names", ["a", "b", "c"], key="names", persist_state="session")


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(small_page)


def test_a_view_is_written_into_the_address_and_comes_back(page: AppTest) -> None:
    page.run()
    page.selectbox(key="colour").set_value("blue")
    page.number_input(key="count").set_value(4).run()
    assert page.query_params == {"colour": "blue", "count": "4"}  # and not what is as it was at first
    again = AppTest.from_function(small_page)
    for key, value in page.query_params.items():
        again.query_params[key] = value
    again.run()
    assert (again.selectbox(key="colour").value, again.number_input(key="count").value) == ("blue", 4)


def test_what_is_no_use_is_left_out_and_said(page: AppTest) -> None:
    page.query_params["colour"] = "green"
    page.query_params["count"] = "many"
    page.query_params["names"] = ["b", "nobody"]
    page.run()
    assert not page.exception
    assert (page.selectbox(key="colour").value, page.number_input(key="count").value) == ("red", 1)
    assert page.multiselect(key="names").value == ["b"]
    (warning,) = page.warning
    assert all(what in warning.value for what in ("colour=green", "count=many", "names=nobody"))
    page.number_input(key="count").set_value(3).run()
    assert page.query_params == {"count": "3", "names": "b"}
    assert not page.run().warning


def test_a_choice_counts_more_than_the_old_address_and_a_new_link_more_than_the_choice(page: AppTest) -> None:
    page.query_params["colour"] = "blue"
    page.run()
    page.selectbox(key="colour").set_value("red").run()
    assert page.selectbox(key="colour").value == "red"
    page.query_params["colour"] = "blue"  # the visitor follows a link
    page.run()
    assert page.selectbox(key="colour").value == "blue"


def test_a_name_that_is_absent_means_the_default(page: AppTest) -> None:
    page.run()
    page.selectbox(key="colour").set_value("blue").run()
    page.number_input(key="count").set_value(7).run()
    assert page.query_params == {"colour": "blue", "count": "7"}
    del page.query_params["count"]  # the visitor goes back
    page.run()
    assert (page.selectbox(key="colour").value, page.number_input(key="count").value) == ("blue", 2)
    del page.query_params["colour"]
    page.run()
    assert (page.selectbox(key="colour").value, page.number_input(key="count").value) == ("red", 1)
    assert page.query_params == {}


def test_an_empty_list_is_not_the_default_one(page: AppTest) -> None:
    page.run()
    page.multiselect(key="names").set_value([]).run()
    assert page.query_params == {"names": ""}
    again = AppTest.from_function(small_page)
    again.query_params["names"] = ""
    assert again.run().multiselect(key="names").value == []
    assert not again.warning


def test_a_link_that_means_the_same_is_left_as_it_is(page: AppTest) -> None:
    page.query_params["colour"] = "red"
    page.run()
    assert page.query_params == {"colour": "red"}


def open_from_menu(page: AppTest, name: str, ends_early: bool = False) -> None:
    page.session_state["at"], page.session_state["ends early"] = name, ends_early
    page.query_params.clear()
    page.run()


def test_a_click_that_comes_with_the_address_before_the_last_one_counts(page: AppTest) -> None:
    page.run()
    page.selectbox(key="colour").set_value("blue").run()
    page.number_input(key="count").set_value(4)
    page.query_params.clear()  # the browser has not shown the new address yet
    page.run()
    assert page.query_params == {"colour": "blue", "count": "4"}
    page.selectbox(key="colour").set_value("red")
    page.query_params = {"colour": "blue"}
    page.run()
    assert page.query_params == {"count": "4"}
    page.query_params = {"colour": "blue"}  # and now the visitor goes back
    page.run()
    assert (page.selectbox(key="colour").value, page.number_input(key="count").value) == ("blue", 2)


@pytest.mark.parametrize("ends_early", [False, True])
def test_a_second_click_in_the_menu_undoes_nothing(page: AppTest, ends_early: bool) -> None:
    page.run()
    page.selectbox(key="colour").set_value("blue").run()
    open_from_menu(page, "other")
    open_from_menu(page, "small", ends_early)
    open_from_menu(page, "small")
    assert page.selectbox(key="colour").value == "blue"
    assert page.query_params == {"colour": "blue", "count": "1"}
    page.number_input(key="count").set_value(4).run()
    page.query_params.clear()  # going back still goes back
    page.run()
    assert page.selectbox(key="colour").value == "red"
