"""The dashboard: layout and wiring. Figures are drawn and numbers computed by metalearn."""
