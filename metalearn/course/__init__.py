"""The course as files: the notebooks in another language, and copies of them for a student."""
