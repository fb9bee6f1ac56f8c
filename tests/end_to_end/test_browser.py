"""One path in a real browser: the game appears, characters are chosen, a learner adapts, the player plays."""

from playwright.sync_api import Page, expect


def test_choose_adapt_and_watch_it_learn(page: Page) -> None:
    expect(page.get_by_role("button", name="A", exact=True)).to_be_visible()
    page.get_by_test_id("stTopNav").get_by_role("link", name="Watch adaptation").click()
    page.get_by_role("button", name="5 at random").click()
    player = page.locator(".js-plotly-plot")
    expect(player).to_be_visible()
    expect(page.get_by_text("of the queries right before adapting").first).to_be_visible()

    def shown() -> tuple[float, float]:
        """The step and the accuracy at which the first learner's dot stands."""
        return player.evaluate(
            "plot => { const dot = plot.data.filter(t => t.xaxis === 'x2' && t.mode === 'markers')[0];"
            " return [dot.x[0], dot.y[0]]; }"
        )

    assert shown()[0] == 0
    before = shown()[1]
    player.locator(".updatemenu-button", has_text="Play").click()
    page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot').data"
        ".filter(t => t.xaxis === 'x2' && t.mode === 'markers')[0].x[0] === 10"
    )
    assert shown()[1] > before + 0.2
    player.locator(".slider-rail-touch-rect").click(position={"x": 5, "y": 5})
    page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot').data"
        ".filter(t => t.xaxis === 'x2' && t.mode === 'markers')[0].x[0] < 10"
    )
    assert page.locator("[data-testid=stException]").count() == 0
