"""The map of tasks in a real browser: by mouse, by finger and by keys."""

import pytest
from playwright.sync_api import Browser, expect

from tests.end_to_end.map_page import canvas, click_on, free_tasks, of, open_map, place, selected, wait_until

TASK = 700


def test_what_is_clicked_is_selected_on_both_maps_and_stands_in_the_address(browser: Browser, address: str) -> None:
    page = open_map(browser, address, "beside=pca-2d")
    first = free_tasks(canvas(page))[0]
    click_on(canvas(page), first)
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    page.wait_for_url("**tasks=**")
    assert selected(canvas(page, 1)) == [first]
    other = next(task for task in free_tasks(canvas(page, 1)) if task != first)
    page.keyboard.down("Shift")
    click_on(canvas(page, 1), other)
    page.keyboard.up("Shift")
    expect(page.get_by_text("2 selected", exact=True)).to_be_visible()
    assert selected(canvas(page)) == [first, other]
    page.wait_for_url("**tasks=**tasks=**")
    again = open_map(browser, address, page.url.partition("?")[2])
    assert sorted(selected(canvas(again))) == sorted(selected(canvas(page)))
    page.close()
    again.close()


def test_a_map_that_was_moved_stays_where_it_is_and_a_lasso_selects(browser: Browser, address: str) -> None:
    page = open_map(browser, address)
    found = canvas(page)
    found.scroll_into_view_if_needed()
    x, y = place(found, TASK)
    box = found.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 340, box["y"] + 300, steps=4)
    page.mouse.up()
    assert place(found, TASK) == pytest.approx((x + 40, y), abs=1)
    assert selected(found) == []
    page.get_by_role("button", name="Lasso").click()
    box = found.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for right, down in ((70, 0), (70, 70), (0, 70), (0, 0)):  # it ends where it began, and is no click for that
        page.mouse.move(x + right, y + down, steps=5)
    page.mouse.up()
    lassoed = selected(found)
    assert len(lassoed) > 1
    for task in lassoed:
        # Measured from the canvas and not from the page, which may have scrolled to show the selection.
        left, top = of(found, f"[map.screen[{2 * task}], map.screen[{2 * task + 1}]]")
        assert x - 1 <= box["x"] + left <= x + 71
        assert y - 1 <= box["y"] + top <= y + 71
    expect(page.get_by_text(f"{len(lassoed)} selected", exact=True)).to_be_visible()
    assert of(found, "map.camera.x") != 0
    task = free_tasks(found)[0]
    click_on(found, task)
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    assert selected(found) == [task]
    page.close()


def test_the_wheel_makes_drawings_of_points_and_pointing_shows_a_card(browser: Browser, address: str) -> None:
    page = open_map(browser, address)
    found = canvas(page)
    task = free_tasks(found)[0]
    page.mouse.move(*place(found, task))
    card = page.locator(".card")
    expect(card).to_be_visible()
    expect(card.locator("b")).to_have_text(of(found, f"view.sheet.names[{task}]"))
    expect(card.locator(".near")).to_have_count(5)
    assert of(found, "view.sheet.each") == 5
    x, y = place(found, task)
    scrolled = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    for _step in range(6):
        page.mouse.wheel(0, -200)
        page.wait_for_timeout(100)
    assert of(found, "map.camera.zoom") > 3
    assert place(found, task) == pytest.approx((x, y), abs=8)  # what is below the pointer stays there
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == scrolled
    page.close()


def test_two_fingers_zoom_and_select_nothing(browser: Browser, address: str) -> None:
    page = open_map(browser, address, viewport={"width": 390, "height": 800}, has_touch=True)
    found = canvas(page)
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 80), ("touchMove", 100), ("touchEnd", 0)):
        fingers = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}] if apart else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    assert of(found, "map.camera.zoom") == pytest.approx(5, rel=0.1)
    assert selected(found) == []
    page.close()


def test_a_name_on_the_map_is_shown_alone_and_keys_reach_everything(browser: Browser, address: str) -> None:
    page = open_map(browser, address)
    found = canvas(page)
    box = found.bounding_box()
    assert box is not None
    group, x, y = of(found, "[map.labels[0].group, map.labels[0].x, map.labels[0].y]")
    page.mouse.click(box["x"] + x, box["y"] + y)
    page.wait_for_url("**only=**")
    assert of(found, "view.only") == group
    assert len(of(found, "map.labels")) == 1
    found.focus()
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "only=" not in url)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    task = of(found, "view.under")
    expect(page.locator(".said")).to_contain_text(of(found, f"view.sheet.names[{task}]"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    assert selected(found) == [task]
    page.keyboard.press("+")
    assert of(found, "map.camera.zoom") == pytest.approx(1.5)
    page.keyboard.press("0")
    assert of(found, "map.camera.zoom") == 1
    page.close()


def test_tasks_move_from_one_map_to_the_next_and_one_in_space_can_be_turned(browser: Browser, address: str) -> None:
    page = open_map(browser, address, "beside=pca-3d&colour=difficulty")
    found = canvas(page)
    before = place(found, TASK)
    page.get_by_role("combobox", name="Map").click()
    page.get_by_role("option", name="PCA 2D", exact=True).click()
    wait_until(page, "find()?.map.from")
    wait_until(page, "!find().map.from")
    assert place(found, TASK) != pytest.approx(before, abs=2)
    space = canvas(page, 1)
    space.scroll_into_view_if_needed()
    box = space.bounding_box()
    assert box is not None
    before = place(space, TASK)
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 220, steps=4)
    page.mouse.up()
    turned = of(space, "map.camera")
    assert place(space, TASK) != pytest.approx(before, abs=2)
    task = free_tasks(space)[0]
    click_on(space, task)
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    assert selected(space) == [task]
    assert of(space, "map.camera") == turned
    page.close()


def test_it_grows_with_the_type_whenever_that_comes(browser: Browser, address: str) -> None:
    page = open_map(browser, address)
    page.add_style_tag(content=":root { --metalearn-type: 28px; }")
    wait_until(page, "find()?.view.scale === 2")
    assert of(canvas(page), "map.width") == pytest.approx(canvas(page).evaluate("map => map.clientWidth") / 2)
    page.close()
