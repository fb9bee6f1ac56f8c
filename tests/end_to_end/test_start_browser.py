"""The first page in a real browser: a game for a thumb and for the keyboard; its scenes come back with Back."""

from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.conftest import new_page


def scene(page: Page, number: int) -> None:
    expect(page.get_by_role("heading", level=3)).to_contain_text(f"{number} ·")


def test_the_game_is_played_on_a_phone_and_back_goes_back(browser: Browser, address: str) -> None:
    page = new_page(browser, viewport={"width": 390, "height": 800})
    page.goto(address)
    choices = [page.get_by_role("button", name=name, exact=True) for name in "ABC"]
    for choice in choices:
        expect(choice).to_be_enabled()
        box = choice.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 100
        assert box["y"] + box["height"] <= 800  # the question is seen at once, and can be answered
    choices[1].click()
    expect(page.get_by_text("You: B")).to_be_visible()
    expect(page.get_by_text("From scratch: ")).to_be_visible()
    page.wait_for_url("**pick=1")
    for number in (2, 3, 4, 5):
        page.get_by_role("button", name="Next").click()
        scene(page, number)
        page.wait_for_url(f"**scene={number}**")
        expect(page.get_by_test_id("stSpinner")).to_have_count(0)
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    for number in (4, 3, 2, 1):
        page.go_back()
        scene(page, number)
    expect(page.get_by_text("You: B")).to_be_visible()
    page.go_back()
    expect(choices[1]).to_be_enabled()
    assert page.get_by_test_id("stException").count() == 0
    page.close()


def test_the_game_is_played_with_the_keyboard_and_ends_at_drawing(browser: Browser, address: str) -> None:
    page = new_page(browser)
    page.goto(f"{address}/?example=2")
    page.get_by_role("button", name="C", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You: C")).to_be_visible()
    page.goto(f"{address}/?scene=5&hears=question")
    expect(page.get_by_test_id("stMetricDelta")).to_contain_text("points")
    page.get_by_role("button", name="Draw your own").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Draw")
    page.close()
