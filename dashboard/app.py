"""The dashboard's entry: names the pages and runs the one asked for. Start it with ``metalearn dashboard``."""

import gc
from pathlib import Path

import streamlit as st

from dashboard import address, language
from dashboard.language import _, error_text
from dashboard.widgets import lecture_bar
from metalearn.errors import MetalearnError


@st.cache_resource(show_spinner=False)
def exempt_from_collection(page: str) -> None:
    """Exempt what a page's first run has loaded from garbage collection: it stays in use for good.

    Streamlit collects garbage after every run of a page, and would look through all of it each time.
    """
    gc.collect()
    gc.freeze()


# A file, because a browser would fetch the icon of a ":material/…:" or an emoji from a server elsewhere.
ICON = Path(__file__).with_name("icon.svg")
st.set_page_config(page_title="metalearn kit", page_icon=ICON, layout="wide")

st.html(Path(__file__).with_name("app.css"))

FIRST = ""  # the address of the page that opens the dashboard

address.set_common()
pages = [
    st.Page("views/start.py", title=_("Start"), icon=":material/home:", url_path="start", default=True),
    st.Page("views/task_space.py", title=_("Task space"), icon=":material/scatter_plot:", url_path="task_space"),
    st.Page("views/adaptation.py", title=_("Watch adaptation"), icon=":material/play_circle:", url_path="adaptation"),
    st.Page("views/draw.py", title=_("Draw"), icon=":material/draw:", url_path="draw"),
    st.Page("views/does_it_help.py", title=_("Does it help?"), icon=":material/balance:", url_path="does_it_help"),
    st.Page("views/train.py", title=_("Train"), icon=":material/model_training:", url_path="train"),
]
page = st.navigation(pages, position="top")
address.arrive(page.url_path)
if page.url_path != FIRST:
    # Plotly looks for pandas in one thread while another may still be importing it. So it is imported here, at once.
    # The first page opens without a figure, and so without waiting for pandas.
    import pandas  # noqa: F401
with st.container(horizontal_alignment="right", key="languages"):
    language.choose()
lecture: int | None = st.session_state["lecture"]
if lecture:
    lecture_bar.show(lecture)
try:
    page.run()
except MetalearnError as error:  # something that the visitor, or who runs the server, can put right
    st.error(error_text(error))
if lecture:
    lecture_bar.show_code()
exempt_from_collection(page.url_path)
