"""The dashboard's entry: names the pages and runs the one asked for. Start it with ``metalearn dashboard``."""

import streamlit as st

st.set_page_config(page_title="metalearn kit", page_icon=":material/scatter_plot:", layout="wide")

st.html("<style>[data-testid=stMainBlockContainer] { padding-top: 4rem }</style>")  # less air above the title

st.navigation(
    [
        st.Page("pages/task_space.py", title="Task space", icon=":material/scatter_plot:", default=True),
        st.Page("pages/adaptation.py", title="Watch adaptation", icon=":material/play_circle:"),
    ],
    position="top",
).run()
