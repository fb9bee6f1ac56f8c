"""The dashboard: layout and wiring. Every figure is drawn by metalearn.plots, every number computed by metalearn."""
