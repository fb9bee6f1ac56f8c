"""Drawing in a real browser: strokes reach the server, are recognised, stand in the address, and can be taken back."""

from playwright.sync_api import Browser, Locator, Page, expect

from tests.end_to_end.conftest import new_page, rest

LABEL, ROWS, COLUMNS = 28.5, 4, 4


def draw(page: Page, sheet: Locator, cell: int, points: list[tuple[float, float]]) -> None:
    """Draw one stroke with the pointer, ``points`` in the unit square of a cell."""
    box = sheet.bounding_box()
    assert box is not None
    width, height = (box["width"] - LABEL) / COLUMNS, box["height"] / ROWS
    for i, (x, y) in enumerate(points):
        place = box["x"] + LABEL + (cell % COLUMNS + x) * width, box["y"] + (cell // COLUMNS + y) * height
        page.mouse.move(*place, steps=4)
        if i == 0:
            page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(300)


def test_draw_and_be_recognised(page: Page) -> None:
    page.get_by_role("link", name="Draw", exact=True).click()
    sheet = page.get_by_role("img", name="A sheet of cells")
    expect(sheet).to_be_visible()
    rest(page)  # until then, what comes above the sheet moves it
    sheet.scroll_into_view_if_needed()
    cross = [[(0.2, 0.2), (0.8, 0.8)], [(0.8, 0.2), (0.2, 0.8)]]
    box = [[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)]]
    for cell, drawing in [(4, cross), (5, cross), (8, box), (9, box), (0, cross)]:
        for stroke in drawing:
            draw(page, sheet, cell, stroke)
    answer = page.locator("[data-testid=stProgress]").first
    expect(answer).to_contain_text("A: ")
    expect(page.get_by_text("Nearest to B")).to_be_visible()
    answers, drawn_on = answer.bounding_box(), sheet.bounding_box()
    assert answers
    assert drawn_on
    assert answers["x"] > drawn_on["x"] + drawn_on["width"]  # beside the sheet, and not below it
    assert answers["y"] < drawn_on["y"] + drawn_on["height"]

    painted = "canvas => canvas.toDataURL().length"
    said, ink = answer.inner_text(), sheet.evaluate(painted)
    page.reload()
    expect(answer).to_have_text(said)
    assert abs(sheet.evaluate(painted) - ink) < 0.3 * ink
    page.get_by_role("link", name="Watch learners adapt to your drawings").click()
    expect(page.get_by_text("2-way 1-shot on your drawings")).to_be_visible()
    page.go_back()
    expect(answer).to_have_text(said)

    for _stroke in range(2):  # those of the query
        page.get_by_role("button", name="undo").click()
    expect(page.get_by_text("draw one of them again in the row")).to_be_visible()
    page.get_by_role("button", name="clear").click()
    expect(page.get_by_text("Draw at least two different characters")).to_be_visible()
    assert page.locator("[data-testid=stException]").count() == 0


def test_a_palm_does_not_spoil_a_stroke(browser: Browser, address: str) -> None:
    page = new_page(browser, has_touch=True)
    page.goto(f"{address}/draw")
    sheet = page.get_by_role("img", name="A sheet of cells")
    expect(sheet).to_be_visible()
    rest(page)  # until then, what comes above the sheet moves it
    sheet.scroll_into_view_if_needed()
    empty = sheet.evaluate(PAINTED)
    alone = touch(page, sheet, palm=False)
    with_a_palm = touch(page, sheet, palm=True)
    page.close()
    assert alone != empty
    assert with_a_palm == alone


PAINTED = "canvas => canvas.toDataURL()"


def touch(page: Page, sheet: Locator, palm: bool) -> str:
    """Draw a stroke with a finger, while a palm comes, moves and goes, or not; return what is painted, and clear it."""
    box = sheet.bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    resting: list[dict[str, float]] = []

    def send(kind: str, *places: tuple[float, float]) -> None:
        finger = [{"id": 0, "x": box["x"] + x, "y": box["y"] + y} for x, y in places]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": finger + resting})

    send("touchStart", (50, 130))
    send("touchMove", (80, 150))
    for x in (180, 190) if palm else ():
        kind = "touchMove" if resting else "touchStart"
        resting = [{"id": 1, "x": box["x"] + x, "y": box["y"] + 260}]
        send(kind, (80, 150))
    if palm:
        resting = []
        send("touchMove", (80, 150))
    send("touchMove", (100, 190))
    send("touchEnd")
    painted = str(sheet.evaluate(PAINTED))
    page.get_by_role("button", name="clear").click()
    page.wait_for_timeout(300)
    return painted
