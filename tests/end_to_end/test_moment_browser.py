"""The moment in a real browser, on one screen: the switch is thrown, and it is seen at once."""

from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.conftest import new_page, rest

SAID = ".metalearn-player [aria-live=polite]"


def picture(page: Page, name: str) -> str:
    page.wait_for_timeout(800)  # it turns in 600 ms
    found: str = page.get_by_role("img", name=name, exact=True).evaluate("canvas => canvas.toDataURL()")
    return found


def test_the_switch_is_thrown_and_light_and_answers_move(browser: Browser, address: str) -> None:
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    page.goto(f"{address}/adaptation?question=which-part")
    expect(page.locator(SAID)).to_contain_text("Attention over places")
    expect(page.get_by_text("Over forty such tasks")).to_be_attached()
    rest(page)
    truth, pages = page.locator(SAID).inner_text(), picture(page, "support")
    for seen in page.locator(".metalearn-player canvas:visible, .st-key-words button:visible").all():
        box = seen.bounding_box()
        assert box
        assert 0 < box["y"] < box["y"] + box["height"] <= 720
        assert 0 <= box["x"] < box["x"] + box["width"] <= 1280
    assert page.get_by_role("slider").count() == 0  # there are no steps to play

    page.get_by_role("radio", name="another question's").click()
    expect(page.locator(SAID)).not_to_have_text(truth)
    page.wait_for_url("**told=question")
    assert picture(page, "support") != pages  # the light lies elsewhere
    page.go_back()
    expect(page.locator(SAID)).to_have_text(truth)
    assert picture(page, "support") == pages

    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("radio", name="the truth")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("radio", name="nothing")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    page.close()
