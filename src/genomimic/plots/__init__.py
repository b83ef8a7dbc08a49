"""Figures from plain arrays: inline SVG, or Plotly figures that the report draws in the reader's browser."""
