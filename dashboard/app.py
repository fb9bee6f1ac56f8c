"""The dashboard's entry: names the pages and runs the one asked for. Start it with ``metalearn dashboard``."""

import gc

import pandas  # noqa: F401  # whole, before plotly looks for it in one thread while another is still importing it
import streamlit as st

from dashboard import address, language
from dashboard.language import _


@st.cache_resource(show_spinner=False)
def settle(page: str) -> None:
    """Keep what a page's first run has loaded out of the garbage collector's sight: it stays for good.

    Streamlit collects garbage after each run of a page, and would look through it all every time.
    """
    gc.collect()
    gc.freeze()


st.set_page_config(page_title="metalearn kit", page_icon=":material/scatter_plot:", layout="wide")

st.html("<style>[data-testid=stMainBlockContainer] { padding-top: 4.5rem }</style>")  # less air above the title

address.take_language()
pages = [
    st.Page("views/start.py", title=_("Start"), icon=":material/home:", url_path="start", default=True),
    st.Page("views/task_space.py", title=_("Task space"), icon=":material/scatter_plot:", url_path="task_space"),
    st.Page("views/adaptation.py", title=_("Watch adaptation"), icon=":material/play_circle:", url_path="adaptation"),
    st.Page("views/draw.py", title=_("Draw"), icon=":material/draw:", url_path="draw"),
    st.Page("views/does_it_help.py", title=_("Does it help?"), icon=":material/balance:", url_path="does_it_help"),
    st.Page("views/train.py", title=_("Train"), icon=":material/model_training:", url_path="train"),
]
page = st.navigation(pages, position="top")
with st.container(horizontal_alignment="right"):
    language.choose()
page.run()
settle(page.url_path)
